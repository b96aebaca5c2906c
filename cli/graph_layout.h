#pragma once

#include <cstddef>
#include <vector>

#include "driver/graph.h"

namespace weft::cli {

/// Where the nodes of a drawing stand: in columns from left to right, so that most arrows lead to the right.
struct Layout {
  struct Seat {
    std::size_t column = 0;
    std::size_t row = 0;
  };
  std::vector<Seat> seats{};              ///< by node
  std::vector<std::vector<Seat>> ways{};  ///< by arrow: the seats kept free for it in the columns it crosses
  std::vector<std::size_t> heights{};     ///< by column: how many seats it has
};

/// The same for the same graph. What only sends stands at the left; arrows that close a circle lead back.
Layout layout_of(const driver::Graph& graph);

}  // namespace weft::cli
