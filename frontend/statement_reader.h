#pragma once

#include <string_view>
#include <vector>

#include "frontend/scanner.h"

// Private to this folder.
namespace weft::frontend {

/// The tokens of one statement, of one policy header with its `{`, or a `}` alone.
struct StatementText {
  std::vector<Token> tokens;
  bool opens_block = false;   ///< ends in the `{` of a policy
  bool faulty = false;        ///< an error in it is reported already: what does not fit is no second one
  bool line_goes_on = false;  ///< behind it on its line stands something that begins no statement
  bool skipped = false;       ///< too deep or too long, which is reported: not to be parsed
};

/// Cuts a file into statements before anything is parsed, by the reserved words that begin them. So a mistake stays in
/// its statement, and no text is parsed that nests too deep for the stack.
class StatementReader {
 public:
  StatementReader(const Sources& sources, SourceId source, Diagnostics& diagnostics,
                  std::vector<ast::Comment>& comments);

  /// False at the end of the text.
  bool next(StatementText& out);

 private:
  bool begins_statement(const StatementText& so_far) const;
  bool begins_stray_line(const std::vector<Token>& before) const;
  bool opens_block(const StatementText& so_far) const;
  void skip_block(StatementText& out);
  void take(StatementText& out);

  const Sources& sources_;
  SourceId source_;
  Diagnostics& diagnostics_;
  Scanner scanner_;
  Token ahead_;
};

/// True of the words that begin a statement, in a policy or outside, and of what stands before one (`audit`, `@`).
bool is_statement_word(std::uint16_t type);
/// True of `allow`, `deny`, `pass`, `isolate`: only policies hold them.
bool is_policy_item_word(std::uint16_t type);
/// True of the words that begin clauses of a later version: `when`, `log`, `expires`, `for`, `avoiding`.
bool is_later_clause(std::string_view word);
/// True of identifiers, names in backticks and the words that are names where they have no meaning.
bool is_name(std::uint16_t type);

}  // namespace weft::frontend
