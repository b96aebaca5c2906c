#include "runtime/targets.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>
#include <set>

#include "base/text.h"
#include "bundle/abi.h"
#include "runtime/system.h"

namespace weft::runtime {
namespace {

Result<void> check_names(const bundle::Manifest& manifest, const LoadOptions& options) {
  std::vector<std::string> known;
  for (const bundle::Endpoint& endpoint : manifest.endpoints) known.push_back(endpoint.workload);
  std::vector<std::string> asked = options.only;
  for (const auto& [workload, interface] : options.interfaces) asked.push_back(workload);
  for (const std::string& workload : asked) {
    if (std::ranges::find(known, workload) != known.end()) continue;
    const std::string near = nearest(workload, known);
    return failure("W6005", fmt::format("the bundle has no endpoint `{}`", workload),
                   near.empty() ? fmt::format("it has {}: {}", known.size(), fmt::join(known, ", "))
                                : fmt::format("did you mean `{}`?", near));
  }
  return {};
}

Result<void> check_distinct(const TargetGroup& group) {
  std::map<std::string, const Target*> by_place;
  std::map<std::uint32_t, const Target*> by_slot;
  for (const Target& target : group.targets) {
    const std::string_view what = target.is_cgroup() ? "cgroup" : "interface";
    const std::string place = target.is_cgroup() ? target.cgroup.name : group.where.place(target.interface);
    const auto [same, alone] = by_place.try_emplace(
        target.is_cgroup() ? fmt::format("cgroup {}", target.cgroup.id) : fmt::format("{}", target.ifindex), &target);
    if (!alone) {
      return failure("W6013",
                     fmt::format("`{}` and `{}` both want {} `{}`", same->second->endpoint->workload,
                                 target.endpoint->workload, what, place),
                     fmt::format("give each workload {} {} of its own", target.is_cgroup() ? "a" : "an", what));
    }
    if (target.is_cgroup()) continue;
    const auto [other, fresh] = by_slot.try_emplace(target.ifindex % WEFT_ENDPOINT_SLOTS, &target);
    if (fresh) continue;
    const Target& first = *other->second;
    return failure("W6013",
                   fmt::format("interfaces `{}` and `{}` have the numbers {} and {}, which share a slot",
                               group.where.place(first.interface), place, first.ifindex, target.ifindex),
                   "create one of them anew: it gets another number");
  }
  return {};
}

/// An interface's key is its number. A cgroup's has the bit that no interface's number has, and a slot that nobody else
/// wants; as it begins with the cgroup's own number, it nearly always is the same at every load, and so connections are
/// kept.
void assign_keys(std::vector<Target>& targets) {
  std::set<std::uint32_t> slots;
  for (Target& target : targets) {
    if (target.is_cgroup()) continue;
    target.key = target.ifindex;
    slots.insert(target.key % WEFT_ENDPOINT_SLOTS);
  }
  for (Target& target : targets) {
    if (!target.is_cgroup()) continue;
    const auto number = static_cast<std::uint32_t>(target.cgroup.id);
    std::uint32_t slot = number % WEFT_ENDPOINT_SLOTS;
    while (!slots.insert(slot).second) slot = (slot + 1) % WEFT_ENDPOINT_SLOTS;
    target.key = 0x80000000 | (number & 0x7FFF0000) | slot;
  }
}

// On a link without Ethernet headers, bytes of an address would be taken for the protocol.
bool is_ethernet(const std::string& interface) {
  ifreq request{};
  interface.copy(request.ifr_name, IFNAMSIZ - 1);
  const Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  return socket.valid() && ::ioctl(socket.get(), SIOCGIFHWADDR, &request) == 0 &&
         request.ifr_hwaddr.sa_family == ARPHRD_ETHER;
}

bool is_node(const bundle::Endpoint& endpoint) { return endpoint.interface.starts_with(node_prefix); }

/// The interfaces, cgroups and namespaces of endpoints, as they are found.
class Search {
 public:
  /// Errors: W6001, W6002.
  Result<void> begin() {
    auto here = calling_namespace();
    if (!here) return std::unexpected(here.error());
    out.groups.push_back({std::move(*here), {}});
    return {};
  }

