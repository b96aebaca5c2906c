#pragma once

#include <string>
#include <string_view>

#include "driver/graph.h"

namespace weft::cli {

/// The graph as an `<svg>` element that stands alone: no font, script or style from elsewhere, legible in light and
/// dark. Nodes have `data-name`, arrows `data-from` and `data-to`, for scripts of a page around it.
std::string graph_svg(const driver::Graph& graph);

/// The colours and shapes of graphs, as CSS, beside `drawing_style`.
std::string_view graph_style();

}  // namespace weft::cli
