#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostics.h"
#include "base/result.h"

namespace weft::driver {

/// The policy files that these names stand for: a directory for the `*.weft` files in it and below it, sorted, hidden
/// files and directories left out; every other name for itself.
///
/// Errors: W9003 for a directory that cannot be read, W9004 for one without such files.
std::vector<std::string> policy_files(const std::vector<std::string>& names, Diagnostics& diagnostics);

/// Puts the text in the place of a file's contents in one step: whoever reads it sees all of the old text or all of the
/// new. Its permissions stay, and so does a symbolic link to it.
///
/// Errors: W9030; the file is then as it was.
Result<void> rewrite_file(const std::string& name, std::string_view text);

}  // namespace weft::driver
