#pragma once

#include <span>
#include <string>
#include <string_view>

namespace weft::model {

/// The defaults and implicit rules a policy lives under. Language constructs mean the same in every profile.
struct Profile {
  std::string name = "strict";
  bool allow_by_default = false;    ///< the verdict after the last tier
  bool own_node_may_enter = false;  ///< the ingress gate of a workload allows its own node
  bool node_gates = false;          ///< nodes have gates even where no `guard` asks for them

  bool operator==(const Profile&) const = default;
};

/// `strict` (native default), `k8s`, `cilium`, `calico`.
std::span<const Profile> profiles();
/// The profile of that name, or null.
const Profile* find_profile(std::string_view name);

}  // namespace weft::model
