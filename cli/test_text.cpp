#include "cli/test_text.h"

#include <fmt/format.h>

#include "base/text.h"
#include "driver/codes.h"

namespace weft::cli {
namespace {

std::string percent(std::size_t part, std::size_t whole) {
  return whole == 0 ? "none to decide" : fmt::format("{} of {} ({}%)", part, whole, part * 100 / whole);
}

std::string coverage_text(const TestRun& run) {
  const model::Policy& policy = run.compilation.policy;
  const Uncovered missing = uncovered_by(run);
  std::string out = "coverage:\n";
  const auto group = [&](std::string_view what, std::size_t all, const std::vector<Uncovered::Statement>& left) {
    out += fmt::format("  {}: {}\n", what, percent(all - left.size(), all));
    for (const Uncovered::Statement& each : left) {
      out += fmt::format("    no test decides {}: {}\n", run.compilation.sources.location(each.span), each.text);
    }
  };
  group("rules", missing.all_rules, missing.rules);
  group("isolations", missing.all_isolations, missing.isolations);
  out += fmt::format("  profile `{}`: {}\n", policy.profile.name,
                     missing.profile ? "no test decides its default" : "its default is decided");
  return out;
}

}  // namespace

std::string on_one_line(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (!blank) out += c;
    if (blank && !out.empty() && out.back() != ' ') out += ' ';
  }
  while (out.ends_with(' ')) out.pop_back();
  return printable(out);
}

std::string counted(std::size_t number, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", number, number == 1 ? one : many);
}

std::string expectation_text(const driver::ExpectationResult& result, const Sources& sources) {
  return on_one_line(sources.text(result.expectation->span));
}

std::vector<std::string> failure_lines(const driver::ExpectationResult& result, const TestRun& run) {
  std::vector<std::string> lines{result.why};
  if (!result.first) return lines;
  const driver::UnexpectedFlow& flow = *result.first;
  if (result.flows > 1) {
    lines.push_back(fmt::format("{} of {} flows, among them:", result.unexpected_flows, result.flows));
  }
  lines.push_back("source:      " + flow.source);
  lines.push_back("destination: " + flow.destination);
  lines.push_back("service:     " + model::to_string(flow.service));
  for (std::string& line : driver::lines_of(flow.walk, run.compilation.policy, run.compilation.sources)) {
    lines.push_back(std::move(line));
  }
  return lines;
}

void add_failures(const TestRun& run, Diagnostics& diagnostics) {
  for (const driver::TestResult& test : run.report.tests) {
    for (const driver::ExpectationResult& each : test.expectations) {
      if (each.passed) continue;
      Diagnostic& diagnostic =
          diagnostics.report(driver::expectation_fails, each.expectation->span, printable(test.test->name),
                             expectation_text(each, run.compilation.sources));
      const std::vector<std::string> lines = failure_lines(each, run);
      diagnostic.at(lines.front());
      for (const std::string& line : lines) diagnostic.note(line);
    }
  }
}

Uncovered uncovered_by(const TestRun& run) {
  const model::Policy& policy = run.compilation.policy;
  const driver::Coverage& coverage = run.report.coverage;
  Uncovered out;
  const auto statement = [&](Span span) {
    return Uncovered::Statement{span, on_one_line(run.compilation.sources.text(span))};
  };
  out.all_isolations = policy.isolations.size();
  for (std::size_t i = 0; i < policy.rules.size(); ++i) {
    if (policy.rules[i].audit) continue;
    ++out.all_rules;
    if (!coverage.rules[i]) out.rules.push_back(statement(policy.rules[i].span));
  }
  for (std::size_t i = 0; i < policy.isolations.size(); ++i) {
    if (!coverage.isolations[i]) out.isolations.push_back(statement(policy.isolations[i].span));
  }
  out.profile = !coverage.profile;
  return out;
}

std::string test_text(const TestRun& run) {
  std::string out;
  const Sources& sources = run.compilation.sources;
  for (const driver::TestResult& test : run.report.tests) {
    out += fmt::format("{} {} ({})\n", test.passed() ? "ok  " : "FAIL", printable(test.test->name),
                       counted(test.expectations.size(), "expectation", "expectations"));
    for (const driver::ExpectationResult& each : test.expectations) {
      if (each.passed) continue;
      out += fmt::format("  {}: {}\n", sources.location(each.expectation->span), expectation_text(each, sources));
      for (const std::string& line : failure_lines(each, run)) out += "    " + line + '\n';
    }
  }
  out += fmt::format("{}, {}: {} passed, {} failed", counted(run.report.tests.size(), "test", "tests"),
                     counted(run.report.expectations, "expectation", "expectations"),
                     run.report.expectations - run.report.failed, run.report.failed);
  if (run.report.left_out > 0) out += fmt::format("; {} left out", counted(run.report.left_out, "test", "tests"));
  out += fmt::format("; {} asked\n", counted(run.report.flows, "flow", "flows"));
  if (run.coverage) out += coverage_text(run);
  return out;
}

}  // namespace weft::cli
