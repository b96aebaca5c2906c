#pragma once

#include <optional>
#include <string>

#include "base/diagnostics.h"
#include "base/source.h"

namespace weft::frontend {

/// The one way a text is laid out: indentation, spaces, line breaks and aligned columns follow from its words alone; of
/// the author's own layout only single blank lines and the places of comments are kept.
///
/// The words and comments of the result are those of the text, in their order (that is checked at the end), so it means
/// the same. Formatting twice is the same as once. Nothing, with the errors reported, for a text that cannot be parsed;
/// names are not looked up.
std::optional<std::string> format(const Sources& sources, SourceId source, Diagnostics& diagnostics);

}  // namespace weft::frontend
