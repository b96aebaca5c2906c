#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "cli/reach_report.h"
#include "cli/test_text.h"

namespace weft::cli {
namespace {

using What = ReachArguments::What;

std::string open_to(const driver::ReachEdge& edge) {
  std::string out = edge.all.empty() ? "" : services_text(edge.all);
  if (edge.some.empty()) return out;
  if (!out.empty()) out += "; ";
  return out + fmt::format("{} ({} of {} pairs)", services_text(edge.some), edge.open_pairs, edge.pairs);
}

std::string heading(const driver::ReachGroup& group) {
  const std::string name = printable(group.name);
  return group.members.empty() ? name : fmt::format("{} ({})", name, driver::size_of(group));
}

// One line for destinations that are open alike: names to the left, services to the right.
std::string lines_of(const std::vector<std::pair<std::string, std::string>>& lines) {
  constexpr std::size_t most = 48;  // a longer list of names does not push the services of others away
  std::size_t width = 0;
  for (const auto& [names, services] : lines) {
    if (names.size() <= most) width = std::max(width, names.size());
  }
  std::string out;
  for (const auto& [names, services] : lines) out += fmt::format("  -> {:<{}} : {}\n", names, width, services);
  return out;
}

std::string edges_of(const driver::Reach& reach, std::size_t from, const std::vector<const driver::ReachEdge*>& edges) {
  std::vector<std::string> order;
  std::map<std::string, std::vector<std::size_t>> by_services;
  for (const driver::ReachEdge* edge : edges) {
    const auto [found, fresh] = by_services.try_emplace(open_to(*edge));
    if (fresh) order.push_back(found->first);
    found->second.push_back(edge->to);
  }
  std::vector<std::pair<std::string, std::string>> lines;
  for (const std::string& services : order) {
    const std::vector<std::size_t>& to = by_services[services];
    std::vector<std::string> names;
    for (const std::size_t at : to) names.push_back(printable(reach.destinations[at].name));
    const bool everybody = to.size() > 2 && to.size() == reach.destinations.size();
    lines.emplace_back(everybody ? "everybody" : fmt::format("{}", fmt::join(names, ", ")), services);
  }
  return heading(reach.sources[from]) + "\n" + lines_of(lines);
}

std::string groups_text(const driver::Reach& reach) {
  std::string out;
  std::vector<std::string> silent;
  for (std::size_t from = 0; from < reach.sources.size(); ++from) {
    std::vector<const driver::ReachEdge*> edges;
    for (const driver::ReachEdge& edge : reach.edges) {
      if (edge.from == from) edges.push_back(&edge);
    }
    if (edges.empty()) {
      silent.push_back(printable(reach.sources[from].name));
    } else {
      out += edges_of(reach, from, edges) + "\n";
    }
  }
  if (!silent.empty() && reach.destinations.size() == 1 && !reach.destinations[0].members.empty()) {
    // The question was about one subject.
    return out + fmt::format("Nobody else reaches {}.\n\n", printable(reach.destinations[0].name));
  }
  if (!silent.empty()) out += fmt::format("reach nobody: {}\n\n", fmt::join(silent, ", "));
  return out;
}

std::string exposed_text(const driver::Reach& reach) {
  std::string in, out;
  for (const driver::ReachEdge& edge : reach.edges) {
    const driver::ReachGroup& from = reach.sources[edge.from];
    const driver::ReachGroup& to = reach.destinations[edge.to];
    std::string& into = from.members.empty() ? in : out;
    into += fmt::format("  {} -> {} : {}\n", printable(from.name), printable(to.name), open_to(edge));
  }
  return fmt::format("The world may reach:\n{}\nThe world may be reached by:\n{}\n", in.empty() ? "  nobody\n" : in,
                     out.empty() ? "  nobody\n" : out);
}

std::string chains_text(const ReachReport& report) {
  std::string out;
  std::size_t from = report.reach.sources.size();
  for (const driver::Chained& chained : report.chains) {
    if (chained.from != from) {
      out += (out.empty() ? "" : "\n") + heading(report.reach.sources[chained.from]) + "\n";
      from = chained.from;
    }
    const driver::ReachGroup& to = report.reach.destinations[chained.to];
    const std::string share =
        chained.of == 1 || chained.reached == chained.of ? "" : fmt::format(" ({} of {})", chained.reached, chained.of);
    const bool several = chained.lengths.size() > 1;
    out += fmt::format("  ~> {}{} in {}\n", printable(to.name), share,
                       several ? fmt::format("{} to {} hops", chained.lengths.front().chain.size(),
                                             chained.lengths.back().chain.size())
                               : counted(chained.lengths.front().chain.size(), "hop", "hops"));
    for (const driver::ChainsOfLength& length : chained.lengths) {
      if (several) {
        out += fmt::format("     {} in {}\n", length.reached, counted(length.chain.size(), "hop", "hops"));
      }
      for (const driver::ChainHop& hop : length.chain) {
        out +=
            fmt::format("       {} -> {} : {}\n", printable(hop.from), printable(hop.to), services_text(hop.services));
      }
    }
  }
  return out.empty() ? out : out + "\n";
}

std::string radius_text(const ReachReport& report) {
  std::string out;
  std::size_t width = 0;
  for (const driver::Radius& radius : report.radii.by_group) {
    width = std::max(width, heading(report.reach.sources[radius.group]).size());
  }
  for (const driver::Radius& radius : report.radii.by_group) {
    const std::string count =
        radius.least == radius.most ? std::to_string(radius.most) : fmt::format("{} to {}", radius.least, radius.most);
    std::vector<std::string> names;
    for (const std::size_t group : radius.reached) names.push_back(printable(report.reach.sources[group].name));
    constexpr std::size_t shown = 8;
    if (names.size() > shown) {
      const std::size_t more = names.size() - shown;
      names.resize(shown);
      names.push_back(fmt::format("{} more groups", more));
    }
    out += fmt::format("  {:<{}}  reaches {} of {}{}{}\n", heading(report.reach.sources[radius.group]), width, count,
                       report.radii.peers - 1, names.empty() ? "" : ": ", fmt::join(names, ", "));
  }
  return out + "\n";
}

}  // namespace

std::string services_text(const model::PointSet& points) {
  std::string out = to_string(points);
  constexpr std::size_t most = 160;
  if (out.size() <= most) return out;
  const std::size_t cut = out.rfind(", ", most);
  const auto more = std::ranges::count(out.substr(cut + 1), ',') + 1;
  return fmt::format("{} and {} more", out.substr(0, cut), more);
}

std::string summary_of(const ReachReport& report) {
  std::size_t workloads = 0, nodes = 0;
  for (const model::Instance& instance : report.inventory->instances) {
    if (instance.host) continue;
    ++(instance.peer.kind == model::PeerKind::Node ? nodes : workloads);
  }
  const std::string who = nodes == 0 ? counted(workloads, "workload", "workloads")
                                     : fmt::format("{} and {}", counted(workloads, "workload", "workloads"),
                                                   counted(nodes, "node", "nodes"));
  const std::string groups =
      counted(std::max(report.reach.sources.size(), report.reach.destinations.size()), "group", "groups");
  switch (report.what) {
    case What::Groups:
    case What::Exposed:
      return fmt::format("{} in {}; {} may talk", who, groups,
                         counted(report.reach.edges.size(), "pair of groups", "pairs of groups"));
    case What::Chains:
      return fmt::format("{} in {}; chains lead through {}", who, groups,
                         counted(report.chains.size(), "pair of groups", "pairs of groups"));
    case What::BlastRadius:
      return fmt::format("{} in {}", who, groups);
  }
  return who;
}

std::string text_of(const ReachReport& report) {
  std::string out;
  switch (report.what) {
    case What::Groups:
      out = report.reach.edges.empty() ? "" : groups_text(report.reach);
      break;
    case What::Exposed:
      out = exposed_text(report.reach);
      break;
    case What::Chains:
      out = chains_text(report);
      break;
    case What::BlastRadius:
      out = radius_text(report);
      break;
  }
  if (out.empty()) out = "Nothing is open there.\n\n";
  return out + summary_of(report) + "\n";
}

}  // namespace weft::cli
