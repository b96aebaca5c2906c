#pragma once

#include "model/policy.h"
#include "verifier/slice.h"
#include "verifier/universe.h"
#include "verifier/verifier.h"

namespace weft::verifier {

/// Finds the rules and isolations that decide no flow there could be, at no gate and no time from `options.now` on, and
/// the rules that other rules of their tier make superfluous. All that are found can be deleted together without a
/// change of any verdict. Fills `dead`, `unreachable`, `not_checked` and the statistics of the report.
void find_dead(const model::Policy& policy, const Universe& universe, const Slicer& slicer, const Options& options,
               Report& report);

}  // namespace weft::verifier
