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

// Around a focus: as many as can be read, out of as many as are told apart in a moment.
constexpr std::size_t most_near = 60, most_roles = 500;

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
  }

  std::optional<driver::DiffSide> older;
  std::optional<driver::Reachability> before;
  if (!arguments.against.empty()) {
    auto side = older_side(arguments, *compilation, options);
    if (!side) {
      console.messages.tell(side.error());
      return ExitCode::Usage;
    }
    older = std::move(*side);
    console.messages.tell(older->compilation.diagnostics, older->compilation.sources);
    if (!older->compilation.understood) return ExitCode::Usage;
    before.emplace(older->compilation, arguments.now);
  }

  const auto graph_in = [&](std::vector<driver::ReachGroup> in) {
    if (subject) in = driver::with_subject_apart(in, *subject);
    driver::Graph out = before ? driver::graph_against(reachability, *before, in, services)
                               : driver::graph_of(reachability, in, services);
    if (before) in = driver::with_one_world(std::move(in));
    return subject ? driver::focused(out, driver::holds_some(in, *subject), arguments.depth) : out;
  };
  // Near one subject there is room for those that behave alike, where all of them would be too many.
  std::optional<driver::Graph> near;
  if (subject && arguments.by.empty()) {
    auto roles = asked.groups({"roles"});
    if (roles && roles->size() <= most_roles) near = graph_in(std::move(*roles));
    if (near && near->nodes.size() > most_near) near.reset();
  }
  const driver::Graph graph = near ? std::move(*near) : graph_in(std::move(*groups));
  const std::string text = written(*compilation, graph, arguments.format);
  if (arguments.format == GraphArguments::Format::Mermaid) tell_limits_of_mermaid(graph, text, console.messages);
  console.results.write(text);
  return ExitCode::Clean;
}

}  // namespace weft::cli
