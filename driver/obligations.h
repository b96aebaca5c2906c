#pragma once

#include "base/diagnostics.h"
#include "model/policy.h"

namespace weft::driver {

/// Says of every rule in force with `requires` that a packet filter cannot see to it: an error (W9031), or, where
/// `widen` says to build the rule without what it asks for, a warning (W9032).
void check_obligations(const model::Policy& policy, bool widen, Diagnostics& diagnostics);

}  // namespace weft::driver
