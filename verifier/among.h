#pragma once

#include <set>

#include "model/evaluate.h"
#include "verifier/precedence.h"

namespace weft::verifier {

/// What `model::evaluate` says of the flow under these statements of a policy and no others, with the numbers that they
/// have in the policy. The same as under all of them if these are all that match the flow.
model::Decision evaluate_among(const model::Policy& policy, const std::set<Statement>& statements,
                               const model::Flow& flow, model::Moment now);

}  // namespace weft::verifier
