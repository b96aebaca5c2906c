#pragma once

#include <cstdint>
#include <set>
#include <string_view>
#include <vector>

#include "base/diagnostics.h"

// Private to this folder.
namespace weft::frontend {

/// How long a sign of other languages is that begins at a byte, where the lexer would see several or another: `===`,
/// `<>`, `=~`, a text in curly quotes, one letter beyond ASCII. 0 where there is none.
std::size_t foreign_sign(std::string_view text, std::size_t begin);

/// What is no part of the language, told once for each mistake, with what to write instead.
class StrangeText {
 public:
  StrangeText(const Sources& sources, SourceId source, Diagnostics& diagnostics);

  /// `type` is one of the grammar's token types for what it does not know.
  void report(std::uint16_t type, Span span);
  /// A comment, text or name may hold any letter, but none that makes it look like another.
  void check_directions(Span span, std::string_view what);

 private:
  void unclosed_text(Span span);
  void quoted_otherwise(Span span);
  void foreign_comment_at(Span span);
  void remedy_comment(Diagnostic& diagnostic, Span span) const;
  void character(Span span);
  void sign(Span span);
  void bracket(Diagnostic& diagnostic, Span span);
  void star(Diagnostic& diagnostic, Span span) const;
  /// The same character again, outside of texts and comments.
  std::vector<Span> repeats(Span span) const;
  std::string_view before(Span span) const;

  const Sources& sources_;
  SourceId source_;
  Diagnostics& diagnostics_;
  std::string_view text_;
  bool turns_;                 ///< the text holds a character that turns the direction
  std::set<char32_t> blanks_;  ///< those that are told already, with all their repeats
  std::uint32_t fault_end_ = 0;
  std::uint32_t closing_ = 0;  ///< where the `]` of a set stands that is told already
};

}  // namespace weft::frontend
