#pragma once

#include "base/diagnostics.h"
#include "model/inventory.h"
#include "model/policy.h"

namespace weft::driver {

/// Holds an inventory against the vocabulary of a policy. Proofs are about every label set the vocabulary allows, so a
/// label value outside a declared set is an error (W9013): nothing proved would be about that workload. A named port
/// that no instance declares is a warning (W9014): the rule never matches by it. Label keys the policy does not declare
/// are legal.
void check_vocabulary(const model::Policy& policy, const model::Inventory& inventory, const Sources& sources,
                      Diagnostics& diagnostics);

}  // namespace weft::driver
