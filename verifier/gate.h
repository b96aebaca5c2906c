#pragma once

// Private to this folder.

#include <functional>

#include "verifier/precedence.h"
#include "verifier/query.h"
#include "verifier/slice.h"

namespace weft::verifier {

/// The condition under which a gate lets the flow through, over the rules of a slice: `model::evaluate_gate` as a
/// formula. A gate that does not exist lets everything through.
z3::expr gate_allows(Query& query, const model::Policy& policy, const Slice& slice, model::Direction direction);

/// The condition under which no part of a slice ends a walk that is to come to `tier`, or leads it past; its rules of
/// that tier count as standing before the place in question. Whether the gate exists is not asked.
z3::expr walk_reaches(Query& query, const model::Policy& policy, const Slice& slice, model::Direction direction,
                      model::TierId tier);

/// Both again, with a condition on which a statement is there at all: what holds of every choice of them names those on
/// which a proof rests.
using Present = std::function<z3::expr(Statement)>;
z3::expr gate_allows(Query& query, const model::Policy& policy, const Slice& slice, model::Direction direction,
                     const Present& present);
z3::expr walk_reaches(Query& query, const model::Policy& policy, const Slice& slice, model::Direction direction,
                      model::TierId tier, const Present& present);

}  // namespace weft::verifier
