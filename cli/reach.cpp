#include "driver/reach.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/reach_report.h"
#include "driver/codes.h"
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

// Asks for subjects and services, and tells what is wrong with them.
class Asked {
 public:
  Asked(const driver::Reachability& reachability, Sources& sources, Console& console)
      : reachability_(reachability), sources_(sources), console_(console) {}

  std::optional<std::vector<driver::ReachGroup>> subject(const std::string& option, const std::string& text) {
    Diagnostics diagnostics;
    auto group = reachability_.subject(option, text, sources_, diagnostics);
    console_.messages.tell(diagnostics, sources_);
    if (group) return std::vector{std::move(*group)};
    if (!group.error().code.empty()) console_.messages.tell(group.error());
    return {};
  }

  std::optional<model::PointSet> services(const std::string& text) {
    Diagnostics diagnostics;
    auto points = reachability_.services("--service", text, sources_, diagnostics);
    console_.messages.tell(diagnostics, sources_);
    if (points) return std::move(*points);
    if (!points.error().code.empty()) console_.messages.tell(points.error());
    return {};
  }

 private:
  const driver::Reachability& reachability_;
  Sources& sources_;
  Console& console_;
};

void keep_exposed(driver::Reach& reach) {
  std::erase_if(reach.edges, [&](const driver::ReachEdge& edge) {
    return reach.sources[edge.from].members.empty() == reach.destinations[edge.to].members.empty();
  });
}

}  // namespace

ExitCode run(const ReachArguments& arguments, Console& console) {
  driver::Options options;
  options.now = arguments.now;
  driver::Compilation compilation = driver::compile(arguments.inputs, driver::Goal::Understand, options);
  console.messages.tell(compilation.diagnostics, compilation.sources);
  if (!compilation.understood) return ExitCode::Usage;
  if (!compilation.has_inventory()) {
    console.messages.tell(Error{"W9007", "there is no inventory of peers that could reach one another",
                                "give one with `--inventory FILE`, or keep it as `inventory.yaml` beside the policy"});
    return ExitCode::Usage;
  }

  const driver::Reachability reachability(compilation, arguments.now);
  Asked asked(reachability, compilation.sources, console);
  auto groups = reachability.groups({arguments.by});
  if (!groups) {
    console.messages.tell(groups.error());
    return ExitCode::Usage;
  }
  std::vector<driver::ReachGroup> sources = *groups, destinations = *groups;
  for (const auto& [option, text, into] :
       {std::tuple("--from", &arguments.from, &sources), std::tuple("--to", &arguments.to, &destinations)}) {
    if (text->empty()) continue;
    auto subject = asked.subject(option, *text);
    if (!subject) return ExitCode::Usage;
    *into = std::move(*subject);
  }
  std::optional<model::PointSet> services;
  if (!arguments.service.empty()) {
    services = asked.services(arguments.service);
    if (!services) return ExitCode::Usage;
  }

  ReachReport report{arguments.what, {}, {}, {}, &compilation.inventory};
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
