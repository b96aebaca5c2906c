#include "cli/graph_drawing.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "cli/drawing.h"
#include "cli/graph_picture.h"
#include "cli/graph_text.h"
#include "cli/text_width.h"
#include "cli/xml.h"

namespace weft::cli {
namespace {

using driver::Graph;
using driver::GraphEdge;
using driver::GraphNode;

constexpr int legend_height = 30;

std::string path_of(const GraphPicture::Arrow& arrow) {
  std::string out = fmt::format("M{} {}", arrow.x, arrow.y);
  int x = arrow.x, y = arrow.y;
  for (const GraphPicture::Step& step : arrow.steps) {
    if (step.y == y && step.leaving_x == step.arriving_x && step.x == step.leaving_x) {
      if (step.x != x) out += fmt::format("H{}", step.x);
    } else {
      out += fmt::format("C{} {} {} {} {} {}", step.leaving_x, y, step.arriving_x, step.y, step.x, step.y);
    }
    x = step.x;
    y = step.y;
  }
  return out;
}

std::string arrow_of(const Graph& graph, std::size_t index, const GraphPicture::Arrow& arrow) {
  const GraphEdge& edge = graph.edges[index];
  const GraphPicture::Step& end = arrow.steps.back();
  const GraphPicture::Rect& label = arrow.label_rect;
  std::string out = fmt::format(
      "<g class=\"arrow {}{}\" data-from=\"{}\" data-to=\"{}\"><title>{} -&gt; {} : {}</title><path class=\"line\" "
      "d=\"{}\"/><path class=\"tip\" d=\"M{} {}l{} -4.5v9z\"/>",
      state_name(edge.state), edge.all.empty() ? " partly" : "", edge.from, edge.to,
      xml_text(graph.nodes[edge.from].name), xml_text(graph.nodes[edge.to].name), xml_text(arrow_services(edge)),
      path_of(arrow), end.x + (arrow.to_the_right ? 7 : -7), end.y, arrow.to_the_right ? -9 : 9);
  if (!arrow.label.empty()) {
    // It interrupts its line. In a narrower font it stands at the side of the box just the same.
    out += fmt::format(
        "<rect class=\"paper\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>"
        "<text class=\"services\" x=\"{}\" y=\"{}\"{}>{}</text>",
        label.x - 2, label.y, label.width + 4, label.height, arrow.to_the_right ? label.right() : label.x,
        label.middle() + 4, arrow.to_the_right ? " text-anchor=\"end\"" : "", xml_text(arrow.label));
  }
  return out + "</g>\n";
}

std::string node_of(const GraphNode& node, std::size_t index, const GraphPicture::Box& box) {
  const bool world = node.is_world();
  const GraphPicture::Rect& rect = box.rect;
  return fmt::format(
      "<g class=\"node{}{}\" data-node=\"{}\" data-name=\"{}\"><title>{}{}</title><rect x=\"{}\" y=\"{}\" width=\"{}\" "
      "height=\"{}\" rx=\"{}\"/><text class=\"name\" x=\"{}\" y=\"{}\">{}</text><text class=\"below\" x=\"{}\" "
      "y=\"{}\">{}</text></g>\n",
      world ? " world" : "", node.focus ? " focus" : "", index, xml_text(node.name), xml_text(node.name),
      node.predicate.empty() ? "" : xml_text("\n" + node.predicate), rect.x, rect.y, rect.width, rect.height,
      world ? 19 : 6, rect.x + 14, rect.middle() - 2, xml_text(box.name), rect.x + 14, rect.middle() + 12,
      xml_text(box.below));
}

struct LegendEntry {
  std::string_view style;
  std::string_view text;
};

std::vector<LegendEntry> legend_of(const Graph& graph) {
  std::vector<LegendEntry> out;
  if (graph.compared) out = {{"gained", "gained"}, {"lost", "lost"}, {"changed", "changed"}};
  if (std::ranges::any_of(graph.edges, [](const GraphEdge& edge) {
        return edge.all.empty() && edge.state != GraphEdge::State::Lost;
      })) {
    out.push_back({"same partly", "between some of the members only"});
  }
  return out;
}

int width_of(const LegendEntry& entry) {
  return 42 + static_cast<int>(std::ceil(text_width(entry.text, name_size))) + 24;
}

std::string drawn(const std::vector<LegendEntry>& legend, int y) {
  std::string out;
  int x = GraphPicture::margin;
  for (const LegendEntry& entry : legend) {
    out += fmt::format(
        "<g class=\"arrow {}\"><path class=\"line\" d=\"M{} {}h26\"/><path class=\"tip\" d=\"M{} {}l-9 -4.5v9z\"/></g>"
        "<text x=\"{}\" y=\"{}\">{}</text>\n",
        entry.style, x, y, x + 34, y, x + 42, y + 4, entry.text);
    x += width_of(entry);
  }
  return out;
}

}  // namespace

std::string graph_svg(const Graph& graph) {
  const GraphPicture picture = picture_of(graph);
  const std::vector<LegendEntry> legend = legend_of(graph);
  int legend_width = 2 * GraphPicture::margin;
  for (const LegendEntry& entry : legend) legend_width += width_of(entry);
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"weft graph\" width=\"{0}\" height=\"{1}\" "
      "viewBox=\"0 0 {0} {1}\" role=\"img\">\n<title>{2}</title>\n<style>{3}{4}</style>\n"
      "<rect class=\"paper\" width=\"{0}\" height=\"{1}\"/>\n",
      std::max(picture.width, legend_width), picture.height + (legend.empty() ? 0 : legend_height),
      xml_text(graph_summary(graph)), drawing_style(), graph_style());
  // What changed lies on what did not, where lines share their way.
  for (const bool changed : {false, true}) {
    for (std::size_t i = 0; i < graph.edges.size(); ++i) {
      if ((graph.edges[i].state != GraphEdge::State::Same) == changed) out += arrow_of(graph, i, picture.arrows[i]);
    }
  }
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) out += node_of(graph.nodes[i], i, picture.boxes[i]);
  return out + drawn(legend, picture.height) + "</svg>\n";
}

std::string_view graph_style() {
  return ".weft{--line:#8a97a6;--box:#f4f6f9;--edge:#b9c3cf;--soft:#5b6876}\n"
         "@media (prefers-color-scheme:dark){.weft{--line:#6d7c8c;--box:#1f262e;--edge:#46525f;--soft:#9aa7b4}}\n"
         ".weft .arrow .line{fill:none;stroke:var(--line);stroke-width:1.4}.weft .arrow .tip{fill:var(--line)}\n"
         ".weft .arrow.partly .line{stroke-dasharray:5 4}.weft .arrow.lost .line{stroke-dasharray:2 3}\n"
         ".weft .arrow.gained{--line:var(--gained)}.weft .arrow.lost{--line:var(--lost)}"
         ".weft .arrow.changed{--line:var(--changed)}\n"
         ".weft .arrow.gained .line,.weft .arrow.lost .line,.weft .arrow.changed .line{stroke-width:2.2}\n"
         ".weft .services{font-size:11px;fill:var(--soft)}\n"
         ".weft .node rect{fill:var(--box);stroke:var(--edge);stroke-width:1.2}"
         ".weft .node.focus rect{stroke:var(--all);stroke-width:3}\n"
         ".weft .node .name{font-weight:600}.weft .node .below{font-size:11px;fill:var(--soft)}\n"
         ".weft .arrow:hover .line{stroke:var(--all);stroke-width:3}.weft .arrow:hover .tip{fill:var(--all)}\n"
         ".weft .dim{opacity:.12}\n";
}

}  // namespace weft::cli
