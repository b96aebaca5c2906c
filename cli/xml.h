#pragma once

#include <string>
#include <string_view>

namespace weft::cli {

/// The text as XML 1.0 wants it, within an element or an attribute in double or single quotes. What XML has no way to
/// write (most control characters, U+FFFE, U+FFFF) and bytes that are no UTF-8 become U+FFFD; line ends and tabs
/// are kept.
std::string xml_text(std::string_view text);

}  // namespace weft::cli
