#pragma once

#include <string>
#include <vector>

#include "driver/graph.h"

namespace weft::cli {

/// Where everything of a drawn graph stands, in pixels. No text lies on another, on a box, or on a line that is not its
/// own, and no line crosses a box, whatever the graph: beside each column there is room for the services of the arrows
/// that end there, where all lines run straight and apart from one another.
struct GraphPicture {
  struct Rect {
    int x = 0, y = 0, width = 0, height = 0;
    int right() const { return x + width; }
    int bottom() const { return y + height; }
    int middle() const { return y + height / 2; }
  };

  struct Box {
    Rect rect{};
    std::string name{};   ///< cut off where it is long
    std::string below{};  ///< who is in it, in a word
  };

  /// A line on to a point, which leaves and arrives levelly: straight, or a curve with control points at these places.
  struct Step {
    int leaving_x = 0, arriving_x = 0, x = 0, y = 0;
  };

  struct Arrow {
    int x = 0, y = 0;  ///< where it begins
    std::vector<Step> steps{};
    bool to_the_right = true;  ///< its point
    std::string label{};       ///< may be empty
    Rect label_rect{};
  };

  static constexpr int margin = 24;

  std::vector<Box> boxes{};     ///< by node
  std::vector<Arrow> arrows{};  ///< by edge
  int width = 0, height = 0;    ///< with a margin around
};

/// Sizes of letters in the picture.
inline constexpr int name_size = 13, small_size = 11;

GraphPicture picture_of(const driver::Graph& graph);

}  // namespace weft::cli
