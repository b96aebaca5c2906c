#pragma once

#include <cstdint>

#include "base/result.h"
#include "model/inventory.h"
#include "model/policy.h"
#include "plan/plan.h"

namespace weft::plan {

/// The decision tables of a policy over an inventory: for every two addresses of different instances, every service and
/// every moment, `decide` gives the verdict that `model::evaluate_gate` gives. Cost: what selectors match, and the
/// rows, which are distinct behaviours × entries; with relations, rows stay as many and classes grow with the distinct
/// values there are, never with pairs.
///
/// Errors, each naming what makes it so: W4001 more than 65,535 classes, W4002 more than 65,535 atoms, W4003 more than
/// 32,767 nodes where the own node is asked for, W4004 an attached workload with more addresses than a gate knows,
/// W4005 more than 65,535 values that relations compare, W4006 more than 65,535 relations and deadlines, W4101 rows
/// that take more than `most_row_bytes`: what no budget allows is not made first.
Result<DecisionPlan> build(const model::Policy& policy, const model::Inventory& inventory,
                           std::uint64_t most_row_bytes = std::uint64_t{1} << 30U);

}  // namespace weft::plan
