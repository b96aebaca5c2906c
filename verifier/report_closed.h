#pragma once

#include "base/diagnostics.h"
#include "base/source.h"
#include "model/policy.h"
#include "verifier/verifier.h"

namespace weft::verifier {

/// Says in diagnostics what is odd about the policy in its inventory, and which rules expire soon.
void report_closed(const Report& report, const model::Policy& policy, const Sources& sources, Diagnostics& diagnostics);

}  // namespace weft::verifier
