#pragma once

#include <ranges>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

/// Edits (insert, delete, replace, swap of neighbours) between two words, at most `limit + 1`.
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit);

/// The candidate a person most likely meant by `word`: at most a third of its letters away, the nearest, the first
/// among equals; empty where none is near.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

/// The text fit for a terminal line: controls and bytes that are no UTF-8 as `\xNN`, what shows nothing as `\uNNNN`.
std::string printable(std::string_view text);

/// The text as code in a sentence: in backticks, in two and a blank where it has backticks of its own, as in Markdown.
std::string in_code(std::string_view text);

/// The text as policy text spells it: in double quotes, those within and backslashes behind a backslash.
std::string in_quotes(std::string_view text);

}  // namespace weft
