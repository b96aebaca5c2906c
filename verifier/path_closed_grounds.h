#pragma once

// Private to this folder.

#include <optional>

#include "model/policy.h"
#include "verifier/path_graph.h"
#include "verifier/verifier.h"

namespace weft::verifier {

/// What a proved claim rests on in one inventory: statements that deny its flows, at either gate, or let them pass, at
/// both, whatever becomes of all others; none of them can go. Nothing of an `always … ~>`, and where there is too much
/// to ask about. The graph must tell apart what the claim asks for.
std::optional<Grounds> closed_grounds(const PartyGraph& parties, const model::Policy& policy,
                                      const model::Assertion& claim);

}  // namespace weft::verifier
