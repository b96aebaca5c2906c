#include "cli/asked.h"

#include <utility>

#include <fmt/format.h>

namespace weft::cli {

std::optional<driver::Compilation> compile_with_peers(const driver::InputNames& inputs, const driver::Options& options,
                                                      std::string_view what_peers_do, Console& console) {
  driver::Compilation compilation = driver::compile(inputs, driver::Goal::Understand, options);
  console.messages.tell(compilation.diagnostics, compilation.sources);
  if (!compilation.understood) return {};
  if (!compilation.has_inventory()) {
    console.messages.tell(
        Error{"W9007", fmt::format("there is no inventory of peers that could {}", what_peers_do),
              "give one with `--inventory FILE`, or name a directory that holds the policy and an `inventory.yaml`"});
    return {};
  }
  return compilation;
}

Asked::Asked(const driver::Reachability& reachability, driver::Compilation& compilation, Console& console)
    : reachability_(reachability), sources_(compilation.sources), console_(console) {}

template <typename Value>
std::optional<Value> Asked::told(Result<Value> found, const Diagnostics& diagnostics) {
  console_.messages.tell(diagnostics, sources_);
  if (found) return std::move(*found);
  if (!found.error().code.empty()) console_.messages.tell(found.error());
  return {};
}

std::optional<std::vector<driver::ReachGroup>> Asked::groups(const driver::Grouping& grouping) {
  return told(reachability_.groups(grouping), {});
}

std::optional<driver::ReachGroup> Asked::subject(const std::string& option, const std::string& text) {
  Diagnostics diagnostics;
  auto found = reachability_.subject(option, text, sources_, diagnostics);
  return told(std::move(found), diagnostics);
}

std::optional<model::PointSet> Asked::services(const std::string& option, const std::string& text) {
  Diagnostics diagnostics;
  auto found = reachability_.services(option, text, sources_, diagnostics);
  return told(std::move(found), diagnostics);
}

}  // namespace weft::cli
