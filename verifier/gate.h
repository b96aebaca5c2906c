#pragma once

// Private to this folder.

#include "verifier/query.h"
#include "verifier/slice.h"

namespace weft::verifier {

/// The condition under which a gate lets the flow through, over the rules of a slice: `model::evaluate_gate` as a
/// formula. A gate that does not exist lets everything through.
z3::expr gate_allows(Query& query, const model::Policy& policy, const Slice& slice, model::Direction direction);

}  // namespace weft::verifier
