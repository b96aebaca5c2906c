#pragma once

#include <string_view>
#include <vector>

#include "frontend/scanner.h"

// Private to this folder.
namespace weft::frontend {

/// The tokens of one statement with the annotations before it, of one header with its `{`, or a `}` alone.
struct StatementText {
  std::vector<Token> tokens;
  std::size_t lead = 0;       ///< which token says what it is: the first one behind annotations and `audit`
  bool opens_block = false;   ///< ends in the `{` of a block
  bool faulty = false;        ///< an error in it is reported already: what does not fit is no second one
  bool line_goes_on = false;  ///< behind it on its line stands something that begins no statement
  bool skipped = false;       ///< too deep or too long, which is reported: not to be parsed

  /// The type of the leading token; 0 where there are annotations only.
  std::uint16_t word() const { return lead < tokens.size() ? tokens[lead].type : std::uint16_t{0}; }
  const Token& leading() const { return tokens[lead < tokens.size() ? lead : 0]; }
};

/// Cuts a file into statements before anything is parsed, by the reserved words that begin them. So a mistake stays in
/// its statement, and no text is parsed that nests too deep for the stack.
class StatementReader {
 public:
  StatementReader(const Sources& sources, SourceId source, Diagnostics& diagnostics,
                  std::vector<ast::Comment>& comments);

  /// False at the end of the text. In a test the expectations, which no word begins, are cut by their form.
  bool next(StatementText& out, bool in_test);
  /// What comes next.
  const Token& ahead() const { return ahead_; }

 private:
  /// Whether what comes next still belongs to the annotations before a statement.
  class Prefix;

  bool begins_statement(const StatementText& so_far) const;
  bool begins_expectation(const StatementText& so_far) const;
  bool begins_stray_line(const StatementText& so_far) const;
  bool opens_block(const StatementText& so_far) const;
  void take(StatementText& out);

  const Sources& sources_;
  SourceId source_;
  Diagnostics& diagnostics_;
  Scanner scanner_;
  Token ahead_;
  std::size_t parentheses_ = 0;  ///< open in the statement that is read
};

/// True of the words that begin a statement, in a policy or outside, and of what stands before one (`audit`, `@`).
bool is_statement_word(std::uint16_t type);
/// True of `allow`, `deny`, `pass`, `isolate`: only policies hold them.
bool is_policy_item_word(std::uint16_t type);
/// True where a statement, or an operand in it, can be complete: behind it a reserved word on the same line begins the
/// next statement, and a word with a meaning in one place begins a clause.
bool can_end_statement(std::uint16_t type);
/// True of identifiers, names in backticks and the words that are names where they have no meaning.
bool is_name(std::uint16_t type);

}  // namespace weft::frontend
