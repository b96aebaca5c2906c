#include <filesystem>
#include <fstream>
#include <sstream>

#include <catch2/catch.hpp>

#include "tests/unit/verifier/build_policy.h"
#include "verifier/verifier.h"

using namespace weft;
using namespace weft::verifier;
using namespace weft::verifier::test;
using model::Selector;

namespace {

Report checked(const Builder& built, Options options = {}) {
  options.look_for_dead = false;
  Report report = check(built.policy, nullptr, options);
  CHECK(report.internal_errors.empty());
  return report;
}

std::string text_of(const std::filesystem::path& path) {
  std::ostringstream out;
  out << std::ifstream(path).rdbuf();
  return out.str();
}

}  // namespace

TEST_CASE("opposite verdicts on one flow are a conflict", "[verifier]") {
  Builder b;
  SECTION("with a witness, once per pair") {
    b.allow(app("a"), app("b"), any_port());
    b.deny(Selector::workload(), app("b"), tcp(22));
    const Report report = checked(b);
    REQUIRE(report.findings.size() == 1);
    const Finding& finding = report.findings[0];
    CHECK(finding.kind == Finding::Kind::Conflict);
    CHECK(finding.first == model::RuleId{0});
    CHECK(finding.second == model::RuleId{1});
    CHECK(describe(finding.witness) == R"(workload {app: "a"} -> workload {app: "b"} : tcp/22)");
    CHECK_FALSE(report.has_errors());
    CHECK(checked(b) == report);
  }
  SECTION("across policies of one tier") {
    b.block("p").allow(app("a"), app("b"), any_port());
    b.block("q").deny(app("a"), app("b"), any_port());
    CHECK(checked(b).findings.size() == 1);
  }
}

TEST_CASE("what is no conflict", "[verifier]") {
  Builder b;
  b.tiers({"one", "two"});
  SECTION("labels that exclude each other") {
    b.allow(app("a"), app("b"), any_port());
    b.deny(app("b"), app("b"), any_port());
  }
  SECTION("ports that exclude each other") {
    b.allow(app("a"), app("b"), tcp(80));
    b.deny(app("a"), app("b"), tcp(81));
  }
  SECTION("the API server and all else") {
    b.allow(app("a"), Selector::apiserver(), any_port());
    b.deny(app("a"), Selector::negation(Selector::apiserver()), any_port());
  }
  SECTION("addresses inside and outside") {
    b.allow(app("a"), Selector::address(network("10.0.0.0/8")), any_port());
    b.deny(app("a"), Selector::negation(Selector::address(network("10.0.0.0/8"))), any_port());
  }
  SECTION("another tier") {
    b.block("p").allow(app("a"), app("b"), any_port());
    b.block("q", 1).deny(app("a"), app("b"), any_port());
  }
  SECTION("another priority") {
    b.block("p").allow(app("a"), app("b"), any_port());
    b.block("q").priority(1).deny(app("a"), app("b"), any_port());
  }
  SECTION("the order of an ordered policy") {
    b.block("p", 0, true).allow(app("a"), app("b"), any_port());
    b.deny(app("a"), Selector::any(), any_port());
  }
  SECTION("gates that are not the same") {
    b.allow(app("a"), app("b"), any_port()).at_destination = false;
    b.deny(app("a"), app("b"), any_port()).at_source = false;
  }
  SECTION("a pass") {
    b.pass(app("a"), app("b"), any_port());
    b.deny(app("a"), app("b"), any_port());
  }
  SECTION("the gates are the world's, which has none") {
    b.allow(Selector::world(), app("b"), any_port()).at_destination = false;
    b.deny(Selector::world(), app("b"), any_port());
    CHECK(checked(b).findings.empty());
    return;  // only the solver knows about gates
  }
  const Report report = checked(b);
  CHECK(report.findings.empty());
  CHECK(report.statistics.questions == 0);  // settled without a solver
}

