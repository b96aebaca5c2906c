#pragma once

#include <cstddef>
#include <vector>

#include "driver/graph.h"

namespace weft::cli {

/// Which column the nodes of a drawing stand in, and in which order: most arrows lead to the right.
///
/// Slots are the nodes, by their positions in the graph, and behind them passages: the room kept free where arrows of
/// one node cross a column on their way to others. All arrows that leave a node to the same side share a passage.
struct Layout {
  std::vector<std::vector<std::size_t>> columns{};  ///< slots from top to bottom, by column from left to right
  std::vector<std::size_t> column_of{};             ///< by slot
  std::vector<std::vector<std::size_t>> beside{};   ///< by slot: those of the next columns it is joined with
  std::vector<std::vector<std::size_t>> ways{};     ///< by arrow: the passages it takes, in its direction
};

/// The same for the same graph. What only sends stands at the left; arrows that close a circle lead back. There are
/// about as many columns as rows at most: of a mesh, or of long chains, some arrows stay within a column.
Layout layout_of(const driver::Graph& graph);

}  // namespace weft::cli
