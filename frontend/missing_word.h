#pragma once

#include <optional>

#include "frontend/statement_reader.h"

// Private to this folder.
namespace weft::frontend {

/// The word a statement lacks that can be nothing else: `scrape(targets = web)` is a use, whatever stands before it.
struct MissingWord {
  std::uint16_t type = 0;  ///< of the token that is missing: `use`, `template`, `test` or `import`
  std::string_view spelling{};
  bool in_place = false;  ///< the leading token stands where it belongs; otherwise it belongs before that
};

/// Looks at the form of a statement that stands where these may; `ahead` is the token behind it. Nothing where its
/// first word is there, or where the form does not tell.
std::optional<MissingWord> missing_word(const Sources& sources, SourceId source, const StatementText& statement,
                                        const Token& ahead);

/// Says that the word is missing, and puts it where it belongs.
void restore(const Sources& sources, SourceId source, const MissingWord& missing, StatementText& statement,
             Diagnostics& diagnostics);

}  // namespace weft::frontend
