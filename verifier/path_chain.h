#pragma once

// Private to this folder.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/policy.h"
#include "verifier/answer.h"
#include "verifier/universe.h"

namespace weft::verifier {

/// How it begins to be said why a claim is undecided where the only chain found cannot exist; the address follows.
inline constexpr std::string_view address_of_two_peers = "the chain that was found needs two peers at one address, ";

/// Flows in terms of a universe, each from the end to which the one before led: kind and labels agree there, and
/// addresses may differ.
using Chain = std::vector<Valuation>;

/// The flows of the chain as the policy decides them, between the same peers from one flow to the next: each has the
/// addresses it has in any of them, and shares none. Nothing where they do not show what the claim forbids.
std::optional<std::vector<Witness>> shown(const model::Policy& policy, const model::Assertion& claim,
                                          const Universe& universe, const Chain& chain, model::Moment now);

/// Why there can be no such chain: an address would be two peers, or a workload run on two nodes. Nothing where there
/// can be one.
std::optional<std::string> cannot_exist(const Universe& universe, const Chain& chain);

/// The chain without what does not matter, as long as it shows the same.
Chain plainest(const model::Policy& policy, const model::Assertion& claim, const Universe& universe, Chain chain,
               model::Moment now);

/// True if those flows are such a chain: every flow allowed, from a source of the claim to a destination on one of its
/// services, over nobody it avoids, and nobody at two peers' address.
bool breaks(const model::Assertion& claim, const std::vector<Witness>& flows);

}  // namespace weft::verifier
