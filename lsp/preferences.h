#pragma once

#include <string>
#include <vector>

#include "driver/preferences.h"
#include "lsp/json.h"

namespace weft::lsp {

/// The preferences in the `initializationOptions` of a client: `{"inventory": [PATH…], "lint": {CODE: LEVEL…}}`. What
/// cannot be understood is left out, and `complaints` says why. Relative paths start at `root`.
driver::Preferences preferences_in(const Json& options, const std::string& root, std::vector<std::string>& complaints);

}  // namespace weft::lsp
