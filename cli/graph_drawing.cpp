#include "cli/graph_drawing.h"

#include <algorithm>

#include <fmt/format.h>

#include "cli/drawing.h"
#include "cli/graph_layout.h"
#include "cli/graph_text.h"
#include "cli/reach_report.h"
#include "cli/xml.h"

namespace weft::cli {
namespace {

using driver::Graph;
using driver::GraphEdge;
using driver::GraphNode;

constexpr int margin = 24, box_height = 38, row_step = 56, letter = 7, gap = 130;
constexpr std::size_t most_letters = 30, most_services = 26;
// With more arrows, services are told by tooltips alone.
constexpr std::size_t most_labels = 40;

std::size_t letters(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string shortened(std::string_view text, std::size_t most) {
  if (letters(text) <= most) return std::string(text);
  std::size_t bytes = 0;
  for (std::size_t count = 0; bytes < text.size(); ++bytes) {
    if ((text[bytes] & 0xC0) != 0x80 && ++count == most) break;
  }
  return std::string(text.substr(0, bytes)) + "…";
}

std::string below(const GraphNode& node) {
  if (node.is_world()) return "addresses of nobody else";
  return node.members.size() == 1 ? node.example : fmt::format("{} members", node.members.size());
}

struct Box {
  int x = 0, y = 0, width = 0;
  int middle() const { return y + box_height / 2; }
  int right() const { return x + width; }
};

class Drawer {
 public:
  explicit Drawer(const Graph& graph) : graph_(graph), layout_(layout_of(graph)) { place(); }

  std::string draw() {
    std::string out = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"weft graph\" width=\"{0}\" height=\"{1}\" "
        "viewBox=\"0 0 {0} {1}\" role=\"img\">\n<title>{2}</title>\n<style>{3}{4}</style>\n"
        "<rect class=\"paper\" width=\"{0}\" height=\"{1}\"/>\n",
        width_, height_, xml_text(graph_summary(graph_)), drawing_style(), graph_style());
    for (std::size_t i = 0; i < graph_.edges.size(); ++i) out += arrow(i);
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) out += node(i);
    if (graph_.compared) out += legend();
    return out + "</svg>\n";
  }

 private:
  void place() {
    std::size_t most_rows = 1;
    for (const std::size_t height : layout_.heights) most_rows = std::max(most_rows, height);
    height_ = 2 * margin + static_cast<int>(most_rows) * row_step + (graph_.compared ? 30 : 0);
    for (const std::size_t height : layout_.heights) {
      columns_.push_back({0, margin + static_cast<int>(most_rows - height) * row_step / 2, 90});
    }
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      const std::size_t longest = std::max(letters(shortened(graph_.nodes[i].name, most_letters)),
                                           letters(shortened(below(graph_.nodes[i]), most_letters)) * 6 / 7);
      int& width = columns_[layout_.seats[i].column].width;
      width = std::max(width, static_cast<int>(longest) * letter + 28);
    }
    int x = margin;
    for (Box& column : columns_) {
      column.x = x;
      x += column.width + gap;
    }
    for (const Layout::Seat& seat : layout_.seats) boxes_.push_back(box_at(seat));
    width_ = std::max(x - gap + margin + 60, graph_.compared ? 420 : 240);
  }

  Box box_at(const Layout::Seat& seat) const {
    Box out = columns_[seat.column];
    out.y += static_cast<int>(seat.row) * row_step;
    return out;
  }

  // Where an arrow runs, where its point is, which way that shows, and where its services stand.
  struct Way {
    std::string path;
    int tip_x = 0, tip_y = 0;
    bool to_the_right = true;
    /// The piece that carries the services: they stand on it where there is room.
    int begin_x = 0, begin_y = 0, end_x = 0, end_y = 0;
  };

