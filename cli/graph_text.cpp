#include "cli/graph_text.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/reach_report.h"
#include "cli/test_text.h"

namespace weft::cli {
namespace {

using Json = nlohmann::ordered_json;
using driver::Graph;
using driver::GraphEdge;
using driver::GraphNode;

std::string sized(const GraphNode& node) {
  if (node.is_world()) return node.name;
  return node.members.size() == 1 ? node.name : fmt::format("{} ({})", node.name, node.members.size());
}

std::string written(const model::PointSet& points) { return points.empty() ? "" : model::to_string(points); }

// Mermaid knows entities of its own; what could end a text or begin markup is written as one.
std::string mermaid_text(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view(" ./:,-_=()").contains(c) || static_cast<unsigned char>(c) >= 0x80;
    out += plain ? std::string(1, c) : fmt::format("#{};", static_cast<int>(c));
  }
  return out;
}

std::string_view mark(GraphEdge::State state) {
  switch (state) {
    case GraphEdge::State::Same:
      return "  ";
    case GraphEdge::State::Gained:
      return "+ ";
    case GraphEdge::State::Lost:
      return "- ";
    case GraphEdge::State::Changed:
      return "~ ";
  }
  return "";
}

std::string_view color(GraphEdge::State state) {
  switch (state) {
    case GraphEdge::State::Same:
      return "";
    case GraphEdge::State::Gained:
      return "#2a8a4a";
    case GraphEdge::State::Lost:
      return "#c0392b";
    case GraphEdge::State::Changed:
      return "#b7791f";
  }
  return "";
}

}  // namespace

std::string_view state_name(GraphEdge::State state) {
  static constexpr std::string_view names[] = {"same", "gained", "lost", "changed"};
  return names[static_cast<std::size_t>(state)];
}

std::string arrow_services(const GraphEdge& edge) {
  if (edge.state == GraphEdge::State::Lost) return "was " + services_text(edge.lost);
  std::string out = edge.all.empty() ? "" : services_text(edge.all);
  if (!edge.some.empty()) out += fmt::format("{}some: {}", out.empty() ? "" : "; ", services_text(edge.some));
  if (edge.state != GraphEdge::State::Changed) return out;
  if (!edge.gained.empty()) out += "; new: " + services_text(edge.gained);
  if (!edge.lost.empty()) out += "; gone: " + services_text(edge.lost);
  return out;
}

std::string graph_summary(const Graph& graph) {
  // Somebody may be in several groups.
  std::set<model::InstanceId> workloads, nodes;
  bool world = false;
  for (const GraphNode& node : graph.nodes) {
    if (node.is_world()) world = true;
    (node.kind == model::PeerKind::Node ? nodes : workloads).insert(node.members.begin(), node.members.end());
  }
  std::string out = fmt::format("{} between {}", counted(graph.edges.size(), "connection", "connections"),
                                counted(graph.nodes.size(), "group", "groups"));
  std::vector<std::string> whom;
  if (!workloads.empty()) whom.push_back(counted(workloads.size(), "workload", "workloads"));
  if (!nodes.empty()) whom.push_back(counted(nodes.size(), "node", "nodes"));
  if (world) whom.push_back("the world");
  for (std::size_t i = 0; i < whom.size(); ++i) {
    out += (i == 0 ? ": " : i + 1 == whom.size() ? " and " : ", ") + whom[i];
  }
  if (!graph.compared) return out;
  const auto count = [&](GraphEdge::State state) { return std::ranges::count(graph.edges, state, &GraphEdge::state); };
  return out + fmt::format("; {} gained, {} lost, {} changed", count(GraphEdge::State::Gained),
                           count(GraphEdge::State::Lost), count(GraphEdge::State::Changed));
}

