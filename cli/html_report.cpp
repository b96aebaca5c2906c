#include "cli/html_report.h"

#include <variant>

#include <fmt/format.h>

#include "cli/check_report.h"
#include "cli/drawing.h"
#include "cli/graph_drawing.h"
#include "cli/graph_text.h"
#include "cli/report_page.h"
#include "cli/test_text.h"
#include "cli/xml.h"

namespace weft::cli {
namespace {

using driver::Graph;
using driver::GraphEdge;

// A matrix beyond this is no picture any more; the table has the same.
constexpr std::size_t most_matrix = 80;
constexpr std::size_t most_full_matrix = 25;
constexpr std::size_t most_drawn = 150;
// With more findings, those behind the first are closed: what else the page has is not to be pages away.
constexpr std::size_t most_open = 12;

std::string_view word(Severity severity) {
  return severity == Severity::Error ? "error" : severity == Severity::Warning ? "warning" : "note";
}

MatrixPicture::Change change_of(GraphEdge::State state) {
  switch (state) {
    case GraphEdge::State::Same:
      return MatrixPicture::Change::None;
    case GraphEdge::State::Gained:
      return MatrixPicture::Change::Gained;
    case GraphEdge::State::Lost:
      return MatrixPicture::Change::Lost;
    case GraphEdge::State::Changed:
      return MatrixPicture::Change::Changed;
  }
  return MatrixPicture::Change::None;
}

// Text of ours, in which code stands between backticks.
std::string prose(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t begin = text.find('`');
    const std::size_t end = begin == std::string_view::npos ? begin : text.find('`', begin + 1);
    if (end == std::string_view::npos) break;
    out += xml_text(text.substr(0, begin)) +
           fmt::format("<code>{}</code>", xml_text(text.substr(begin + 1, end - begin - 1)));
    text.remove_prefix(end + 1);
  }
  return out + xml_text(text);
}

class Page {
 public:
  Page(const driver::Compilation& compilation, const std::optional<Graph>& graph)
      : compilation_(compilation), graph_(graph) {}

  std::string write() {
    head();
    findings();
    assertions();
    if (graph_) connectivity();
    return report_page(title(compilation_), body_);
  }

 private:
  void head() {
    body_ += fmt::format("<header>\n<h1>{}</h1>\n<p class=\"summary\">", xml_text(title(compilation_)));
    std::string summary = summary_text(compilation_);
    for (std::size_t begin = 0; begin < summary.size();) {
      const std::size_t end = summary.find('\n', begin);
      body_ += (begin > 0 ? "<br/>" : "") + prose(std::string_view(summary).substr(begin, end - begin));
      begin = end == std::string::npos ? summary.size() : end + 1;
    }
    body_ += "</p>\n<p class=\"badges\">";
    const auto badge = [&](std::string_view kind, std::size_t count, std::string_view what) {
      body_ += fmt::format("<span class=\"badge {}\">{} {}</span> ", count == 0 ? "quiet" : kind, count, what);
    };
    const std::size_t errors = compilation_.diagnostics.errors() + compilation_.diagnostics.denied();
    badge("error", errors, errors == 1 ? "error" : "errors");
    badge("warning", compilation_.diagnostics.warnings(),
          compilation_.diagnostics.warnings() == 1 ? "warning" : "warnings");
    if (compilation_.report) {
      const Tally counts = tally(*compilation_.report);
      badge("good", counts.proved, "proved");
      badge("error", counts.refuted, "refuted");
      badge("warning", counts.undecided, "undecided");
    }
    body_ +=
        "</p>\n</header>\n<div class=\"bar\">\n<input id=\"search\" type=\"search\" placeholder=\"search names, "
        "services, "
        "codes…\" aria-label=\"search\"/>\n";
    if (graph_ && graph_->compared) {
      body_ += "<label><input id=\"changes\" type=\"checkbox\"/> changes only</label>\n";
    }
    body_ += "<span id=\"found\" role=\"status\"></span>\n<nav>" + (has_findings() ? link("findings") : "");
    if (has_assertions()) body_ += link("assertions");
    if (graph_) {
      if (is_drawn()) body_ += link("graph");
      if (has_matrix()) body_ += link("matrix");
      body_ += link("table") + link("groups");
    }
    body_ += "</nav>\n</div>\n";
  }

