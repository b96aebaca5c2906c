#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// Private to this folder.
namespace weft::frontend {

/// A character that editors, word processors and keyboards put where another was meant.
struct Lookalike {
  char32_t code;
  std::string_view name;     ///< in Unicode 15
  std::string_view instead;  ///< what to write; empty for what is to be left out
};

/// The character a valid UTF-8 text holds at a byte, and how many bytes it takes.
struct Character {
  char32_t code;
  std::size_t bytes;
};
Character character_at(std::string_view text, std::size_t at);

/// What is known of a character; nothing of most.
const Lookalike* lookalike(char32_t code);

/// Quotation marks of every script, but for the straight ones.
bool is_quotation_mark(char32_t code);
/// Shown as a blank, or as nothing at all.
bool is_blank(char32_t code);
/// Changes the order in which the characters around it are shown, and shows nothing itself: what a person reads is no
/// longer what the text says (CVE-2021-42574).
bool turns_direction(char32_t code);

/// Where a text first holds a character that turns the direction, or npos. Fast where none is there.
std::size_t find_turn(std::string_view text, std::size_t from = 0);

/// "`“` (U+201C LEFT DOUBLE QUOTATION MARK)", "U+00A0 NO-BREAK SPACE", "`é` (U+00E9)"
std::string named(char32_t code, std::string_view spelling);

}  // namespace weft::frontend
