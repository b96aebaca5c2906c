#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "model/policy.h"
#include "verifier/slice.h"
#include "verifier/universe.h"
#include "verifier/verifier.h"

namespace weft::verifier {

/// What answering cost, and what went wrong with it.
struct Asked {
  std::size_t questions = 0;
  std::vector<std::string> internal_errors;
  std::optional<Grounds> grounds{};  ///< what the last proof rests on, where `Options::explain_proofs` asks for it
};

/// Proves or refutes a `never … ~>` of the open world: one answer for each stretch of time, neighbours differ; at least
/// one. `name` is that of the questions where they are dumped.
///
/// Found by growing the set of ends that are reached: from all sources of the claim on, by one end at a time whose
/// packets the policy treats otherwise than those of all ends reached before, until there is none (proved), a
/// destination of the claim is reached (refuted, with a shortest chain), or too many are (undecided). Whoever stands
/// between two flows may have several addresses, and send from another one than it was reached at.
std::vector<TimedAnswer> no_chain(const model::Policy& policy, const model::Assertion& claim, const Universe& universe,
                                  const Slicer& slicer, const Options& options, const std::string& name, Asked& asked);

}  // namespace weft::verifier
