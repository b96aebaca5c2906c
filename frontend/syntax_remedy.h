#pragma once

#include "frontend/syntax_place.h"

// Private to this folder.
namespace weft::frontend {

/// What to write instead, where the words that stand there tell what was meant: slips, and the spellings of other
/// languages.
void remedy(const SyntaxPlace& place, Diagnostic& out);

/// The same for a word no statement begins with: `permit`, `include`. False where nothing is known of it.
bool remedy_statement(std::string_view word, Span place, bool in_policy, Diagnostic& out);

}  // namespace weft::frontend
