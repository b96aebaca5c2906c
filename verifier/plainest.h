#pragma once

#include <functional>

#include "model/policy.h"
#include "verifier/answer.h"
#include "verifier/universe.h"

namespace weft::verifier {

/// The solver sets what does not matter at random; people should only see what does. The plainest flow near this one of
/// which `shows` still holds, with the decision of the `whole` policy. `judge` decides for `shows`: the whole policy,
/// or the part of it that can have a say.
Witness plainest(const Universe& universe, Valuation valuation, model::Moment now, const model::Policy& judge,
                 const model::Policy& whole, const std::function<bool(const Witness&)>& shows);

}  // namespace weft::verifier
