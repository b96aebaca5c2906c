#pragma once

#include <string>

#include "driver/graph.h"

namespace weft::cli {

/// "22 connections between 13 groups: 12 workloads and the world"; of two policies what was gained and lost as well.
std::string graph_summary(const driver::Graph& graph);

/// A line for each arrow: "frontend -> cart : tcp/7070", marked `+`, `-` and `~` where two policies are compared.
std::string graph_text(const driver::Graph& graph);
std::string graph_json(const driver::Graph& graph);
/// For `dot` of Graphviz.
std::string graph_dot(const driver::Graph& graph);
/// A flowchart as Mermaid reads it, which GitHub and GitLab draw in comments.
std::string graph_mermaid(const driver::Graph& graph);

/// The services of an arrow for people: "tcp/80; some: tcp/443", shortened where there are many.
std::string arrow_services(const driver::GraphEdge& edge);
/// "same", "gained", "lost" or "changed".
std::string_view state_name(driver::GraphEdge::State state);

}  // namespace weft::cli
