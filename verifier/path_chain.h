#pragma once

// Private to this folder.

#include <optional>
#include <vector>

#include "model/policy.h"
#include "verifier/answer.h"
#include "verifier/universe.h"

namespace weft::verifier {

/// Flows in terms of a universe, each from the end to which the one before led: kind and labels agree there, and
/// addresses may differ.
using Chain = std::vector<Valuation>;

/// The flows of the chain as the policy decides them. Nothing where they do not show what the claim forbids.
std::optional<std::vector<Witness>> shown(const model::Policy& policy, const model::Assertion& claim,
                                          const Universe& universe, const Chain& chain, model::Moment now);

/// True if the chain needs no address to be two peers, and no workload to run on two nodes.
bool can_exist(const Universe& universe, const Chain& chain);

/// The chain without what does not matter, as long as it shows the same.
Chain plainest(const model::Policy& policy, const model::Assertion& claim, const Universe& universe, Chain chain,
               model::Moment now);

/// True if those flows are such a chain: every flow allowed, from a source of the claim to a destination on one of its
/// services, over nobody it avoids.
bool breaks(const model::Assertion& claim, const std::vector<Witness>& flows);

}  // namespace weft::verifier
