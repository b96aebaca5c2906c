#include "cli/graph_picture.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <tuple>

#include <fmt/format.h>

#include "cli/graph_layout.h"
#include "cli/graph_rows.h"
#include "cli/graph_text.h"
#include "cli/reach_report.h"
#include "cli/text_width.h"

namespace weft::cli {
namespace {

using driver::Graph;
using driver::GraphEdge;
using driver::GraphNode;

constexpr int box_height = 38, text_indent = 14, widest_name = 240, widest_label = 170;
// With more arrows, only those that changed tell their services; with more of these, tooltips alone do.
constexpr std::size_t most_labels = 60;
constexpr int label_height = 16, line_height = 8, loop_height = 26;
// From a box to the text of an arrow that ends there, to that of a loop, and from a text to where lines may bend.
constexpr int to_label = 14, to_loop_label = 32, after_label = 8, tip = 7;

std::string below(const GraphNode& node) {
  if (node.is_world()) return "addresses of nobody else";
  return node.members.size() == 1 ? node.example : fmt::format("{} members", node.members.size());
}

int room(std::string_view text, int size, bool bold) {
  return static_cast<int>(std::ceil(text_width(text, size, bold)));
}

// Of what changed, the change: the rest is told by the tooltip.
std::string label_of(const GraphEdge& edge) {
  if (edge.state != GraphEdge::State::Changed || (edge.gained.empty() && edge.lost.empty())) {
    return arrow_services(edge);
  }
  std::string out = edge.gained.empty() ? "" : "+ " + services_text(edge.gained);
  if (!edge.lost.empty()) out += (out.empty() ? "− " : "  − ") + services_text(edge.lost);
  return out;
}

// A place at the side of a box where lines begin or end.
struct Port {
  std::vector<std::size_t> arriving{};  // edges; none where lines begin
  bool loop = false;
  int height = line_height;
  int towards = 0;  // how far down its lines come from or lead to, by which ports are sorted
  int y = 0;
};

class Painter {
 public:
  explicit Painter(const Graph& graph) : graph_(graph), layout_(layout_of(graph)), sides_(graph.nodes.size()) {}

  GraphPicture paint() {
    label_arrows();
    make_ports();
    place_boxes();
    place_ports();
    place_columns();
    place_arrows();
    return std::move(out_);
  }

 private:
  struct Sides {
    std::vector<Port> left, right;
  };

  // The room beside boxes where lines run level, and how far lines may bend from there to the next column.
  struct Column {
    int x = 0, width = 96;
    int level_left = to_label, level_right = to_label;
    int bend = 0;
    int right() const { return x + width; }
    int begin() const { return x - level_left; }
    int end() const { return right() + level_right; }
  };

  std::size_t column_of(std::size_t slot) const { return layout_.column_of[slot]; }
  bool leads_right(const GraphEdge& edge) const { return column_of(edge.from) <= column_of(edge.to); }

  void label_arrows() {
    const auto changed = graph_.edges.size() - static_cast<std::size_t>(std::ranges::count(
                                                   graph_.edges, GraphEdge::State::Same, &GraphEdge::state));
    const bool all = graph_.edges.size() <= most_labels;
    for (const GraphEdge& edge : graph_.edges) {
      GraphPicture::Arrow& arrow = out_.arrows.emplace_back();
      if (!all && (edge.state == GraphEdge::State::Same || changed > most_labels)) continue;
      arrow.label = fitted(label_of(edge), widest_label, small_size);
      arrow.label_rect.width = room(arrow.label, small_size, false);
      arrow.label_rect.height = label_height - 2;
    }
  }

  void make_ports() {
    for (std::size_t i = 0; i < graph_.edges.size(); ++i) {
      const GraphEdge& edge = graph_.edges[i];
      const bool labelled = !out_.arrows[i].label.empty();
      if (edge.from == edge.to) {
        sides_[edge.from].right.push_back({.arriving = {i}, .loop = true, .height = loop_height});
        continue;
      }
      Sides& source = sides_[edge.from];
      std::vector<Port>& leaving = leads_right(edge) ? source.right : source.left;
      if (std::ranges::none_of(leaving, is_leaving)) leaving.push_back({});
      const bool from_left = column_of(edge.from) < column_of(edge.to);
      std::vector<Port>& arriving = from_left ? sides_[edge.to].left : sides_[edge.to].right;
      // What has no text of its own shares one place.
      const auto shared = std::ranges::find_if(arriving, [&](const Port& port) {
        return !port.loop && !port.arriving.empty() && out_.arrows[port.arriving.front()].label.empty();
      });
      if (!labelled && shared != arriving.end()) {
        shared->arriving.push_back(i);
      } else {
        arriving.push_back({.arriving = {i}, .height = labelled ? label_height : line_height});
      }
    }
  }

