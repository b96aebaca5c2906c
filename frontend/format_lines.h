#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/ast.h"
#include "frontend/scanner.h"

// Private to this folder.
namespace weft::frontend {

/// A word of a line, with what stands around it.
struct Piece {
  static constexpr std::uint8_t no_break = 255;

  std::string_view text;
  bool space = true;                    ///< a space before it, unless it begins a line
  std::uint8_t rank = no_break;         ///< a long line is broken before it; those of the lowest rank go first
  bool breaks_all = false;              ///< with one of its rank, all of them are
  std::vector<std::string_view> above;  ///< comments on lines of their own before it
  std::string_view comment{};           ///< the comment behind it, which ends the line
};

/// A statement, a block's header or its `}`, an annotation, or comments on lines of their own; as long as it takes.
struct FormatLine {
  enum class Sign : std::uint8_t { None, Colon, Assign };  ///< what neighbours are aligned by

  std::size_t level = 0;  ///< of indentation
  bool blank_before = false;
  bool is_comment = false;  ///< a comment alone: the only piece's text
  Sign sign = Sign::None;
  std::size_t sign_at = 0;  ///< which piece
  std::vector<Piece> pieces;
};

/// The tokens of a file and its comments, cut into lines by what the parser made of them.
std::vector<FormatLine> format_lines(std::string_view text, std::span<const Token> tokens, const ast::File& file);

/// Lines as text: aligned, broken at `format_width` columns, each ended by "\n".
std::string lay_out(const std::vector<FormatLine>& lines);

inline constexpr std::size_t format_width = 120;

}  // namespace weft::frontend