TEST_CASE("two rules conflict only where they decide", "[verifier]") {
  Builder b;
  b.tiers({"admin", "app"});
  SECTION("an earlier tier decides everything: no question is put") {
    b.block("a").deny(Selector::any(), Selector::any(), any_port());
    b.block("p", 1).allow(app("a"), app("b"), any_port());
    b.deny(app("a"), Selector::workload(), tcp(22));
    const Report report = checked(b);
    CHECK(report.findings.empty());
    CHECK(report.not_checked.empty());
    CHECK(report.statistics.questions == 0);
  }
  SECTION("two rules of an earlier tier decide everything together: that takes the solver") {
    b.block("a").deny(Selector::any(), Selector::any(), tcp(22));
    b.deny(Selector::any(), app("b"), tcp(80));
    b.block("p", 1).allow(app("a"), app("b"), any_port());
    model::PortSet ports = tcp(22);
    ports.points.add(tcp(80).points);
    b.deny(app("a"), Selector::workload(), ports);
    const Report report = checked(b);
    CHECK(report.findings.empty());
    CHECK(report.statistics.questions > 0);
  }
  SECTION("an earlier tier decides some of it: the witness is of the rest") {
    b.block("a").deny(Selector::any(), Selector::any(), tcp(443));
    b.block("p", 1).allow(app("a"), app("b"), any_port());
    b.deny(app("a"), app("b"), any_port());
    const Report report = checked(b);
    REQUIRE(report.findings.size() == 1);
    CHECK(report.findings[0].decisive);
    CHECK(describe(report.findings[0].witness) == R"(workload {app: "a"} -> workload {app: "b"} : tcp/80)");
    CHECK(report.findings[0].witness.decision.egress->rule == model::RuleId{2});
  }
  SECTION("a pass leads to them, around what else would decide") {
    b.block("a", 0, true).pass(app("a"), app("b"), tcp(22));
    b.deny(Selector::any(), Selector::any(), any_port());
    b.block("p", 1).allow(app("a"), app("b"), any_port());
    b.deny(app("a"), app("b"), any_port());
    const Report report = checked(b);
    REQUIRE(report.findings.size() == 1);
    CHECK(report.findings[0].witness.service == model::service_point(model::protocol::tcp, 22));
  }
  SECTION("a lower level of their tier") {
    b.block("first").priority(-1).deny(app("a"), Selector::any(), any_port());
    b.block("p").priority(0).allow(app("a"), app("b"), any_port());
    b.deny(app("a"), app("b"), any_port());
    CHECK(checked(b).findings.empty());
  }
  SECTION("isolation in an earlier tier, in force or audited") {
    b.block("a").isolate(Selector::workload()).audit = GENERATE(false, true);
    b.block("p", 1).allow(app("a"), app("b"), any_port());
    b.deny(app("a"), app("b"), any_port());
    CHECK(checked(b).findings.empty());
  }
  SECTION("from the moment on at which what came before expires") {
    constexpr model::Moment deadline{1'800'000'000};
    b.block("a").deny(Selector::any(), Selector::any(), any_port()).expires = deadline;
    b.block("p", 1).allow(app("a"), app("b"), any_port());
    b.deny(app("a"), app("b"), any_port());
    const Report report = checked(b);
    REQUIRE(report.findings.size() == 1);
    CHECK(report.findings[0].when == Interval{deadline, {}});
    CHECK(report.findings[0].witness.moment == deadline);
  }
  SECTION("nor is an order left open that decides nothing") {
    b.block("a").deny(Selector::any(), Selector::any(), any_port());
    b.block("p", 1, true).priority(5).allow(app("a"), app("b"), tcp(80));
    b.block("q", 1).priority(5).deny(app("a"), app("b"), any_port());
    CHECK(checked(b).findings.empty());
  }
}

TEST_CASE("ordered policies of one priority contradict each other where their rules have one number", "[verifier]") {
  Builder b;
  b.block("p", 0, true).allow(app("a"), app("b"), any_port());
  b.block("q", 0, true).deny(app("a"), app("b"), any_port());
  const Report report = checked(b);
  REQUIRE(report.findings.size() == 1);
  CHECK(report.findings[0].kind == Finding::Kind::Conflict);
}

TEST_CASE("one priority for an ordered policy and another is an error", "[verifier]") {
  Builder b;
  b.block("p", 0, true).priority(5).allow(app("a"), app("b"), tcp(80));
  b.allow(app("a"), app("c"), tcp(80));
  b.block("q").priority(5);
  SECTION("said once per pair of policies") {
    b.deny(app("a"), app("b"), any_port());
    b.deny(app("a"), app("c"), any_port());
    const Report report = checked(b);
    REQUIRE(report.findings.size() == 1);
    CHECK(report.findings[0].kind == Finding::Kind::AmbiguousPriority);
    CHECK(report.has_errors());
  }
  SECTION("a pass against an allow too") {
    b.pass(app("a"), app("b"), any_port());
    CHECK(checked(b).has_errors());
  }
  SECTION("equal verdicts are none") {
    b.allow(app("a"), app("b"), any_port());
    CHECK(checked(b).findings.empty());
  }
  SECTION("no common flow, no error") {
    b.deny(app("x"), app("b"), any_port());
    CHECK(checked(b).findings.empty());
  }
  SECTION("a default nobody stated is none") {
    b.policy.blocks.back().priority_stated = false;
    b.deny(app("a"), app("b"), any_port());
    CHECK(checked(b).findings.empty());
  }
}

TEST_CASE("what is beyond the limit is said to be unchecked", "[verifier]") {
  Builder b;
  for (std::uint16_t i = 0; i < 5; ++i) {
    b.allow(app("a"), app("b"), tcp(i));
    b.deny(app("a"), app("b"), tcp(i));
  }
  Options options;
  options.max_findings = 3;
  const Report report = checked(b, options);
  CHECK(report.findings.size() == 3);
  CHECK(report.not_checked.size() == 1);
  CHECK_FALSE(report.has_undecided());  // they would only have been more warnings
  options.max_findings = 5;
  CHECK(checked(b, options).not_checked.empty());
}

TEST_CASE("after very many pairs that turn out to be none, the rest is said to be unchecked", "[verifier]") {
  Builder b;
  // Only the solver knows that the world has no gate.
  for (std::uint16_t i = 0; i < 11; ++i) b.allow(Selector::world(), app("b"), tcp(80)).at_destination = false;
  for (std::uint16_t i = 0; i < 11; ++i) b.deny(Selector::world(), app("b"), tcp(80));
  Options options;
  options.max_findings = 1;
  const Report report = checked(b, options);
  CHECK(report.findings.empty());
  REQUIRE(report.not_checked.size() == 1);
  CHECK(report.not_checked[0].what == "21 further pairs of opposite rules that may conflict");
  CHECK(report.not_checked[0].why == "100 pairs before turned out to be none");
  CHECK(report.statistics.questions == 100);
  CHECK_FALSE(report.has_undecided());
  options.max_findings = 2;
  CHECK(checked(b, options).not_checked.empty());
}

TEST_CASE("every question can be read as SMT-LIB, the same each time", "[verifier]") {
  Builder b;
  b.allow(app("a"), Selector::all_of({app("b"), Selector::has(model::keys::of_workload("odd|\\ key"))}), any_port());
  b.deny(app("a"), app("b"), tcp(22));
  b.never(Selector::world(), app("b"), any_port());
  const std::filesystem::path folder = std::filesystem::temp_directory_path() / "weft-verifier-dump-test";
  std::vector<std::string> texts;
  for (int run = 0; run < 2; ++run) {
    std::filesystem::remove_all(folder);
    Options options;
    options.dump_smt = folder;
    checked(b, options);
    std::string all;
    for (const char* name : {"overlap-00000-00001-egress", "assertion-0000-never", "assertion-0000-never-vacuous"}) {
      const std::string text = text_of(folder / (std::string(name) + ".smt2"));
      INFO(name);
      CHECK(text.find("(set-logic QF_BV)") != std::string::npos);
      CHECK(text.find("(check-sat)") != std::string::npos);
      CHECK(text.find("(set-info :status unknown)") == std::string::npos);
      all += text;
    }
    texts.push_back(all);
  }
  CHECK(texts[0] == texts[1]);
  std::filesystem::remove_all(folder);
}
