#include <catch2/catch.hpp>

#include "cli/test_report.h"
#include "driver/test_runner.h"

using namespace weft;
using namespace weft::cli;

namespace {

// One rule and two tests: the first holds, the second does not. Names hold what formats have to escape.
struct Example {
  driver::Compilation compilation;
  driver::TestReport report;

  explicit Example(const std::string& name) {
    const std::string text =
        "policy p {\n"
        "  allow any -> any : tcp/80\n"
        "}\n"
        "test \"good\" {\n"
        "  any -> any : tcp/80 is allow\n"
        "}\n"
        "test \"bad\" {\n"
        "  any\n"
        "    -> any : tcp/81 is allow\n"
        "}\n";
    const SourceId source = compilation.sources.add("a&b.weft", text);
    const auto span = [&](std::string_view part) {
      const auto at = static_cast<std::uint32_t>(text.find(part));
      return Span{source, at, at + static_cast<std::uint32_t>(part.size())};
    };
    model::Policy& policy = compilation.policy;
    policy.tiers.push_back({"app", {}});
    policy.blocks.push_back({});
    policy.blocks[0].name = "p";
    model::Rule& rule = policy.rules.emplace_back();
    rule.source = rule.destination = model::Selector::any();
    rule.ports = {model::PointSet::of_range(6, 80, 80), {}};
    rule.span = span("allow any -> any : tcp/80");
    const auto expectation = [&](std::uint16_t port, Span at) {
      model::Expectation out;
      out.source.who = out.destination.who = model::Selector::workload();
      out.ports = {model::PointSet::of_range(6, port, port), {}};
      out.span = at;
      return out;
    };
    policy.tests.push_back({"good", {expectation(80, span("any -> any : tcp/80 is allow"))}, span("good")});
    policy.tests.push_back({name, {expectation(81, span("any\n    -> any : tcp/81 is allow"))}, span("bad")});
    report = driver::run_tests(policy, compilation.inventory, false);
  }

  TestRun run(bool coverage = false) const { return {compilation, report, coverage}; }
};

}  // namespace

TEST_CASE("test results as text", "[cli]") {
  const Example example("bad");
  CHECK(test_text(example.run(true)) ==
        "ok   good (1 expectation)\n"
        "FAIL bad (1 expectation)\n"
        "  a&b.weft:8:3: any -> any : tcp/81 is allow\n"
        "    it is denied\n"
        "    source:      an imagined workload\n"
        "    destination: an imagined workload\n"
        "    service:     tcp/81\n"
        "    gate at source: deny\n"
        "      tier `app`: nothing speaks of this flow\n"
        "      after the last tier: deny by profile `strict`\n"
        "      not this service: `p` at a&b.weft:2:3: allow any -> any : tcp/80\n"
        "    gate at destination: deny\n"
        "      tier `app`: nothing speaks of this flow\n"
        "      after the last tier: deny by profile `strict`\n"
        "      not this service: `p` at a&b.weft:2:3: allow any -> any : tcp/80\n"
        "2 tests, 2 expectations: 1 passed, 1 failed; 2 flows asked\n"
        "coverage:\n"
        "  rules: 1 of 1 (100%)\n"
        "  isolations: none to decide\n"
        "  profile `strict`: no test decides its default\n");
}

TEST_CASE("JUnit XML escapes whatever a name may hold", "[cli]") {
  const Example example("<&\"'>\n\x01\xff\xEF\xBF\xBF]]>");
  const std::string xml = test_junit(example.run());
  CHECK(
      xml.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                      "<testsuites name=\"weft\" tests=\"2\" failures=\"1\" errors=\"0\">\n"
                      "  <testsuite name=\"a&amp;b.weft\" tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"0\">\n"
                      "    <testcase classname=\"good\" name=\"any -&gt; any : tcp/80 is allow\" "
                      "file=\"a&amp;b.weft\" line=\"5\"/>\n"));
  CHECK(xml.contains("classname=\"&lt;&amp;&quot;&apos;&gt;&#10;\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD]]&gt;\""));
  CHECK(xml.contains("<failure message=\"it is denied\" type=\"expectation\">it is denied\nsource:      an imagined"));
  CHECK(xml.ends_with("</failure>\n    </testcase>\n  </testsuite>\n</testsuites>\n"));
}

TEST_CASE("TAP 14 has a plan, a subtest for each test, and says why", "[cli]") {
  const Example example("a # b \\ c\nd");
  const std::string tap = test_tap(example.run());
  CHECK(
      tap.starts_with("TAP version 14\n"
                      "1..2\n"
                      "# Subtest: good\n"
                      "    1..1\n"
                      "    ok 1 - any -> any : tcp/80 is allow\n"
                      "ok 1 - good\n"
                      "# Subtest: a \\# b \\\\ c d\n"
                      "    1..1\n"
                      "    not ok 1 - any -> any : tcp/81 is allow\n"
                      "      ---\n"
                      "      at: \"a&b.weft:8:3\"\n"
                      "      message: \"it is denied\"\n"
                      "      walk:\n"
                      "        - \"source:      an imagined workload\"\n"));
  CHECK(tap.ends_with("      ...\nnot ok 2 - a \\# b \\\\ c d\n"));
}
