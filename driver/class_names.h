#pragma once

#include <vector>

#include "bundle/bundle.h"
#include "model/inventory.h"
#include "model/policy.h"
#include "plan/plan.h"

namespace weft::driver {

/// What people call the classes of a plan, by number. A class of one is that workload or node; others are a group of
/// the policy that has just these members, else what its members have in common of the labels that rules look at. Parts
/// of the world are their networks; where workloads and the world share a class, because no rule tells them apart, the
/// name says so.
///
/// Costs the addresses of the inventory times a look-up, and groups times classes.
std::vector<bundle::ClassName> class_names(const model::Policy& policy, const model::Inventory& inventory,
                                           const plan::DecisionPlan& plan);

}  // namespace weft::driver
