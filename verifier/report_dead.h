#pragma once

#include "base/diagnostics.h"
#include "base/source.h"
#include "model/policy.h"
#include "verifier/verifier.h"

namespace weft::verifier {

/// Says in diagnostics what of the policy never decides, but for what `said` tells already.
void report_dead(const Report& report, const model::Policy& policy, const Sources& sources, Diagnostics& diagnostics,
                 const Diagnostics& said);

}  // namespace weft::verifier
