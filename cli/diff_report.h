#pragma once

#include <string>

#include "cli/exit_code.h"
#include "driver/diff.h"

namespace weft::cli {

/// For people at a terminal.
std::string diff_text(const driver::PolicyDiff& diff);
/// For programs: one document.
std::string diff_json(const driver::PolicyDiff& diff, ExitCode code);
/// For a comment on a pull request: a short summary, and the rest to unfold.
std::string diff_markdown(const driver::PolicyDiff& diff);

}  // namespace weft::cli
