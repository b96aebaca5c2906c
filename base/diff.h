#pragma once

#include <string>
#include <string_view>

namespace weft {

/// What changed between two texts as a unified diff with three lines of context, the form `patch -p0` takes; empty
/// where they are equal. Lines are compared whole; a missing line end at the end of a text is told as usual.
///
/// Small differences are found exactly; where nearly everything differs, whole stretches are replaced. Time is about
/// linear in the lines.
std::string unified_diff(std::string_view name, std::string_view before, std::string_view after);

}  // namespace weft
