#pragma once

#include "bundle/bundle.h"
#include "driver/compile.h"

namespace weft::driver {

/// Fills in what the code generator cannot know: the version, the profile, the inputs with their hashes, and what every
/// entry of both gates means to people. Needs a compilation with a plan.
void describe(const Compilation& compilation, bundle::Manifest& manifest);

}  // namespace weft::driver
