#pragma once

#include <string>
#include <string_view>

namespace weft::cli {

/// What turns one text into the other, as `diff -u` writes it, with three lines around each change; empty for equal
/// texts. Small differences are found exactly; where nearly everything differs, whole stretches are replaced.
std::string unified_diff(std::string_view name, std::string_view before, std::string_view after);

}  // namespace weft::cli