  /// Errors: W6001, W6002, W6005.
  Result<void> add(const bundle::Endpoint& endpoint, const std::string& place) {
    if (place.starts_with(cgroup_prefix)) return add_cgroup(endpoint, place.substr(cgroup_prefix.size()));
    if (!place.starts_with(namespace_prefix)) return add_interface(endpoint, 0, place);
    const std::size_t colon = place.rfind(':');
    if (colon < namespace_prefix.size()) {
      return failure("W6005", fmt::format("`{}` of `{}` names no interface", place, endpoint.workload),
                     "write netns:NAMESPACE:INTERFACE");
    }
    const std::string name = place.substr(namespace_prefix.size(), colon - namespace_prefix.size());
    const auto group = group_of(name);
    if (!group) return std::unexpected(group.error());
    if (*group) return add_interface(endpoint, **group, place.substr(colon + 1));
    missing.push_back(fmt::format("{}: network namespace `{}` does not exist", endpoint.workload, name));
    return {};
  }

  Targets out;
  std::vector<std::string> missing;

 private:
  Result<void> add_cgroup(const bundle::Endpoint& endpoint, const std::string& name) {
    auto cgroup = find_cgroup(name);
    if (!cgroup) return std::unexpected(cgroup.error());
    if (*cgroup) {
      out.groups.front().targets.push_back({&endpoint, {}, 0, std::move(**cgroup), 0, is_node(endpoint)});
    } else {
      missing.push_back(fmt::format("{}: cgroup `{}` does not exist", endpoint.workload, name));
    }
    return {};
  }

  // None where there is no such namespace.
  Result<std::optional<std::size_t>> group_of(const std::string& name) {
    if (const auto known = by_name_.find(name); known != by_name_.end()) return known->second;
    auto found = find_namespace(name);
    if (!found) return std::unexpected(found.error());
    if (!*found) return std::nullopt;
    std::size_t number = 0;
    while (number < out.groups.size() && out.groups[number].where.id != (*found)->id) ++number;
    if (number == out.groups.size()) out.groups.push_back({std::move(**found), {}});
    by_name_.emplace(name, number);
    return number;
  }

  Result<void> add_interface(const bundle::Endpoint& endpoint, std::size_t number, const std::string& interface) {
    TargetGroup& group = out.groups[number];
    const std::string place = group.where.place(interface);
    return inside(group.where, [&]() -> Result<void> {
      // A name the kernel cannot have finds no interface either.
      const std::uint32_t ifindex = interface.size() < IFNAMSIZ ? ::if_nametoindex(interface.c_str()) : 0;
      if (ifindex == 0) {
        missing.push_back(fmt::format("{}: interface `{}` does not exist", endpoint.workload, place));
        return {};
      }
      if (!is_ethernet(interface)) {
        return failure(
            "W6005", fmt::format("interface `{}` of `{}` is no Ethernet interface", place, endpoint.workload),
            "the program reads Ethernet headers: name the node's end of a veth pair, or another Ethernet link");
      }
      group.targets.push_back({&endpoint, interface, ifindex, {}, 0, is_node(endpoint)});
      return {};
    });
  }

