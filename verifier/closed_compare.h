#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "model/inventory.h"
#include "model/policy.h"
#include "verifier/verifier.h"

namespace weft::verifier {

class Connectivity;

/// Holds the answers about assertions of the open world against the inventory, which is one of all those that they
/// speak of: a flow or a chain that a proof rules out and the inventory has is our mistake, and goes to
/// `internal_errors`. `connectivity` is of `with_assertions_told_apart` at that moment. At most `effort` rows of
/// classes are looked at for an assertion.
void compare_with_inventory(const model::Policy& policy, const model::Inventory& inventory,
                            const Connectivity& connectivity, model::Moment now,
                            const std::vector<AssertionResult>& answers, std::size_t effort,
                            std::vector<std::string>& internal_errors);

}  // namespace weft::verifier
