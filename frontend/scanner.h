#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/diagnostics.h"
#include "frontend/ast.h"
#include "frontend/strange_text.h"

// Private to this folder.
namespace weft::frontend {

/// A word, sign or literal. `type` is one of the grammar's token types; 0 marks the end of the text.
struct Token {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  std::uint16_t type = 0;
  bool starts_line = false;
  bool after_fault = false;  ///< something that is no part of the language, already reported, stood before it
};

/// Cuts a text into tokens, one at a time. Comments are set aside; what is no part of the language is reported and left
/// out.
class Scanner {
 public:
  Scanner(const Sources& sources, SourceId source, Diagnostics& diagnostics, std::vector<ast::Comment>& comments);
  ~Scanner();
  Scanner(Scanner&&) = delete;

  Token next();

 private:
  struct Lexer;

  /// The type of the token at the stream's place, which moves behind it. Spaces, comments and texts without escapes,
  /// most of what a file holds, are found by hand, exactly as the grammar has them: the lexer takes locks for every
  /// byte.
  std::size_t match();

  const Sources& sources_;
  SourceId source_;
  Diagnostics& diagnostics_;
  std::vector<ast::Comment>& comments_;
  std::unique_ptr<Lexer> lexer_;
  StrangeText strange_;
};

}  // namespace weft::frontend
