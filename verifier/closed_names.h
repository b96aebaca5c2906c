#pragma once

#include <string>
#include <vector>

#include "model/inventory.h"
#include "model/policy.h"
#include "verifier/closed_findings.h"

namespace weft::verifier {

class Connectivity;

/// Workloads that may open some connection and reach nobody on udp/53, by what denies them. Nobody is told of where
/// neither anybody may ask for names nor anybody answers. `connectivity` is of the policy, or of
/// `with_assertions_told_apart`, at that moment; every flow that is named is one that the evaluator decides so.
std::vector<NoNames> workloads_without_names(const model::Policy& policy, const model::Inventory& inventory,
                                             const Connectivity& connectivity, model::Moment now,
                                             std::vector<std::string>& internal_errors);

}  // namespace weft::verifier
