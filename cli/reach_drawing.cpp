#include <set>
#include <utility>

#include <fmt/format.h>

#include "cli/drawing.h"
#include "cli/reach_report.h"
#include "cli/xml.h"

namespace weft::cli {
namespace {

using What = ReachArguments::What;

std::string dot_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out + '"';
}

MatrixPicture picture_of(const ReachReport& report, std::string title) {
  const driver::Reach& reach = report.reach;
  MatrixPicture out;
  out.title = std::move(title);
  for (const driver::ReachGroup& group : reach.sources) out.rows.push_back(group.name);
  for (const driver::ReachGroup& group : reach.destinations) out.columns.push_back(group.name);
  for (const driver::ReachEdge& edge : reach.edges) {
    std::string services = edge.all.empty() ? "" : services_text(edge.all);
    if (!edge.some.empty()) {
      services += fmt::format("{}some: {}", services.empty() ? "" : "; ", services_text(edge.some));
    }
    out.cells.push_back(
        {edge.from, edge.to, edge.all.empty(), "",
         fmt::format("{} -> {} : {}", reach.sources[edge.from].name, reach.destinations[edge.to].name, services)});
  }
  for (const driver::Chained& chained : report.chains) {
    std::string tooltip = fmt::format("{} ~> {}: {} of {}", reach.sources[chained.from].name,
                                      reach.destinations[chained.to].name, chained.reached, chained.of);
    for (const driver::ChainsOfLength& length : chained.lengths) {
      if (chained.lengths.size() > 1) tooltip += fmt::format("\n{} in {} hops:", length.reached, length.chain.size());
      for (const driver::ChainHop& hop : length.chain) {
        tooltip += fmt::format("\n{} -> {} : {}", hop.from, hop.to, services_text(hop.services));
      }
    }
    const std::size_t least = chained.lengths.front().chain.size(), most = chained.lengths.back().chain.size();
    out.cells.push_back({chained.from, chained.to, chained.reached < chained.of,
                         least == most ? std::to_string(least) : fmt::format("{}–{}", least, most),
                         std::move(tooltip)});
  }
  return out;
}

}  // namespace

std::string dot_of(const ReachReport& report) {
  const driver::Reach& reach = report.reach;
  std::string out =
      "digraph reach {\n  rankdir=LR;\n  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n"
      "  edge [fontname=\"sans-serif\", fontsize=10];\n";
  std::set<std::string> said;
  const auto line = [&](const std::string& text) {
    if (said.insert(text).second) out += text;
  };
  for (const driver::ReachEdge& edge : reach.edges) {
    for (const driver::ReachGroup* group : {&reach.sources[edge.from], &reach.destinations[edge.to]}) {
      line(
          fmt::format("  {} [label={}];\n", dot_text(group->name),
                      dot_text(group->members.empty() ? group->name
                                                      : fmt::format("{} ({})", group->name, driver::size_of(*group)))));
    }
    const bool partly = edge.all.empty();
    line(fmt::format("  {} -> {} [label={}{}];\n", dot_text(reach.sources[edge.from].name),
                     dot_text(reach.destinations[edge.to].name), dot_text(services_text(partly ? edge.some : edge.all)),
                     partly ? ", style=dashed" : ""));
  }
  for (const driver::Chained& chained : report.chains) {
    for (const driver::ChainsOfLength& length : chained.lengths) {
      for (const driver::ChainHop& hop : length.chain) {
        line(fmt::format("  {} -> {} [label={}];\n", dot_text(hop.from), dot_text(hop.to),
                         dot_text(services_text(hop.services))));
      }
    }
  }
  return out + "}\n";
}

std::string svg_of(const ReachReport& report) { return svg_of(picture_of(report, summary_of(report))); }

std::string html_of(const ReachReport& report) {
  const ReachTable table = table_of(report);
  std::string body = fmt::format("<h1>Who may reach whom</h1>\n<p>{}</p>\n", xml_text(summary_of(report)));
  if (report.what != What::BlastRadius) {
    const std::string title =
        report.chains.empty() ? "rows may open connections to columns" : "rows reach columns in so many hops";
    body += "<div class=\"wide\">\n" + svg_of(picture_of(report, title)) + "</div>\n";
  }
  body += "<h2>In words</h2>\n<div class=\"wide\">\n" + html_table(table.header, table.rows) + "</div>\n";
  std::vector<std::vector<std::string>> rows;
  for (const driver::ReachGroup& group : report.reach.sources) {
    rows.push_back({group.name, driver::size_of(group), group.predicate,
                    group.members.empty() ? "" : (*report.inventory)[group.members[0]].name});
  }
  body += "<h2>Groups</h2>\n<div class=\"wide\">\n" + html_table({"name", "size", "selector", "for example"}, rows) +
          "</div>\n";
  return html_page("Who may reach whom", body);
}

}  // namespace weft::cli
