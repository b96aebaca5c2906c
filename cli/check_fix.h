#pragma once

#include "cli/arguments.h"
#include "cli/output.h"
#include "driver/fix.h"

namespace weft::cli {

/// What `--fix` changed, or would change, for people.
std::string fixed_text(const driver::FixOutcome& outcome, bool dry_run);

/// The same as a JSON value: an array of the fixes.
std::string fixed_json(const driver::FixOutcome& outcome);

/// Writes the changed files; false where one could not be, which is told.
bool write_fixes(const driver::FixOutcome& outcome, const Messages& messages);

}  // namespace weft::cli
