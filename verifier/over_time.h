#pragma once

// Private to this folder.

#include <cstddef>
#include <functional>
#include <vector>

#include "verifier/verifier.h"

namespace weft::verifier {

/// The answers from each of some moments to the next; neighbours that say the same are one. `still` says whether what
/// refuted a claim does so at a later moment: that spares a question, and the reader a second witness. `ask` gets the
/// position of a moment.
std::vector<TimedAnswer> over_time(const std::vector<model::Moment>& moments,
                                   const std::function<bool(const Refuted& before, model::Moment later)>& still,
                                   const std::function<Answer(std::size_t)>& ask);

}  // namespace weft::verifier
