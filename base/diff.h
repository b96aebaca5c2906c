#pragma once

#include <string>
#include <string_view>

namespace weft {

/// What changed between two texts as a unified diff with three lines of context, the form `patch -p0` takes; empty
/// where they are equal. Lines are compared whole; a missing line end at the end of a text is told as usual.
///
/// Cost: quadratic in the lines between the first and the last change, and no more than a few million steps: beyond
/// that, all lines between them are shown as changed.
std::string unified_diff(std::string_view name, std::string_view before, std::string_view after);

}  // namespace weft
