#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/source.h"

namespace weft::frontend {

/// A word, sign, literal or comment of a text, for who shows texts or helps to write them.
struct Word {
  enum class Kind : std::uint8_t { Keyword, Name, Text, Number, Date, Address, Sign, Comment };

  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  Kind kind = Kind::Sign;
  bool starts_line = false;
  /// A reserved word that begins a statement where one can begin: `allow`, `group`, `audit`.
  bool begins_statement = false;
};

/// The words of a text in their order; what is no part of the language is left out, and after `Limits::errors` of that
/// the rest. Names in backticks are names, and so
/// are words that have a meaning in one place only.
std::vector<Word> words_of(std::string_view text);

/// A name as a text spells it: in backticks where it has to be.
std::string spelled_name(std::string_view name);

}  // namespace weft::frontend
