#pragma once

#include <cstddef>
#include <string_view>

namespace weft {

/// Terminal columns of valid UTF-8 text without control characters: letters of East Asian scripts and emoji take two,
/// marks that combine with the letter before them none.
///
/// Source: Unicode 15, EastAsianWidth.txt (W and F) and the general categories Mn, Me and Cf, in ranges wide enough for
/// what a terminal shows; the unassigned code points between them count as their neighbours.
std::size_t terminal_width(std::string_view text);

}  // namespace weft
