#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/diagnostics.h"

namespace weft {

/// The edits by source and place; those at one place keep their order.
std::vector<Edit> in_text_order(std::span<const Edit> edits);

/// The text with every edit made. The edits are of this text and do not overlap; their order is no matter, but for
/// those that insert at one place, which keep it.
std::string apply_edits(std::string_view text, std::span<const Edit> edits);

/// True if both change the same byte, or insert at the same place.
bool overlap(const Edit& a, const Edit& b);

/// The fixes that need nobody's judgement, in the order of their diagnostics. A fix that touches what an earlier one
/// changes is left for another round; one that several diagnostics offer is taken once.
std::vector<std::pair<const Diagnostic*, const Fix*>> applicable_fixes(const Diagnostics& diagnostics);

}  // namespace weft
