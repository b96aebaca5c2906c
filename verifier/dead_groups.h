#pragma once

#include <vector>

#include "model/policy.h"
#include "verifier/verifier.h"

namespace weft::verifier {

/// Moves the dead of tiers and policies that hold nothing else, but for dead that are not told of (`silent`), from
/// `report.dead` to `report.unreachable`: one finding where there would be many. What contradicts itself, and what
/// others repeat, is told of where it stands. Past `report.now` nothing has expired. Adds the policies that say
/// nothing, and the tiers that no policy is in.
void gather_unreachable(const model::Policy& policy, const std::vector<Dead>& silent, Report& report);

/// Leaves out the conflicts that come to no more than that an allow of the dead is denied by the other rule.
void drop_explained_conflicts(const model::Policy& policy, const std::vector<Dead>& dead, Report& report);

}  // namespace weft::verifier
