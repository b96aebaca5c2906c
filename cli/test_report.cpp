#include "cli/test_report.h"

#include <map>

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/decision_text.h"
#include "cli/test_text.h"
#include "cli/xml.h"

namespace weft::cli {
namespace {

using Json = nlohmann::ordered_json;

Json place_json(const Sources& sources, Span span) {
  const Position begin = sources[span.source].position(span.begin);
  return {{"file", sources[span.source].name()}, {"line", begin.line}, {"column", begin.column}};
}

Json expectation_json(const driver::ExpectationResult& result, const TestRun& run) {
  const Sources& sources = run.compilation.sources;
  Json out;
  out["text"] = expectation_text(result, sources);
  out.update(place_json(sources, result.expectation->span));
  out["passed"] = result.passed;
  out["flows"] = result.flows;
  if (result.passed) return out;
  out["why"] = result.why;
  out["unexpected_flows"] = result.unexpected_flows;
  if (!result.first) return out;
  Json& flow = out["flow"];
  flow["from"] = result.first->source;
  flow["to"] = result.first->destination;
  flow["service"] = model::to_string(result.first->service);
  flow["verdict"] = result.first->walk.allowed ? "allow" : "deny";
  DecisionText text(run.compilation.policy, sources);
  if (result.first->walk.self) flow["by"] = "self";
  flow["source"] = Json::parse(text.json(result.first->walk.egress.decision));
  flow["destination"] = Json::parse(text.json(result.first->walk.ingress.decision));
  flow["walk"] = driver::lines_of(result.first->walk, run.compilation.policy, sources);
  return out;
}

Json coverage_json(const TestRun& run) {
  const Uncovered missing = uncovered_by(run);
  const auto group = [&](std::size_t all, const std::vector<Uncovered::Statement>& left) {
    Json out;
    out["all"] = all;
    out["decided"] = all - left.size();
    out["undecided"] = Json::array();
    for (const Uncovered::Statement& each : left) {
      Json entry = place_json(run.compilation.sources, each.span);
      entry["text"] = each.text;
      out["undecided"].push_back(std::move(entry));
    }
    return out;
  };
  Json out;
  out["rules"] = group(missing.all_rules, missing.rules);
  out["isolations"] = group(missing.all_isolations, missing.isolations);
  out["profile"] = !missing.profile;
  return out;
}

// TAP 14: `#` would begin a directive, and `\` escapes it.
std::string tap(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '#' || c == '\\') out += '\\';
    out += c == '\n' || c == '\r' ? ' ' : c;
  }
  return out;
}

// A YAML text in double quotes reads as JSON does.
void tap_diagnostics(std::string& out, const driver::ExpectationResult& result, const TestRun& run) {
  out += "      ---\n";
  out += fmt::format("      at: {}\n", json_string(run.compilation.sources.location(result.expectation->span)));
  out += fmt::format("      message: {}\n", json_string(result.why));
  const auto lines = failure_lines(result, run);
  if (lines.size() > 1) {
    out += "      walk:\n";
    for (std::size_t i = 1; i < lines.size(); ++i) out += fmt::format("        - {}\n", json_string(lines[i]));
  }
  out += "      ...\n";
}

}  // namespace

std::string test_json(const TestRun& run) {
  Json out;
  Json& summary = out["summary"];
  summary["tests"] = run.report.tests.size();
  summary["left_out"] = run.report.left_out;
  summary["expectations"] = run.report.expectations;
  summary["failed"] = run.report.failed;
  summary["flows"] = run.report.flows;
  out["tests"] = Json::array();
  for (const driver::TestResult& test : run.report.tests) {
    Json entry;
    entry["name"] = test.test->name;
    entry.update(place_json(run.compilation.sources, test.test->span));
    entry["passed"] = test.passed();
    entry["expectations"] = Json::array();
    for (const driver::ExpectationResult& each : test.expectations) {
      entry["expectations"].push_back(expectation_json(each, run));
    }
    out["tests"].push_back(std::move(entry));
  }
  if (run.coverage) out["coverage"] = coverage_json(run);
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string test_junit(const TestRun& run) {
  const Sources& sources = run.compilation.sources;
  struct Suite {
    std::size_t cases = 0;
    std::size_t failures = 0;
    std::string text;
  };
  std::map<SourceId, Suite> suites;
  for (const driver::TestResult& test : run.report.tests) {
    Suite& suite = suites[test.test->span.source];
    for (const driver::ExpectationResult& each : test.expectations) {
      ++suite.cases;
      suite.text += fmt::format(R"(    <testcase classname="{}" name="{}" file="{}" line="{}")",
                                xml_text(test.test->name), xml_text(expectation_text(each, sources)),
                                xml_text(sources[each.expectation->span.source].name()),
                                sources[each.expectation->span.source].position(each.expectation->span.begin).line);
      if (each.passed) {
        suite.text += "/>\n";
        continue;
      }
      ++suite.failures;
      std::string body;
      for (const std::string& line : failure_lines(each, run)) body += xml_text(line) + '\n';
      suite.text += fmt::format(">\n      <failure message=\"{}\" type=\"expectation\">{}</failure>\n    </testcase>\n",
                                xml_text(each.why), body);
    }
  }
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  out += fmt::format("<testsuites name=\"weft\" tests=\"{}\" failures=\"{}\" errors=\"0\">\n", run.report.expectations,
                     run.report.failed);
  for (const auto& [source, suite] : suites) {
    out += fmt::format(
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"0\">\n{}  </testsuite>\n",
        xml_text(sources[source].name()), suite.cases, suite.failures, suite.text);
  }
  return out + "</testsuites>\n";
}

std::string test_tap(const TestRun& run) {
  const Sources& sources = run.compilation.sources;
  std::string out = fmt::format("TAP version 14\n1..{}\n", run.report.tests.size());
  for (std::size_t i = 0; i < run.report.tests.size(); ++i) {
    const driver::TestResult& test = run.report.tests[i];
    out += fmt::format("# Subtest: {}\n    1..{}\n", tap(test.test->name), test.expectations.size());
    for (std::size_t j = 0; j < test.expectations.size(); ++j) {
      const driver::ExpectationResult& each = test.expectations[j];
      out +=
          fmt::format("    {} {} - {}\n", each.passed ? "ok" : "not ok", j + 1, tap(expectation_text(each, sources)));
      if (!each.passed) tap_diagnostics(out, each, run);
    }
    out += fmt::format("{} {} - {}\n", test.passed() ? "ok" : "not ok", i + 1, tap(test.test->name));
  }
  return out;
}

}  // namespace weft::cli
