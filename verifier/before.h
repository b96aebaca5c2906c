#pragma once

#include "model/policy.h"
#include "verifier/slice.h"

namespace weft::verifier {

/// Where a walk meets rules: whatever is of an earlier tier, or of this tier and a lower level, comes before.
struct PlaceInWalk {
  model::TierId tier{};
  model::Level level;
};

/// What comes before that place at the gate of `direction` and may match a flow that both rules match, at any time.
Slice before(const model::Policy& policy, const Slicer& slicer, PlaceInWalk place, model::RuleId first,
             model::RuleId second, model::Direction direction);

/// True if one rule or isolation of a slice that is in force visibly ends the walk for all that both rules match.
bool visibly_settles(const model::Policy& policy, const Slice& slice, model::RuleId first, model::RuleId second,
                     model::Direction direction);

/// The policy of a slice, which has a rule of its own at the place: the walk of a flow comes there iff that rule, the
/// last one, decides.
model::Policy up_to(const model::Policy& policy, const Slice& slice, PlaceInWalk place);

}  // namespace weft::verifier
