#pragma once

#include <string>
#include <string_view>

namespace weft::cli {

/// How much room a line of text takes in a picture whose font is not known: whatever sans-serif font the reader has.
///
/// Units: pixels, for a font of `size` pixels. Of ASCII never less than what the widest of the usual fonts takes (DejaVu
///        Sans, whose widths are those of Verdana; Arial, Helvetica, Segoe UI and Roboto are narrower). Other letters
///        are taken for a little wider than high, which a few (ligatures, Roman numerals in one letter) exceed.
double text_width(std::string_view text, double size, bool bold = false);

/// The text, or as much of its beginning as fits into `most` pixels, and `…`.
std::string fitted(std::string_view text, double most, double size, bool bold = false);

/// Letters of UTF-8, which is what takes room.
std::size_t letters(std::string_view text);

}  // namespace weft::cli
