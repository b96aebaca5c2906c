#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "bundle/bundle.h"
#include "runtime/cgroups.h"
#include "runtime/runtime.h"

namespace weft::runtime {

/// An endpoint of the bundle and the interface or the cgroup it gets.
struct Target {
  const bundle::Endpoint* endpoint = nullptr;  ///< in the manifest of the bundle being loaded
  std::string interface;
  std::uint32_t ifindex = 0;
  Cgroup cgroup{};
  std::uint32_t key = 0;  ///< of the endpoint in the program: `ifindex`, or of a cgroup a number no interface has

  bool is_cgroup() const { return ifindex == 0; }
  const std::string& place() const { return is_cgroup() ? cgroup.name : interface; }
};

struct Targets {
  std::vector<Target> targets;  ///< at least one
  std::vector<std::string> skipped;
};

/// Which endpoints to attach where, by the manifest, the options, and the interfaces and cgroups there are.
///
/// Errors: W6001, W6002, W6004, W6005, W6013, W6006 where an endpoint has more addresses than the program has room for.
Result<Targets> choose_targets(const bundle::Manifest& manifest, const LoadOptions& options);

/// `weft_endpoints` and `weft_endpoint_slots` of abi.h, filled.
struct EndpointTables {
  bundle::Bytes endpoints;
  bundle::Bytes slots;
};

/// Errors: W6006 where an address is none.
Result<EndpointTables> endpoint_tables(const std::vector<Target>& targets);

}  // namespace weft::runtime
