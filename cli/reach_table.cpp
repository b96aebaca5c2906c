#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "cli/reach_report.h"

namespace weft::cli {
namespace {

using Json = nlohmann::ordered_json;
using What = ReachArguments::What;

std::string chain_text(const std::vector<driver::ChainHop>& chain) {
  std::vector<std::string> hops;
  for (const driver::ChainHop& hop : chain) {
    hops.push_back(fmt::format("{} -> {} : {}", hop.from, hop.to, services_text(hop.services)));
  }
  return fmt::format("{}", fmt::join(hops, "; "));
}

std::string services_or_nothing(const model::PointSet& points) { return points.empty() ? "" : to_string(points); }

std::string csv_cell(const std::string& text) {
  // A spreadsheet would take these for formulas.
  const bool formula = !text.empty() && std::string_view("=+-@\t\r").contains(text[0]);
  if (!formula && text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = formula ? "\"'" : "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

std::string markdown_cell(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n' || c == '\r') {
      out += ' ';
    } else {
      if (std::string_view("|\\`*_{}[]<>~").contains(c)) out += '\\';
      out += c;
    }
  }
  return out;
}

Json json_of(const model::PointSet& points) {
  Json out = Json::array();
  if (points.empty()) return out;
  const std::string text = to_string(points);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(", ", at), text.size());
    out.push_back(text.substr(at, end - at));
    at = end + 2;
  }
  return out;
}

Json json_of(const std::vector<driver::ReachGroup>& groups, const model::Inventory& inventory) {
  Json out = Json::array();
  for (const driver::ReachGroup& group : groups) {
    Json members = Json::array();
    for (const model::InstanceId member : group.members) members.push_back(inventory[member].name);
    Json row{{"name", group.name}, {"kind", to_string(group.kind)}};
    if (!group.predicate.empty()) row["predicate"] = group.predicate;
    row["members"] = std::move(members);
    for (const model::Address& address : group.addresses) row["addresses"].push_back(to_string(address));
    out.push_back(std::move(row));
  }
  return out;
}

}  // namespace

ReachTable table_of(const ReachReport& report) {
  const driver::Reach& reach = report.reach;
  ReachTable out;
  switch (report.what) {
    case What::Groups:
    case What::Exposed:
      out.header = {"from", "to", "services", "services of some", "pairs", "open pairs"};
      for (const driver::ReachEdge& edge : reach.edges) {
        out.rows.push_back({reach.sources[edge.from].name, reach.destinations[edge.to].name,
                            services_or_nothing(edge.all), services_or_nothing(edge.some), std::to_string(edge.pairs),
                            std::to_string(edge.open_pairs)});
      }
      break;
    case What::Chains:
      out.header = {"from", "to", "reached", "of", "hops", "chain"};
      for (const driver::Chained& chained : report.chains) {
        for (const driver::ChainsOfLength& length : chained.lengths) {
          out.rows.push_back({reach.sources[chained.from].name, reach.destinations[chained.to].name,
                              std::to_string(length.reached), std::to_string(chained.of),
                              std::to_string(length.chain.size()), chain_text(length.chain)});
        }
      }
      break;
    case What::BlastRadius:
      out.header = {"group", "members", "reach at least", "reach at most", "of", "groups reached"};
      for (const driver::Radius& radius : report.radii.by_group) {
        const driver::ReachGroup& group = reach.sources[radius.group];
        std::vector<std::string> names;
        for (const std::size_t other : radius.reached) names.push_back(reach.sources[other].name);
        out.rows.push_back({group.name, std::to_string(group.members.size()), std::to_string(radius.least),
                            std::to_string(radius.most), std::to_string(report.radii.peers - 1),
                            fmt::format("{}", fmt::join(names, ", "))});
      }
      break;
  }
  return out;
}

std::string csv_of(const ReachTable& table) {
  std::string out;
  const auto line = [&](const std::vector<std::string>& cells) {
    for (std::size_t i = 0; i < cells.size(); ++i) out += (i == 0 ? "" : ",") + csv_cell(cells[i]);
    out += "\n";
  };
  line(table.header);
  for (const std::vector<std::string>& row : table.rows) line(row);
  return out;
}

std::string markdown_of(const ReachTable& table) {
  std::string out;
  const auto line = [&](const std::vector<std::string>& cells) {
    out += "|";
    for (const std::string& cell : cells) out += " " + markdown_cell(cell) + " |";
    out += "\n";
  };
  line(table.header);
  out += "|";
  for (std::size_t i = 0; i < table.header.size(); ++i) out += " --- |";
  out += "\n";
  for (const std::vector<std::string>& row : table.rows) line(row);
  return out;
}

std::string json_of(const ReachReport& report) {
  const driver::Reach& reach = report.reach;
  Json out;
  out["sources"] = json_of(reach.sources, *report.inventory);
  if (report.what != What::BlastRadius) out["destinations"] = json_of(reach.destinations, *report.inventory);
  Json rows = Json::array();
  switch (report.what) {
    case What::Groups:
    case What::Exposed:
      for (const driver::ReachEdge& edge : reach.edges) {
        Json row{{"from", reach.sources[edge.from].name}, {"to", reach.destinations[edge.to].name}};
        row["services"] = json_of(edge.all);
        row["services_of_some"] = json_of(edge.some);
        row["pairs"] = edge.pairs;
        row["open_pairs"] = edge.open_pairs;
        rows.push_back(std::move(row));
      }
      out["edges"] = std::move(rows);
      break;
    case What::Chains:
      for (const driver::Chained& chained : report.chains) {
        Json lengths = Json::array();
        for (const driver::ChainsOfLength& length : chained.lengths) {
          Json chain = Json::array();
          for (const driver::ChainHop& hop : length.chain) {
            chain.push_back({{"from", hop.from}, {"to", hop.to}, {"services", json_of(hop.services)}});
          }
          lengths.push_back({{"hops", length.chain.size()}, {"reached", length.reached}, {"chain", std::move(chain)}});
        }
        rows.push_back({{"from", reach.sources[chained.from].name},
                        {"to", reach.destinations[chained.to].name},
                        {"reached", chained.reached},
                        {"of", chained.of},
                        {"chain", lengths[0]["chain"]},
                        {"by_hops", std::move(lengths)}});
      }
      out["chains"] = std::move(rows);
      break;
    case What::BlastRadius: {
      for (const driver::Radius& radius : report.radii.by_group) {
        Json names = Json::array();
        for (const std::size_t other : radius.reached) names.push_back(reach.sources[other].name);
        rows.push_back({{"group", reach.sources[radius.group].name},
                        {"least", radius.least},
                        {"most", radius.most},
                        {"groups_reached", std::move(names)}});
      }
      out["peers"] = report.radii.peers;
      out["blast_radius"] = std::move(rows);
      Json each = Json::object();
      for (std::size_t i = 0; i < report.radii.each.size(); ++i) {
        const model::Instance& instance = report.inventory->instances[i];
        if (!instance.host) each[instance.name] = report.radii.each[i];
      }
      out["blast_radius_of"] = std::move(each);
      break;
    }
  }
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace weft::cli
