#pragma once

#include <vector>

#include "base/result.h"
#include "runtime/targets.h"

namespace weft::runtime {

/// Nodes whose gates hang at an interface of this group, and which have addresses in its namespace that the bundle does
/// not know: their gates take a packet to such an address for one that the node forwards. A warning W6015 for each
/// node. Loopback and link-local addresses are judged without being listed. Where the addresses cannot be read, there
/// is no warning.
std::vector<Error> unlisted_addresses(const TargetGroup& group);

}  // namespace weft::runtime
