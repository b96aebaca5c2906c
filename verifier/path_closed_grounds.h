#pragma once

// Private to this folder.

#include <optional>

#include "model/policy.h"
#include "verifier/path_graph.h"
#include "verifier/verifier.h"

namespace weft::verifier {

/// What decides the flows of a proved claim in one inventory: of denied flows one statement each, at either gate, none
/// of which can be left out; of allowed ones all that let them pass. Nothing of an `always … ~>`, and where there are
/// too many flows to ask about. The graph must tell apart what the claim asks for.
std::optional<Grounds> closed_grounds(const PartyGraph& parties, const model::Policy& policy,
                                      const model::Assertion& claim);

}  // namespace weft::verifier