std::string graph_text(const Graph& graph) {
  std::string out;
  for (const GraphEdge& edge : graph.edges) {
    out += fmt::format("{}{} -> {} : {}\n", graph.compared ? mark(edge.state) : "", graph.nodes[edge.from].name,
                       graph.nodes[edge.to].name, arrow_services(edge));
  }
  return out + graph_summary(graph) + "\n";
}

std::string graph_json(const Graph& graph) {
  static constexpr std::string_view kinds[] = {"workload", "node", "world"};
  Json out;
  out["nodes"] = Json::array();
  for (const GraphNode& node : graph.nodes) {
    Json each{
        {"name", node.name}, {"kind", kinds[static_cast<std::size_t>(node.kind)]}, {"members", node.members.size()}};
    if (!node.predicate.empty()) each["selector"] = node.predicate;
    if (!node.example.empty()) each["example"] = node.example;
    if (node.focus) each["focus"] = true;
    out["nodes"].push_back(std::move(each));
  }
  out["edges"] = Json::array();
  for (const GraphEdge& edge : graph.edges) {
    Json each{{"from", graph.nodes[edge.from].name},
              {"to", graph.nodes[edge.to].name},
              {"services", written(edge.all)},
              {"some", written(edge.some)}};
    if (graph.compared) {
      each["state"] = state_name(edge.state);
      each["gained"] = written(edge.gained);
      each["lost"] = written(edge.lost);
    }
    out["edges"].push_back(std::move(each));
  }
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string graph_dot(const Graph& graph) {
  std::string out =
      "digraph weft {\n  rankdir=LR;\n  node [shape=box, style=\"rounded,filled\", fillcolor=\"#f4f6f9\", "
      "fontname=\"sans-serif\"];\n  edge [fontname=\"sans-serif\", fontsize=10, color=\"#607080\"];\n";
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const GraphNode& node = graph.nodes[i];
    std::string more;
    if (node.is_world()) more += ", shape=ellipse";
    if (node.focus) more += ", penwidth=2.5";
    if (!node.predicate.empty()) more += fmt::format(", tooltip={}", in_quotes(printable(node.predicate)));
    out += fmt::format("  n{} [label={}{}];\n", i, in_quotes(printable(sized(node))), more);
  }
  for (const GraphEdge& edge : graph.edges) {
    const std::string_view tint = color(edge.state);
    std::string more;
    if (edge.state == GraphEdge::State::Lost || edge.all.empty()) more += ", style=dashed";
    if (!tint.empty()) more += fmt::format(", color=\"{0}\", fontcolor=\"{0}\", penwidth=2", tint);
    out += fmt::format("  n{} -> n{} [label={}{}];\n", edge.from, edge.to, in_quotes(printable(arrow_services(edge))),
                       more);
  }
  return out + "}\n";
}

std::string graph_mermaid(const Graph& graph) {
  std::string out = "flowchart LR\n";
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const GraphNode& node = graph.nodes[i];
    const bool world = node.is_world();
    out += fmt::format("  n{}{}\"{}\"{}{}\n", i, world ? "([" : "[", mermaid_text(sized(node)), world ? "])" : "]",
                       node.focus ? ":::focus" : "");
  }
  std::string styles;
  for (std::size_t i = 0; i < graph.edges.size(); ++i) {
    const GraphEdge& edge = graph.edges[i];
    const bool dashed = edge.state == GraphEdge::State::Lost || edge.all.empty();
    out += fmt::format("  n{} {}|\"{}\"| n{}\n", edge.from, dashed ? "-.->" : "-->", mermaid_text(arrow_services(edge)),
                       edge.to);
    if (const std::string_view tint = color(edge.state); !tint.empty()) {
      styles += fmt::format("  linkStyle {} stroke:{},stroke-width:2px\n", i, tint);
    }
  }
  out += styles;
  const bool focus = std::ranges::any_of(graph.nodes, &GraphNode::focus);
  return focus ? out + "  classDef focus stroke-width:3px\n" : out;
}

}  // namespace weft::cli
