#include "driver/reach.h"

#include <algorithm>
#include <utility>

#include "cli/asked.h"
#include "cli/commands.h"
#include "cli/reach_report.h"
#include "driver/compile.h"
#include "driver/reach_chains.h"

namespace weft::cli {
namespace {

using Format = ReachArguments::Format;
using What = ReachArguments::What;

std::string written(const ReachReport& report, Format format) {
  switch (format) {
    case Format::Text:
      return text_of(report);
    case Format::Json:
      return json_of(report);
    case Format::Csv:
      return csv_of(table_of(report));
    case Format::Markdown:
      return markdown_of(table_of(report));
    case Format::Dot:
      return dot_of(report);
    case Format::Svg:
      return svg_of(report);
    case Format::Html:
      return html_of(report);
  }
  return "";
}

void keep_exposed(driver::Reach& reach) {
  std::erase_if(reach.edges, [&](const driver::ReachEdge& edge) {
    return reach.sources[edge.from].members.empty() == reach.destinations[edge.to].members.empty();
  });
}

}  // namespace

ExitCode run(const ReachArguments& arguments, Console& console) {
  driver::Options options;
  options.now = arguments.now;
  auto compilation = compile_with_peers(arguments.inputs, options, "reach one another", console);
  if (!compilation) return ExitCode::Usage;

  const driver::Reachability reachability(*compilation, arguments.now);
  Asked asked(reachability, *compilation, console);
  auto groups = asked.groups({arguments.by});
  if (!groups) return ExitCode::Usage;
  std::vector<driver::ReachGroup> sources = *groups, destinations = *groups;
  for (const auto& [option, text, into] :
       {std::tuple("--from", &arguments.from, &sources), std::tuple("--to", &arguments.to, &destinations)}) {
    if (text->empty()) continue;
    auto subject = asked.subject(option, *text);
    if (!subject) return ExitCode::Usage;
    *into = {std::move(*subject)};
  }
  std::optional<model::PointSet> services;
  if (!arguments.service.empty()) {
    services = asked.services("--service", arguments.service);
    if (!services) return ExitCode::Usage;
  }

  // What nobody asked to be grouped otherwise is grouped as it behaves towards what was asked about.
  if (arguments.by.empty() && arguments.from.empty() != arguments.to.empty()) {
    const bool from = arguments.to.empty();
    if (arguments.what == What::Groups) {
      (from ? destinations : sources) = reachability.groups_towards(
          from ? sources[0] : destinations[0], from ? model::Direction::Egress : model::Direction::Ingress, services);
    } else if (arguments.what == What::Chains && from) {
      destinations = driver::groups_by_chains(reachability, sources[0]);
    }
  } else if (arguments.by.empty() && arguments.from.empty() && arguments.what == What::Exposed) {
    sources = destinations = reachability.groups_towards_world(services);
  }

  ReachReport report{arguments.what, {}, {}, {}, &compilation->inventory};
  switch (arguments.what) {
    case What::Groups:
    case What::Exposed:
      report.reach = reachability.between(std::move(sources), std::move(destinations), services);
      if (arguments.what == What::Exposed) keep_exposed(report.reach);
      break;
    case What::Chains:
      report.chains = driver::chains(reachability, sources, destinations, arguments.now);
      report.reach = {std::move(sources), std::move(destinations), {}};
      break;
    case What::BlastRadius:
      report.radii = driver::radii(reachability, sources);
      report.reach = {std::move(sources), std::move(destinations), {}};
      break;
  }
  console.results.write(written(report, arguments.format));
  return ExitCode::Clean;
}

}  // namespace weft::cli
