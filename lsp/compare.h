#pragma once

#include <string>

#include "driver/diff.h"

namespace weft::lsp {

/// As Markdown that reads well without being rendered: the verdict, the flows that are gained and lost with who decides
/// about them, and the pairs of the inventory.
std::string differences_in_words(const driver::PolicyDiff& diff);

}  // namespace weft::lsp