  std::map<std::string, std::size_t> by_name_;
};

}  // namespace

Result<Targets> choose_targets(const bundle::Manifest& manifest, const LoadOptions& options) {
  if (const auto known = check_names(manifest, options); !known) return std::unexpected(known.error());
  Search search;
  if (const auto begun = search.begin(); !begun) return std::unexpected(begun.error());
  Targets& out = search.out;
  const std::vector<std::string>& missing = search.missing;
  for (const bundle::Endpoint& endpoint : manifest.endpoints) {
    if (!options.only.empty() && std::ranges::find(options.only, endpoint.workload) == options.only.end()) continue;
    const auto chosen = options.interfaces.find(endpoint.workload);
    const std::string place = chosen != options.interfaces.end()
                                  ? chosen->second
                                  : endpoint.interface.substr(is_node(endpoint) ? node_prefix.size() : 0);
    if (!place.empty()) {
      if (auto added = search.add(endpoint, place); !added) return std::unexpected(added.error());
      continue;
    }
    if (options.only.empty()) {
      out.skipped.push_back(fmt::format("{}: the inventory names no interface for it", endpoint.workload));
      continue;
    }
    return failure("W6005", fmt::format("the bundle names no interface for `{}`", endpoint.workload),
                   "name one on the command line, or as `attach.interface` in the inventory");
  }
  if (!missing.empty() && !options.skip_missing) {
    const std::size_t shown = std::min<std::size_t>(missing.size(), 10);
    return failure(
        "W6004",
        fmt::format("{}{}", fmt::join(missing.begin(), missing.begin() + static_cast<std::ptrdiff_t>(shown), "; "),
                    shown < missing.size() ? fmt::format("; and {} more", missing.size() - shown) : ""),
        "create what is missing first, run in the network namespace that has the interfaces, or skip what is missing");
  }
  // Where the interfaces of a namespace are all missing, nothing is attached there.
  std::erase_if(out.groups,
                [&](const TargetGroup& group) { return &group != &out.groups.front() && group.targets.empty(); });
  if (out.empty()) {
    return failure("W6005",
                   missing.empty() ? "the bundle names no endpoint with an interface or a cgroup"
                                   : fmt::format("none of them exists here: {}", fmt::join(missing, "; ")),
                   "give workloads an `attach: {interface: …}` or `{cgroup: …}` in the inventory and build again");
  }
  for (TargetGroup& group : out.groups) {
    if (group.targets.size() >= WEFT_ENDPOINTS) {
      return failure("W6006",
                     fmt::format("{} endpoints in one network namespace; there is room for {}", group.targets.size(),
                                 WEFT_ENDPOINTS - 1),
                     "load some of them only");
    }
    if (const auto distinct = check_distinct(group); !distinct) return std::unexpected(distinct.error());
    assign_keys(group.targets);
  }
  out.skipped.insert(out.skipped.end(), missing.begin(), missing.end());
  return std::move(out);
}

Result<Way> choose_way(Hook hook) {
  if (hook == Hook::Clsact) return Way::Clsact;
  const auto tcx = has_tcx();
  if (!tcx) return std::unexpected(tcx.error());
  if (*tcx) return Way::Tcx;
  if (hook == Hook::Auto) return Way::Clsact;
  return failure("W6002", "this kernel has no tcx, which the load asks for",
                 "tcx comes with Linux 6.6: leave the choice to weft, or attach with `--hook clsact`");
}

Result<EndpointTables> endpoint_tables(const std::vector<Target>& targets) {
  EndpointTables out;
  out.endpoints.resize(sizeof(weft_endpoint) * WEFT_ENDPOINTS);
  out.slots.resize(sizeof(weft_u16) * WEFT_ENDPOINT_SLOTS);
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const bundle::Endpoint& endpoint = *targets[i].endpoint;
    // Number 0 stays empty: it is what an unused slot names.
    const auto number = static_cast<weft_u16>(i + 1);
    weft_endpoint entry{};
    entry.ifindex = targets[i].key;
    entry.home = endpoint.home;
    entry.is_node = targets[i].is_node;
    for (const bundle::EndpointAddress& each : endpoint.addresses) {
      in_addr v4{};
      in6_addr v6{};
      const bool is_v4 = ::inet_pton(AF_INET, each.address.c_str(), &v4) == 1;
      if (!is_v4 && ::inet_pton(AF_INET6, each.address.c_str(), &v6) != 1) {
        return failure("W6006", fmt::format("`{}` of endpoint `{}` is no address", each.address, endpoint.workload));
      }
      weft_u8& count = is_v4 ? entry.count4 : entry.count6;
      if (count == WEFT_ENDPOINT_ADDRESSES) {
        return failure("W6006", fmt::format("endpoint `{}` has more than {} addresses of one family", endpoint.workload,
                                            WEFT_ENDPOINT_ADDRESSES));
      }
      if (is_v4) {
        entry.address4[count] = ntohl(v4.s_addr);
        entry.class4[count] = each.class_id;
      } else {
        std::memcpy(entry.address6[count], &v6, sizeof v6);
        entry.class6[count] = each.class_id;
      }
      ++count;
    }
    std::memcpy(out.endpoints.data() + number * sizeof entry, &entry, sizeof entry);
    std::memcpy(out.slots.data() + (targets[i].key % WEFT_ENDPOINT_SLOTS) * sizeof number, &number, sizeof number);
  }
  return out;
}

}  // namespace weft::runtime