  static bool is_leaving(const Port& port) { return port.arriving.empty(); }

  static int height_of(const std::vector<Port>& ports) {
    int out = 0;
    for (const Port& port : ports) out += port.height;
    return out;
  }

  void place_boxes() {
    std::vector<int> heights(layout_.column_of.size(), 0);
    for (std::size_t i = 0; i < sides_.size(); ++i) {
      heights[i] = std::max({box_height, height_of(sides_[i].left) + 8, height_of(sides_[i].right) + 8});
    }
    middles_ = middles_of(layout_, heights);
    for (int& middle : middles_) middle += GraphPicture::margin;
    columns_.resize(layout_.columns.size());
    for (std::size_t i = 0; i < sides_.size(); ++i) {
      const GraphNode& node = graph_.nodes[i];
      GraphPicture::Box& box = out_.boxes.emplace_back();
      box.rect.height = heights[i];
      box.rect.y = middles_[i] - heights[i] / 2;
      box.name = fitted(node.name, widest_name, name_size, true);
      box.below = fitted(below(node), widest_name, small_size);
      int& width = columns_[column_of(i)].width;
      width = std::max({width, room(box.name, name_size, true) + 2 * text_indent,
                        room(box.below, small_size, false) + 2 * text_indent});
    }
    for (std::size_t i = 0; i < middles_.size(); ++i) {
      out_.height = std::max(out_.height, middles_[i] + (heights[i] + 1) / 2 + GraphPicture::margin);
    }
  }

  // The slot that a line comes from when it reaches its end.
  std::size_t before_end(std::size_t edge) const {
    return layout_.ways[edge].empty() ? graph_.edges[edge].from : layout_.ways[edge].back();
  }

  void place_ports() {
    std::vector<std::array<std::vector<int>, 2>> targets(sides_.size());  // of what leaves, by side
    for (std::size_t i = 0; i < graph_.edges.size(); ++i) {
      const GraphEdge& edge = graph_.edges[i];
      const std::size_t next = layout_.ways[i].empty() ? edge.to : layout_.ways[i].front();
      if (edge.from != edge.to) targets[edge.from][leads_right(edge) ? 1 : 0].push_back(middles_[next]);
    }
    const auto mean = [](const std::vector<int>& all) {
      return all.empty() ? 0 : std::accumulate(all.begin(), all.end(), 0) / static_cast<int>(all.size());
    };
    for (std::size_t node = 0; node < sides_.size(); ++node) {
      for (const bool right : {false, true}) {
        std::vector<Port>& ports = right ? sides_[node].right : sides_[node].left;
        for (Port& port : ports) {
          std::vector<int> sources;
          for (const std::size_t edge : port.arriving) sources.push_back(middles_[before_end(edge)]);
          port.towards = is_leaving(port) ? mean(targets[node][right ? 1 : 0]) : mean(sources);
        }
        // Between two boxes that send to one another, what leaves the one above what arrives there leaves the other
        // below it, so that the two lines do not cross.
        std::ranges::sort(ports, {}, [&](const Port& port) {
          const std::size_t among_equals = !port.arriving.empty() ? port.arriving.front() + 1 : right ? 0 : SIZE_MAX;
          return std::tuple(!port.loop, port.towards, among_equals);
        });
        int y = middles_[node] - height_of(ports) / 2;
        for (Port& port : ports) {
          port.y = y + port.height / 2;
          y += port.height;
        }
      }
    }
  }

