#pragma once

#include <vector>

#include "driver/reach.h"

// Private to the reachability of this folder.
namespace weft::driver {

/// Gives each group the shortest name that says exactly who is in it: a group of the policy, a label, one peer's own
/// name, two labels, a few values of one label, a few groups; networks for parts of the world. Where nothing says it,
/// one member and how many others. Members that are in it at some of their addresses only have these behind the name.
void name_groups(std::vector<ReachGroup>& groups, const model::Policy& policy, const model::Inventory& inventory,
                 const verifier::Connectivity& connectivity);

}  // namespace weft::driver
