#include "cli/junit.h"

#include <map>
#include <set>
#include <variant>

#include <fmt/format.h>

#include "cli/findings.h"
#include "cli/places.h"
#include "cli/test_text.h"
#include "cli/xml.h"

namespace weft::cli {
namespace {

enum class Outcome { Passed, Failed, Error };

struct Suite {
  std::size_t cases = 0;
  std::size_t failures = 0;
  std::size_t errors = 0;
  std::string text;
};

class Writer {
 public:
  Writer(const driver::Compilation& compilation, bool strict)
      : compilation_(compilation), places_(compilation.sources), strict_(strict) {}

  std::string write() {
    for (const SourceId policy : compilation_.files.policies) suites_[policy];
    if (compilation_.report) {
      for (std::size_t i = 0; i < compilation_.report->assertions.size(); ++i) assertion(i);
    }
    for (const Diagnostic& diagnostic : compilation_.diagnostics.all()) {
      if (!told_.contains(&diagnostic)) finding(diagnostic);
    }
    std::string out;
    Suite all;
    const auto add = [&](const Suite& suite, const std::string& name) {
      all.cases += suite.cases;
      all.failures += suite.failures;
      all.errors += suite.errors;
      out += fmt::format("  <testsuite name=\"{}\" {} skipped=\"0\">\n{}  </testsuite>\n", xml_text(name),
                         counts(suite), suite.text);
    };
    if (without_place_.cases > 0) add(without_place_, "weft");
    for (auto& [source, suite] : suites_) {
      if (suite.cases == 0) add_case(suite, "findings", "none", {}, Outcome::Passed, {}, {});
      add(suite, places_.of(source).path);
    }
    return fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"weft check\" {}>\n{}</testsuites>\n",
        counts(all), out);
  }

 private:
  static std::string counts(const Suite& suite) {
    return fmt::format(R"(tests="{}" failures="{}" errors="{}")", suite.cases, suite.failures, suite.errors);
  }

  void add_case(Suite& suite, std::string_view group, std::string_view name, std::optional<Span> at, Outcome outcome,
                std::string_view message, std::string_view body) {
    ++suite.cases;
    suite.text += fmt::format(R"(    <testcase classname="{}" name="{}")", xml_text(group), xml_text(name));
    if (at) {
      suite.text += fmt::format(R"( file="{}" line="{}")", xml_text(places_.of(*at).path),
                                compilation_.sources[at->source].position(at->begin).line);
    }
    if (outcome == Outcome::Passed) {
      suite.text += body.empty()
                        ? "/>\n"
                        : fmt::format(">\n      <system-out>{}</system-out>\n    </testcase>\n", xml_text(body));
      return;
    }
    ++(outcome == Outcome::Failed ? suite.failures : suite.errors);
    const std::string_view element = outcome == Outcome::Failed ? "failure" : "error";
    suite.text += fmt::format(">\n      <{0} message=\"{1}\" type=\"{2}\">{3}</{0}>\n    </testcase>\n", element,
                              xml_text(message), xml_text(group), xml_text(body));
  }

  void assertion(std::size_t index) {
    const Span span = compilation_.policy.assertions[index].span;
    const verifier::Answer& answer = compilation_.report->assertions[index].answer;
    std::string message, body;
    bool warned = false;
    for (const Diagnostic& diagnostic : compilation_.diagnostics.all()) {
      if (diagnostic.span != span || !told_.insert(&diagnostic).second) continue;
      if (message.empty()) message = diagnostic.message;
      body += (body.empty() ? "" : "\n") + described(diagnostic);
      warned = warned || diagnostic.severity != Severity::Note;
    }
    Outcome outcome = warned && strict_ ? Outcome::Failed : Outcome::Passed;
    if (std::holds_alternative<verifier::Refuted>(answer)) outcome = Outcome::Failed;
    if (const auto* undecided = std::get_if<verifier::Undecided>(&answer)) {
      outcome = Outcome::Error;
      if (message.empty()) message = "undecided: " + undecided->why;
    }
    const std::string name = on_one_line(compilation_.sources.text(span));
    add_case(suites_[span.source], "assertions", name, span, outcome, message, body);
  }

  void finding(const Diagnostic& diagnostic) {
    Suite& suite = diagnostic.span ? suites_[diagnostic.span->source] : without_place_;
    const bool fails = diagnostic.severity == Severity::Error || (strict_ && diagnostic.severity == Severity::Warning);
    add_case(suite, diagnostic.code, diagnostic.message, diagnostic.span, fails ? Outcome::Failed : Outcome::Passed,
             diagnostic.message, described(diagnostic));
  }

  // The finding as a person reads it, its places as `file:line:column`.
  std::string described(const Diagnostic& diagnostic) const {
    std::string out = whole_text(diagnostic);
    const auto add = [&](Span span, const std::string& text) {
      out += fmt::format("\n{}{}{}", compilation_.sources.location(span), text.empty() ? "" : ": ", text);
    };
    if (diagnostic.span) add(*diagnostic.span, diagnostic.span_text);
    for (const Label& label : diagnostic.labels) add(label.span, label.text);
    return out;
  }

  const driver::Compilation& compilation_;
  Places places_;
  bool strict_;
  std::map<SourceId, Suite> suites_;
  Suite without_place_;
  std::set<const Diagnostic*> told_;
};

}  // namespace

std::string check_junit(const driver::Compilation& compilation, bool strict) {
  return Writer(compilation, strict).write();
}

}  // namespace weft::cli
