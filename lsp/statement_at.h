#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/words.h"

namespace weft::lsp {

/// The words before a place, as far as they matter to what may stand there: those of the statement it is in. Read from
/// the text as it is, however unfinished.
struct StatementAt {
  enum class Block : std::uint8_t { None, Policy, Test, Template };

  std::vector<std::string_view> words;  ///< of the statement, before what is being written
  std::vector<frontend::Word::Kind> kinds;
  Block block = Block::None;  ///< around it, the innermost
  std::uint32_t begin = 0;    ///< of the word that is being written; the place itself where none is
  bool in_text = false;       ///< inside double quotes: `begin` is behind the opening one
  bool in_comment = false;
  bool starts_line = false;  ///< nothing but blanks stands before it on its line

  bool empty() const { return words.empty(); }
  std::string_view last(std::size_t back = 0) const {
    return back < words.size() ? words[words.size() - 1 - back] : std::string_view();
  }
  bool has(std::string_view word) const;
};

/// `text` must outlive the answer.
StatementAt statement_at(std::string_view text, std::uint32_t offset);

}  // namespace weft::lsp
