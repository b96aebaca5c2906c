#pragma once

#include <string_view>
#include <vector>

#include "base/diagnostics.h"

namespace weft::lsp {

/// Edits that make `after` of `before`, whole lines each, as few lines as differ: what stands still keeps its marks,
/// folds and cursors in an editor.
std::vector<Edit> line_edits(SourceId source, std::string_view before, std::string_view after);

}  // namespace weft::lsp
