#pragma once

#include <string>
#include <string_view>

#include "cli/exit_code.h"
#include "driver/diff.h"

namespace weft::cli {

/// "equivalent", "only widens", "only narrows", "widens and narrows", "undecided".
std::string_view verdict_word(const driver::PolicyDiff& diff);
/// The verdict as a sentence: what the new policy allows and denies against the old one.
std::string verdict_sentence(const driver::PolicyDiff& diff);

/// For people at a terminal.
std::string diff_text(const driver::PolicyDiff& diff);
/// For programs: one document.
std::string diff_json(const driver::PolicyDiff& diff, ExitCode code);
/// For a comment on a pull request: a short summary, and the rest to unfold.
std::string diff_markdown(const driver::PolicyDiff& diff);

}  // namespace weft::cli
