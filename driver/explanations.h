#pragma once

#include <span>
#include <string_view>

#include "base/diagnostics.h"

namespace weft::driver {

/// What there is to say about one code. The pages stand in docs/codes and are built in.
struct Explanation {
  std::string_view code;  ///< "W1003"
  Severity severity;      ///< where nobody sets a level
  std::string_view title;
  std::string_view text;  ///< Markdown: paragraphs, and fenced blocks marked `fails` or `passes`
};

/// Every code that weft can report, in order.
std::span<const Explanation> explanations();

/// The explanation of a code, exactly as it is written; null where there is none.
const Explanation* find_explanation(std::string_view code);

/// The levels that a project may give a finding: of warnings all; of what refutes a claim, or leaves the order of two
/// policies open, error and warning, but no silence; of other errors none.
std::span<const LintLevel> levels_of(const Explanation& finding);

/// What codes with the same first three letters are about: "W10" is "the text of a policy"; empty where there are none.
std::string_view code_group(std::string_view code);

}  // namespace weft::driver
