#include <utility>

#include <fmt/format.h>

#include "cli/asked.h"
#include "cli/commands.h"
#include "cli/graph_drawing.h"
#include "cli/graph_text.h"
#include "cli/html_report.h"
#include "driver/diff_side.h"
#include "driver/graph.h"

namespace weft::cli {
namespace {

using Format = GraphArguments::Format;

std::string written(const driver::Compilation& compilation, const driver::Graph& graph, Format format) {
  switch (format) {
    case Format::Text:
      return graph_text(graph);
    case Format::Json:
      return graph_json(graph);
    case Format::Dot:
      return graph_dot(graph);
    case Format::Svg:
      return graph_svg(graph);
    case Format::Mermaid:
      return graph_mermaid(graph);
    case Format::Html:
      return html_report(compilation, graph);
  }
  return "";
}

// Mermaid refuses more unless its page raises the limits, which no text it is given may do (its configuration:
// maxEdges, maxTextSize, secure).
void tell_limits_of_mermaid(const driver::Graph& graph, std::string_view text, const Messages& messages) {
  constexpr std::size_t most_edges = 500, most_letters = 50'000;
  if (graph.edges.size() <= most_edges && text.size() <= most_letters) return;
  messages.note(fmt::format(
      "note: mermaid draws {} arrows and {} letters at most where nobody raised its limits, as on GitHub; these are {} "
      "and {}: `--focus`, `--by` or `--service` make fewer",
      most_edges, most_letters, graph.edges.size(), text.size()));
}

// The old policy with the inventory of the new one: the same peers, numbered the same.
Result<driver::DiffSide> older_side(const GraphArguments& arguments, const driver::Compilation& compilation,
                                    const driver::Options& options) {
  auto names = driver::find_side(arguments.against, arguments.inputs.policies);
  if (!names) return std::unexpected(std::move(names.error()));
  driver::InputNames& out = names->inputs;
  out.look_for_inventory = false;
  for (const SourceId source : compilation.files.inventories) {
    const Source& file = compilation.sources[source];
    out.inventories.push_back(file.name());
    out.texts.emplace(file.name(), file.text());
  }
  return driver::compile_side(std::move(*names), options);
}

}  // namespace

ExitCode run(const GraphArguments& arguments, Console& console) {
  driver::Options options;
  options.now = arguments.now;
  auto compilation = compile_with_peers(arguments.inputs, options, "talk to one another", console);
  if (!compilation) return ExitCode::Usage;
  const driver::Reachability reachability(*compilation, arguments.now);
  Asked asked(reachability, *compilation, console);
  auto groups = asked.groups({arguments.by});
  if (!groups) return ExitCode::Usage;
  std::optional<model::PointSet> services;
  if (!arguments.service.empty()) {
    services = asked.services("--service", arguments.service);
    if (!services) return ExitCode::Usage;
  }

  std::optional<driver::ReachGroup> subject;
  if (!arguments.focus.empty()) {
    subject = asked.subject("--focus", arguments.focus);
    if (!subject) return ExitCode::Usage;
    *groups = driver::with_subject_apart(*groups, *subject);
  }

  driver::Graph graph;
  if (arguments.against.empty()) {
    graph = driver::graph_of(reachability, *groups, services);
  } else {
    const auto side = older_side(arguments, *compilation, options);
    if (!side) {
      console.messages.tell(side.error());
      return ExitCode::Usage;
    }
    const driver::Compilation& older = side->compilation;
    console.messages.tell(older.diagnostics, older.sources);
    if (!older.understood) return ExitCode::Usage;
    const driver::Reachability before(older, arguments.now);
    graph = driver::graph_against(reachability, before, *groups, services);
    *groups = driver::with_one_world(std::move(*groups));
  }
  if (subject) graph = driver::focused(graph, driver::holds_some(*groups, *subject), arguments.depth);
  const std::string text = written(*compilation, graph, arguments.format);
  if (arguments.format == GraphArguments::Format::Mermaid) tell_limits_of_mermaid(graph, text, console.messages);
  console.results.write(text);
  return ExitCode::Clean;
}

}  // namespace weft::cli
