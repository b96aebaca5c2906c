#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "bundle/bundle.h"
#include "runtime/cgroups.h"
#include "runtime/filters.h"
#include "runtime/namespaces.h"
#include "runtime/runtime.h"

namespace weft::runtime {

/// Before the place of a node itself in a bundle.
inline constexpr std::string_view node_prefix = "node:";

/// An endpoint of the bundle and the interface or the cgroup it gets.
struct Target {
  const bundle::Endpoint* endpoint = nullptr;  ///< in the manifest of the bundle being loaded
  std::string interface;
  std::uint32_t ifindex = 0;
  Cgroup cgroup{};
  std::uint32_t key = 0;  ///< of the endpoint in the program: `ifindex`, or of a cgroup a number no interface has
  bool is_node = false;   ///< it answers for its own addresses only: what it forwards is not its own

  bool is_cgroup() const { return ifindex == 0; }
};

/// What is attached in one network namespace. Each has programs of its own: they know an endpoint by the number of its
/// interface, and two namespaces use the same numbers.
struct TargetGroup {
  Namespace where;
  std::vector<Target> targets;
};

struct Targets {
  std::vector<TargetGroup>
      groups;  ///< that of the calling thread first, with the cgroups; others with at least one target
  std::vector<std::string> skipped;

  bool empty() const { return groups.size() == 1 && groups.front().targets.empty(); }
};

/// Which endpoints to attach where, by the manifest, the options, and the namespaces, interfaces and cgroups there are:
/// at least one.
///
/// Errors: W6001, W6002, W6004, W6005, W6013, W6006 where an endpoint has more addresses than the program has room for.
Result<Targets> choose_targets(const bundle::Manifest& manifest, const LoadOptions& options);

/// How gates hang at interfaces if that is what is asked for. Errors: W6001, W6002.
Result<Way> choose_way(Hook hook);

/// `weft_endpoints` and `weft_endpoint_slots` of abi.h, filled.
struct EndpointTables {
  bundle::Bytes endpoints;
  bundle::Bytes slots;
};

/// Errors: W6006 where an address is none.
Result<EndpointTables> endpoint_tables(const std::vector<Target>& targets);

}  // namespace weft::runtime
