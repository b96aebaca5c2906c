#include "model/profile.h"

#include <algorithm>
#include <array>

namespace weft::model {

std::span<const Profile> profiles() {
  // Sources: Kubernetes network-policies page (pods accept all until selected; the own node always reaches its pods);
  // Cilium allow-localhost=always; Calico's default namespace profiles (allow) and host-to-workload rule.
  static const std::array<Profile, 4> all{{
      {.name = "strict"},
      {.name = "k8s", .allow_by_default = true, .own_node_may_enter = true},
      {.name = "cilium", .allow_by_default = true, .own_node_may_enter = true},
      {.name = "calico", .allow_by_default = true, .own_node_may_enter = true},
  }};
  return all;
}

const Profile* find_profile(std::string_view name) {
  const auto found = std::ranges::find(profiles(), name, &Profile::name);
  return found == profiles().end() ? nullptr : &*found;
}

}  // namespace weft::model
