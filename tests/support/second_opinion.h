#pragma once

#include "model/evaluate.h"

namespace weft::test {

/// What a policy means, worked out a second time from the language's description alone, in another way and without the
/// model's own matching: `model::evaluate` is compared with it.
model::Decision second_opinion(const model::Policy& policy, const model::Flow& flow,
                               model::Moment now = model::before_all);

}  // namespace weft::test
