#pragma once

#include <string>
#include <vector>

#include "model/inventory.h"
#include "model/policy.h"
#include "verifier/closed_findings.h"
#include "verifier/verifier.h"

namespace weft::verifier {

class Connectivity;

/// The policy with a last tier that passes on what its assertions speak of: every verdict stays the same, and the
/// classes of its connectivity tell apart what the assertions do.
model::Policy with_assertions_told_apart(const model::Policy& policy);

/// What is odd about the policy in the inventory at that moment. `connectivity` is of the policy, or of
/// `with_assertions_told_apart`, at that moment.
ClosedFindings find_closed(const model::Policy& policy, const model::Inventory& inventory,
                           const Connectivity& connectivity, model::Moment now,
                           std::vector<std::string>& internal_errors);

/// Both, for the inventory a report is made with.
void look_in_inventory(const model::Policy& policy, const model::Inventory& inventory, InventoryMemory* memory,
                       Report& report);

}  // namespace weft::verifier