  Way way_of(const GraphEdge& edge, const std::vector<Layout::Seat>& between) const {
    const Box &from = boxes_[edge.from], &to = boxes_[edge.to];
    const std::size_t out = layout_.seats[edge.from].column, in = layout_.seats[edge.to].column;
    if (edge.from == edge.to) {  // among its own: a loop at the right
      return {fmt::format("M{} {}c34 -26 34 26 6 14", from.right(), from.middle() - 12),
              from.right(),
              from.middle() + 4,
              false,
              from.right() + 32,
              from.y + 4,
              from.right() + 32,
              from.y + 4};
    }
    if (out < in) return forward(from, to, between);
    if (out == in) {  // within a column: out and in at the right
      const int far = from.right() + 60;
      return {fmt::format("M{} {}C{} {} {} {} {} {}", from.right(), from.middle() + 6, far, from.middle() + 6, far,
                          to.middle() + 6, to.right() + 7, to.middle() + 6),
              to.right(),
              to.middle() + 6,
              false,
              far - 12,
              from.middle() + 10,
              far - 12,
              to.middle() + 10};
    }
    // Back: a little lower than the arrows there, and below what stands between.
    const int dip = 9 + 40 * static_cast<int>(out - in - 1);
    const int bend = std::max(40, (from.x - to.right()) / 3);
    return {fmt::format("M{} {}C{} {} {} {} {} {}", from.x, from.middle() + 9, from.x - bend, from.middle() + dip,
                        to.right() + bend, to.middle() + dip, to.right() + 7, to.middle() + 9),
            to.right(),
            to.middle() + 9,
            false,
            from.x,
            from.middle() + dip * 3 / 4 + 18,
            to.right(),
            to.middle() + dip * 3 / 4 + 18};
  }

  Way forward(const Box& from, const Box& to, const std::vector<Layout::Seat>& between) const {
    std::string path = fmt::format("M{} {}", from.right(), from.middle());
    int x = from.right(), y = from.middle();
    const auto bend_to = [&](int to_x, int to_y) {
      const int half = (to_x - x) / 2;
      path += fmt::format("C{} {} {} {} {} {}", x + half, y, to_x - half, to_y, to_x, to_y);
      x = to_x;
      y = to_y;
    };
    for (const Layout::Seat& seat : between) {
      const Box free = box_at(seat);
      bend_to(free.x, free.middle());
      path += fmt::format("H{}", free.right());
      x = free.right();
    }
    const int last_x = x, last_y = y;
    bend_to(to.x - 7, to.middle());
    return {path, to.x, to.middle(), true, last_x, last_y, to.x, to.middle()};
  }

  // Of what changed, the change: the rest is told by the tooltip.
  static std::string label_of(const GraphEdge& edge) {
    if (edge.state != GraphEdge::State::Changed || (edge.gained.empty() && edge.lost.empty())) {
      return arrow_services(edge);
    }
    std::string out = edge.gained.empty() ? "" : "+ " + services_text(edge.gained);
    if (!edge.lost.empty()) out += (out.empty() ? "- " : "  - ") + services_text(edge.lost);
    return out;
  }