  static std::string link(std::string_view name) { return fmt::format("<a href=\"#{0}\">{0}</a> ", name); }

  // Where nothing was looked for there is nothing to say of it: the summary tells what was not checked.
  bool has_findings() const { return compilation_.report || !compilation_.diagnostics.empty(); }
  bool has_assertions() const { return compilation_.report && !compilation_.report->assertions.empty(); }
  bool is_drawn() const { return graph_->nodes.size() <= most_drawn; }
  bool has_matrix() const { return !graph_->nodes.empty() && graph_->nodes.size() <= most_matrix; }

  void findings() {
    if (!has_findings()) return;
    body_ += "<section id=\"findings\">\n<h2>Findings</h2>\n";
    if (compilation_.diagnostics.empty()) body_ += "<p class=\"none\">Nothing was found.</p>\n";
    std::size_t open = most_open;
    for (const Diagnostic& diagnostic : compilation_.diagnostics.all()) {
      Diagnostics one;
      one.add(diagnostic);
      const std::string text = render(one, compilation_.sources, {});
      body_ += fmt::format(
          "<details class=\"finding {0}\"{1}><summary><span class=\"badge {0}\">{0} {2}</span> {3} <span "
          "class=\"where\">{4}</span></summary>\n<pre>{5}</pre>\n</details>\n",
          word(diagnostic.severity), open > 0 ? " open=\"open\"" : "", xml_text(diagnostic.code),
          prose(diagnostic.message), xml_text(where(diagnostic)), in_pre(behind_first_line(text)));
      if (open > 0) --open;
    }
    body_ += "</section>\n";
  }

  std::string where(const Diagnostic& diagnostic) const {
    return diagnostic.span ? compilation_.sources.location(*diagnostic.span) : "";
  }

  // The first line says again what stands above it.
  static std::string_view behind_first_line(std::string_view text) {
    return text.substr(std::min(text.find('\n'), text.size() - 1) + 1);
  }

  // Line ends stay line ends in what is shown as it is.
  static std::string in_pre(std::string_view text) {
    std::string out;
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end = std::min(text.find('\n', begin), text.size());
      out += xml_text(text.substr(begin, end - begin)) + '\n';
      begin = end + 1;
    }
    return out;
  }

  void assertions() {
    if (!has_assertions()) return;
    body_ +=
        "<section id=\"assertions\">\n<h2>Assertions</h2>\n<div class=\"wide\">\n<table "
        "class=\"find\">\n<thead><tr><th>claim</th><th>answer</th><th>where</th>"
        "</tr></thead>\n<tbody>\n";
    for (std::size_t i = 0; i < compilation_.report->assertions.size(); ++i) {
      const verifier::Answer& answer = compilation_.report->assertions[i].answer;
      const Span span = compilation_.policy.assertions[i].span;
      const auto* proved = std::get_if<verifier::Proved>(&answer);
      const bool refuted = std::holds_alternative<verifier::Refuted>(answer);
      body_ += fmt::format("<tr><td><code>{}</code></td><td><span class=\"badge {}\">{}</span></td><td>{}</td></tr>\n",
                           xml_text(on_one_line(compilation_.sources.text(span))),
                           proved != nullptr ? "good"
                           : refuted         ? "error"
                                             : "warning",
                           proved == nullptr ? (refuted ? "refuted" : "undecided")
                           : proved->vacuous ? "proved, of no flow"
                                             : "proved",
                           xml_text(compilation_.sources.location(span)));
    }
    body_ += "</tbody>\n</table>\n</div>\n</section>\n";
  }