  void place_columns() {
    for (std::size_t node = 0; node < sides_.size(); ++node) {
      Column& column = columns_[column_of(node)];
      for (const bool right : {false, true}) {
        for (const Port& port : right ? sides_[node].right : sides_[node].left) {
          if (is_leaving(port)) continue;
          const GraphPicture::Arrow& arrow = out_.arrows[port.arriving.front()];
          int& level = right ? column.level_right : column.level_left;
          const int text = arrow.label.empty() ? 0 : arrow.label_rect.width + after_label;
          level = std::max(level, (port.loop ? to_loop_label : to_label) + text);
        }
      }
    }
    for (std::size_t i = 0; i < layout_.column_of.size(); ++i) {
      for (const std::size_t other : layout_.beside[i]) {
        if (column_of(other) == column_of(i) + 1) columns_[column_of(i)].bend += 2;
      }
    }
    for (Column& column : columns_) column.bend = std::clamp(40 + column.bend, 48, 140);
    columns_.back().bend = 0;
    for (const GraphEdge& edge : graph_.edges) {
      if (edge.from != edge.to && column_of(edge.from) == column_of(edge.to)) {
        columns_[column_of(edge.from)].bend = std::max(columns_[column_of(edge.from)].bend, 60);
      }
    }
    int x = GraphPicture::margin;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      columns_[i].x = x + (i == 0 ? 0 : columns_[i].level_left);
      x = columns_[i].end() + columns_[i].bend;
    }
    out_.width = x + GraphPicture::margin;
    for (std::size_t i = 0; i < sides_.size(); ++i) {
      out_.boxes[i].rect.x = columns_[column_of(i)].x;
      out_.boxes[i].rect.width = columns_[column_of(i)].width;
    }
  }

  void place_arrows() {
    for (std::size_t node = 0; node < sides_.size(); ++node) {
      for (const bool right : {false, true}) {
        for (const Port& port : right ? sides_[node].right : sides_[node].left) {
          for (const std::size_t edge : port.arriving) {
            if (port.loop) {
              loop(edge, port.y);
            } else {
              way(edge, port.y, !right);
            }
          }
        }
      }
    }
  }

  void loop(std::size_t edge, int y) {
    GraphPicture::Arrow& arrow = out_.arrows[edge];
    const int x = out_.boxes[graph_.edges[edge].from].rect.right();
    arrow.x = x;
    arrow.y = y - 6;
    arrow.steps = {{x + 26, x + 26, x + tip, y + 6}};
    arrow.to_the_right = false;
    put_label(arrow, x + to_loop_label, y);
  }

  static void put_label(GraphPicture::Arrow& arrow, int x, int y) {
    arrow.label_rect.x = x;
    arrow.label_rect.y = y - arrow.label_rect.height / 2;
  }

  static void straight(GraphPicture::Arrow& arrow, int x) {
    const int y = arrow.steps.empty() ? arrow.y : arrow.steps.back().y;
    arrow.steps.push_back({x, x, x, y});
  }

  static void bend(GraphPicture::Arrow& arrow, int x, int y) {
    const int half = (arrow.steps.back().x + x) / 2;
    arrow.steps.push_back({half, half, x, y});
  }

  int leaving_y(std::size_t node, bool right) const {
    const std::vector<Port>& ports = right ? sides_[node].right : sides_[node].left;
    return std::ranges::find_if(ports, is_leaving)->y;
  }

  void way(std::size_t edge, int end_y, bool from_left) {
    GraphPicture::Arrow& arrow = out_.arrows[edge];
    const std::size_t source = graph_.edges[edge].from, target = graph_.edges[edge].to;
    const Column &from = columns_[column_of(source)], &to = columns_[column_of(target)];
    const bool right = leads_right(graph_.edges[edge]);
    arrow.to_the_right = from_left;
    arrow.x = right ? from.right() : from.x;
    arrow.y = leaving_y(source, right);
    straight(arrow, right ? from.end() : from.begin());
    if (&from == &to) {  // out and in again at the right, the farther the more it bows
      const int bow = from.end() + std::min(from.bend, 24 + std::abs(end_y - arrow.y) / 6);
      arrow.steps.push_back({bow, bow, to.end(), end_y});
    } else {
      for (const std::size_t passage : layout_.ways[edge]) {
        const Column& across = columns_[column_of(passage)];
        bend(arrow, right ? across.begin() : across.end(), middles_[passage]);
        straight(arrow, right ? across.end() : across.begin());
      }
      bend(arrow, right ? to.begin() : to.end(), end_y);
    }
    straight(arrow, from_left ? to.x - tip : to.right() + tip);
    put_label(arrow, from_left ? to.x - to_label - arrow.label_rect.width : to.right() + to_label, end_y);
  }

  const Graph& graph_;
  Layout layout_;
  std::vector<Sides> sides_;  // by node
  std::vector<int> middles_;  // by slot
  std::vector<Column> columns_;
  GraphPicture out_;
};

}  // namespace

GraphPicture picture_of(const Graph& graph) {
  return graph.nodes.empty() ? GraphPicture{.width = 2 * GraphPicture::margin, .height = 2 * GraphPicture::margin}
                             : Painter(graph).paint();
}

}  // namespace weft::cli