  // In the middle of its piece, or beside it where another text stands there already.
  std::string label(const Way& way, const std::string& text) {
    const int width = static_cast<int>(letters(text)) * 6 + 4;
    Box best;
    for (const int percent : {50, 35, 65, 25, 75, 42, 58}) {
      const double t = percent / 100.0;
      const double along = 1.5 * t * (1 - t) + t * t * t, across = t * t * (3 - 2 * t);  // of the curves drawn here
      Box box{way.begin_x + static_cast<int>((way.end_x - way.begin_x) * along) - width / 2,
              way.begin_y + static_cast<int>((way.end_y - way.begin_y) * across) - 14, width};
      const auto meets = [&](const Box& other) {
        return box.x < other.right() && other.x < box.right() && box.y < other.y + 13 && other.y < box.y + 13;
      };
      if (best.width == 0) best = box;
      if (std::ranges::any_of(labels_, meets)) continue;
      best = box;
      break;
    }
    labels_.push_back(best);
    return fmt::format("<text class=\"services\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                       best.x + width / 2, best.y + 10, xml_text(text));
  }

  std::string arrow(std::size_t index) {
    const GraphEdge& edge = graph_.edges[index];
    const Way way = way_of(edge, layout_.ways[index]);
    const std::string services = arrow_services(edge);
    std::string element = fmt::format(
        "<g class=\"arrow {}{}\" data-from=\"{}\" data-to=\"{}\"><title>{} -&gt; {} : {}</title><path class=\"line\" "
        "d=\"{}\"/><path class=\"tip\" d=\"M{} {}l{} -4.5v9z\"/>",
        state_name(edge.state), edge.all.empty() ? " partly" : "", edge.from, edge.to,
        xml_text(graph_.nodes[edge.from].name), xml_text(graph_.nodes[edge.to].name), xml_text(services), way.path,
        way.tip_x, way.tip_y, way.to_the_right ? -9 : 9);
    if (graph_.edges.size() <= most_labels || edge.state != GraphEdge::State::Same) {
      element += label(way, shortened(label_of(edge), most_services));
    }
    return element + "</g>\n";
  }

  std::string node(std::size_t index) const {
    const GraphNode& node = graph_.nodes[index];
    const Box& box = boxes_[index];
    const bool world = node.is_world();
    return fmt::format(
        "<g class=\"node{}{}\" data-node=\"{}\" data-name=\"{}\"><title>{}{}</title><rect x=\"{}\" y=\"{}\" "
        "width=\"{}\" height=\"{}\" rx=\"{}\"/><text class=\"name\" x=\"{}\" y=\"{}\">{}</text>"
        "<text class=\"below\" x=\"{}\" y=\"{}\">{}</text></g>\n",
        world ? " world" : "", node.focus ? " focus" : "", index, xml_text(node.name), xml_text(node.name),
        node.predicate.empty() ? "" : xml_text("\n" + node.predicate), box.x, box.y, box.width, box_height,
        world ? box_height / 2 : 6, box.x + 14, box.y + 17, xml_text(shortened(node.name, most_letters)), box.x + 14,
        box.y + 31, xml_text(shortened(below(node), most_letters)));
  }

  std::string legend() const {
    std::string out;
    int x = margin;
    for (const auto state : {GraphEdge::State::Gained, GraphEdge::State::Lost, GraphEdge::State::Changed}) {
      const int y = height_ - margin / 2 - 4;
      out += fmt::format(
          "<g class=\"arrow {0}\"><path class=\"line\" d=\"M{1} {2}h26\"/><path class=\"tip\" d=\"M{3} {2}l-9 "
          "-4.5v9z\"/>"
          "</g><text x=\"{4}\" y=\"{5}\">{0}</text>\n",
          state_name(state), x, y, x + 34, x + 42, y + 4);
      x += 120;
    }
    return out;
  }

  const Graph& graph_;
  Layout layout_;
  std::vector<Box> columns_;  // of the first seat of each
  std::vector<Box> boxes_;    // by node
  std::vector<Box> labels_;   // of the services that stand already
  int width_ = 0, height_ = 0;
};

}  // namespace

std::string_view graph_style() {
  return ".weft{--line:#8a97a6;--box:#f4f6f9;--edge:#b9c3cf;--soft:#5b6876;--gained:#1e8449;--lost:#c0392b;--changed:#"
         "b7791f}\n"
         "@media (prefers-color-scheme:dark){.weft{--line:#6d7c8c;--box:#1f262e;--edge:#46525f;--soft:#9aa7b4;"
         "--gained:#58c483;--lost:#ef7c6e;--changed:#e3b04b}}\n"
         ".weft .arrow .line{fill:none;stroke:var(--line);stroke-width:1.4}.weft .arrow .tip{fill:var(--line)}\n"
         ".weft .arrow.partly .line{stroke-dasharray:5 4}.weft .arrow.lost .line{stroke-dasharray:2 3}\n"
         ".weft .arrow.gained{--line:var(--gained)}.weft .arrow.lost{--line:var(--lost)}"
         ".weft .arrow.changed{--line:var(--changed)}\n"
         ".weft .arrow.gained .line,.weft .arrow.lost .line,.weft .arrow.changed .line{stroke-width:2.2}\n"
         ".weft .services{font-size:11px;fill:var(--soft);stroke:var(--paper);stroke-width:4px;paint-order:stroke}\n"
         ".weft .node rect{fill:var(--box);stroke:var(--edge);stroke-width:1.2}"
         ".weft .node.focus rect{stroke:var(--all);stroke-width:3}\n"
         ".weft .node .name{font-weight:600}.weft .node .below{font-size:11px;fill:var(--soft)}\n"
         ".weft .dim{opacity:.12}\n";
}

std::string graph_svg(const Graph& graph) { return Drawer(graph).draw(); }

}  // namespace weft::cli