  void connectivity() {
    const Graph& graph = *graph_;
    body_ += fmt::format("<section>\n<h2>Who may talk to whom</h2>\n<p>{}</p>\n", xml_text(graph_summary(graph)));
    if (is_drawn()) {
      body_ +=
          "<p class=\"tools\"><button data-zoom=\"out\" aria-label=\"smaller\">−</button> <button data-zoom=\"in\" "
          "aria-label=\"larger\">+</button> <button data-zoom=\"fit\">fit</button> <button "
          "data-zoom=\"full\">100%</button> "
          "<span class=\"hint\">a click on a box shows its connections alone, Esc all of them</span></p>\n"
          "<div id=\"graph\">\n" +
          graph_svg(graph) + "</div>\n";
    } else {
      body_ +=
          "<p class=\"none\">" +
          prose(fmt::format("{} groups are too many for a drawing: ask for a part with `weft graph --focus`, or for "
                            "fewer with `--by`.",
                            graph.nodes.size())) +
          "</p>\n";
    }
    if (has_matrix()) {
      body_ += "<h3 id=\"matrix\">As a matrix</h3>\n<div class=\"wide\">\n" + svg_of(matrix()) + "</div>\n";
    }
    table();
    body_ += "</section>\n";
  }

  // Of many groups, only those that open connections have rows and those that are asked have columns.
  MatrixPicture matrix() const {
    const std::size_t count = graph_->nodes.size();
    std::vector<bool> sends(count, count <= most_full_matrix), answers(count, count <= most_full_matrix);
    for (const GraphEdge& edge : graph_->edges) sends[edge.from] = answers[edge.to] = true;
    MatrixPicture out;
    out.title = "rows may open connections to columns";
    std::vector<std::size_t> row(count), column(count);
    for (std::size_t i = 0; i < count; ++i) {
      if (sends[i]) {
        row[i] = out.rows.size();
        out.rows.push_back(graph_->nodes[i].name);
        out.row_numbers.push_back(i);
      }
      if (answers[i]) {
        column[i] = out.columns.size();
        out.columns.push_back(graph_->nodes[i].name);
        out.column_numbers.push_back(i);
      }
    }
    if (out.rows.size() < count || out.columns.size() < count) {
      out.title += "; who opens none has no row, whom none is opened to no column";
    }
    for (const GraphEdge& edge : graph_->edges) {
      out.cells.push_back({row[edge.from], column[edge.to], edge.all.empty(), "",
                           fmt::format("{} -> {} : {}", graph_->nodes[edge.from].name, graph_->nodes[edge.to].name,
                                       arrow_services(edge)),
                           change_of(edge.state)});
    }
    return out;
  }

  void table() {
    body_ += fmt::format(
        "<h3 id=\"table\">As a table</h3>\n<div class=\"wide\">\n<table "
        "class=\"find\">\n<thead><tr>{}<th>from</th><th>to</th><th>services"
        "</th></tr></thead>\n<tbody>\n",
        graph_->compared ? "<th>change</th>" : "");
    for (const GraphEdge& edge : graph_->edges) {
      const std::string_view state = state_name(edge.state);
      body_ +=
          fmt::format("<tr class=\"{}\" data-from=\"{}\" data-to=\"{}\">{}<td>{}</td><td>{}</td><td>{}</td></tr>\n",
                      state, edge.from, edge.to,
                      graph_->compared ? fmt::format("<td><span class=\"badge {0}\">{0}</span></td>", state) : "",
                      xml_text(graph_->nodes[edge.from].name), xml_text(graph_->nodes[edge.to].name),
                      xml_text(arrow_services(edge)));
    }
    body_ +=
        "</tbody>\n</table>\n</div>\n<h3 id=\"groups\">Groups</h3>\n<div class=\"wide\">\n<table "
        "class=\"find\">\n<thead><tr><th>name</th><th>members</th>"
        "<th>selector</th><th>for example</th></tr></thead>\n<tbody>\n";
    for (const driver::GraphNode& node : graph_->nodes) {
      body_ += fmt::format("<tr><td>{}</td><td>{}</td><td><code>{}</code></td><td>{}</td></tr>\n", xml_text(node.name),
                           node.is_world() ? "" : fmt::format("{}", node.members.size()), xml_text(node.predicate),
                           xml_text(node.example));
    }
    body_ += "</tbody>\n</table>\n</div>\n";
  }

  const driver::Compilation& compilation_;
  const std::optional<Graph>& graph_;
  std::string body_;
};

}  // namespace

std::string html_report(const driver::Compilation& compilation, const std::optional<driver::Graph>& graph) {
  return Page(compilation, graph).write();
}

}  // namespace weft::cli
