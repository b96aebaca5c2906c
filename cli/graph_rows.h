#pragma once

#include <vector>

#include "cli/graph_layout.h"

namespace weft::cli {

/// How far down the middle of each slot stands, in pixels from the top: near the middle of those it is joined with, so
/// that lines run level where they can; in the order of its column, and never nearer to the next than they need.
/// `heights` by slot; a passage, which is a line, has none.
std::vector<int> middles_of(const Layout& layout, const std::vector<int>& heights);

}  // namespace weft::cli
