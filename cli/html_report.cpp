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
constexpr std::size_t most_drawn = 150;

std::string_view word(Severity severity) {
  return severity == Severity::Error ? "error" : severity == Severity::Warning ? "warning" : "note";
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
      body_ += (begin > 0 ? "<br/>" : "") + xml_text(summary.substr(begin, end - begin));
      begin = end + 1;
    }
    body_ += "</p>\n<p class=\"badges\">";
    const auto badge = [&](std::string_view kind, std::size_t count, std::string_view what) {
      body_ += fmt::format("<span class=\"badge {}\">{} {}</span> ", count == 0 ? "quiet" : kind, count, what);
    };
    badge("error", compilation_.diagnostics.errors() + compilation_.diagnostics.denied(), "errors");
    badge("warning", compilation_.diagnostics.warnings(), "warnings");
    if (compilation_.report) {
      const Tally counts = tally(*compilation_.report);
      badge("good", counts.proved, "proved");
      badge("error", counts.refuted, "refuted");
      badge("warning", counts.undecided, "undecided");
    }
    body_ +=
        "</p>\n<input id=\"search\" type=\"search\" placeholder=\"search names, services, codes…\" "
        "aria-label=\"search\"/>\n<span id=\"found\"></span>\n</header>\n";
  }

  void findings() {
    body_ += "<section>\n<h2>Findings</h2>\n";
    if (compilation_.diagnostics.empty()) {
      body_ += compilation_.report ? "<p class=\"none\">Nothing was found.</p>\n"
                                   : "<p class=\"none\">The text has no errors; nothing was proved in this run.</p>\n";
    }
    for (const Diagnostic& diagnostic : compilation_.diagnostics.all()) {
      Diagnostics one;
      one.add(diagnostic);
      body_ += fmt::format(
          "<details class=\"finding {0}\" open=\"open\"><summary><span class=\"badge {0}\">{1}</span> {2}</summary>\n"
          "<pre>{3}</pre>\n</details>\n",
          word(diagnostic.severity), xml_text(diagnostic.code), xml_text(diagnostic.message),
          in_pre(render(one, compilation_.sources, {})));
    }
    body_ += "</section>\n";
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
    if (!compilation_.report || compilation_.report->assertions.empty()) return;
    body_ +=
        "<section>\n<h2>Assertions</h2>\n<table class=\"find\">\n<thead><tr><th>claim</th><th>answer</th><th>where</th>"
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
    body_ += "</tbody>\n</table>\n</section>\n";
  }

  void connectivity() {
    const Graph& graph = *graph_;
    body_ += fmt::format("<section>\n<h2>Who may talk to whom</h2>\n<p>{}</p>\n", xml_text(graph_summary(graph)));
    if (graph.nodes.size() <= most_drawn) {
      body_ +=
          "<p class=\"hint\">A click on a box shows its connections alone; another one shows all.</p>\n"
          "<div class=\"wide\" id=\"graph\">\n" +
          graph_svg(graph) + "</div>\n";
    } else {
      body_ +=
          "<p class=\"none\">Too many groups for a drawing: ask for a part with `--focus`, or for fewer with "
          "`--by`.</p>\n";
    }
    if (graph.nodes.size() <= most_matrix && !graph.nodes.empty()) {
      body_ += "<h3>As a matrix</h3>\n<div class=\"wide\">\n" + svg_of(matrix()) + "</div>\n";
    }
    table();
    body_ += "</section>\n";
  }

  MatrixPicture matrix() const {
    MatrixPicture out;
    out.title = "rows may open connections to columns";
    for (const driver::GraphNode& node : graph_->nodes) {
      out.rows.push_back(node.name);
      out.columns.push_back(node.name);
    }
    for (const GraphEdge& edge : graph_->edges) {
      if (edge.state == GraphEdge::State::Lost) continue;
      out.cells.push_back({edge.from, edge.to, edge.all.empty(), "",
                           fmt::format("{} -> {} : {}", graph_->nodes[edge.from].name, graph_->nodes[edge.to].name,
                                       arrow_services(edge))});
    }
    return out;
  }

  void table() {
    body_ += fmt::format(
        "<h3>As a table</h3>\n<table class=\"find\">\n<thead><tr>{}<th>from</th><th>to</th><th>services"
        "</th></tr></thead>\n<tbody>\n",
        graph_->compared ? "<th>change</th>" : "");
    for (const GraphEdge& edge : graph_->edges) {
      const std::string_view state = state_name(edge.state);
      body_ += fmt::format("<tr class=\"{}\">{}<td>{}</td><td>{}</td><td>{}</td></tr>\n", state,
                           graph_->compared ? fmt::format("<td><span class=\"badge {0}\">{0}</span></td>", state) : "",
                           xml_text(graph_->nodes[edge.from].name), xml_text(graph_->nodes[edge.to].name),
                           xml_text(arrow_services(edge)));
    }
    body_ +=
        "</tbody>\n</table>\n<h3>Groups</h3>\n<table class=\"find\">\n<thead><tr><th>name</th><th>members</th>"
        "<th>selector</th><th>for example</th></tr></thead>\n<tbody>\n";
    for (const driver::GraphNode& node : graph_->nodes) {
      body_ += fmt::format("<tr><td>{}</td><td>{}</td><td><code>{}</code></td><td>{}</td></tr>\n", xml_text(node.name),
                           node.members.size(), xml_text(node.predicate), xml_text(node.example));
    }
    body_ += "</tbody>\n</table>\n";
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
