#pragma once

#include "model/policy.h"
#include "verifier/verifier.h"

namespace weft::verifier {

/// Moves the dead of tiers and policies that hold nothing else from `report.dead` to `report.unreachable`: one finding
/// where there would be many. What contradicts itself, and what others repeat,
/// is told of where it stands. Past `report.now` nothing has expired.
void gather_unreachable(const model::Policy& policy, Report& report);

/// Leaves out the conflicts that come to no more than that an allow of the dead is denied by the other rule.
void drop_explained_conflicts(const model::Policy& policy, const std::vector<Dead>& dead, Report& report);

}  // namespace weft::verifier
