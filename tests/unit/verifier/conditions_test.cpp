// Relations, deadlines and audit: what is proved about them, and how it is said.
#include <catch2/catch.hpp>

#include "tests/unit/verifier/build_policy.h"
#include "verifier/verifier.h"

using namespace weft;
using namespace weft::verifier;
using namespace weft::verifier::test;
using model::Moment;
using model::Selector;

namespace {

const model::LabelKey job = model::keys::of_workload("job");
const model::LabelKey parent = model::keys::of_workload("parent");
const model::LabelKey team = model::keys::of_namespace("team");
const Moment first_of_february{1'801'440'000};  // 2027-02-01
const Moment first_of_march{1'803'859'200};     // 2027-03-01

Report checked(const Builder& built, const model::Inventory* inventory = nullptr, Moment now = model::before_all) {
  Report report = check(built.policy, inventory, Options{.dump_smt = {}, .look_for_dead = false, .now = now});
  CHECK(report.internal_errors.empty());
  return report;
}

std::string text_of(const Answer& answer) {
  if (const auto* refuted = std::get_if<Refuted>(&answer)) return describe(refuted->witness);
  if (const auto* proved = std::get_if<Proved>(&answer)) return proved->vacuous ? "vacuous" : "proved";
  return std::get<Undecided>(answer).why;
}

std::string answer(const Builder& built, const model::Inventory* inventory = nullptr) {
  const Report report = checked(built, inventory);
  REQUIRE(report.assertions.size() == 1);
  return text_of(report.assertions[0].answer);
}

std::string said(const Builder& built, Moment now = model::before_all) {
  const Report report = checked(built, nullptr, now);
  const Sources sources = built.sources();
  Diagnostics diagnostics;
  report_to(report, built.policy, sources, diagnostics);
  return render(diagnostics, sources, {});
}

// Inside one job, nowhere else.
Builder gang() {
  Builder b;
  b.block("gang").allow(Selector::workload(), Selector::workload(), any_port()).relations = {{job, job, true}};
  return b;
}

}  // namespace

TEST_CASE("a relation opens what it says and nothing else", "[verifier]") {
  Builder b = gang();
  SECTION("never between two jobs, without anybody naming a job") {
    b.never(Selector::workload(), Selector::workload(), any_port());
    b.policy.assertions[0].relations = {{job, job, false}};
    CHECK(answer(b) == "proved");
  }
  SECTION("never from the world, from nodes, or without the key") {
    b.never(Selector::negation(Selector::has(job)), Selector::workload(), any_port());
    CHECK(answer(b) == "proved");
  }
  SECTION("always inside a job") {
    b.always(Selector::workload(), Selector::workload(), any_port());
    b.policy.assertions[0].relations = {{job, job, true}};
    CHECK(answer(b) == "proved");
  }
  SECTION("what is open shows itself") {
    b.never(Selector::workload(), Selector::workload(), tcp(80));
    CHECK(answer(b) == R"(workload {job: "other"} -> workload {job: "other"} : tcp/80)");
  }
  SECTION("two values that nobody names are still two") {
    b.always(Selector::has(job), Selector::has(job), tcp(80));
    CHECK(answer(b) == R"(workload {job: "other"} -> workload {job: "other-2"} : tcp/80)");
  }
  SECTION("a named value against all others") {
    b.always(Selector::equals(job, "a"), Selector::has(job), tcp(80));
    CHECK(answer(b) == R"(workload {job: "a"} -> workload {job: "other"} : tcp/80)");
  }
  SECTION("a finite vocabulary") {
    b.policy.schema[job].values = {"only"};
    b.always(Selector::has(job), Selector::has(job), tcp(80));
    CHECK(answer(b) == "proved");
  }
  SECTION("a finite vocabulary of one value has no two of them") {
    b.policy.schema[job].values = {"only"};
    b.never(Selector::any(), Selector::any(), any_port());
    b.policy.assertions[0].relations = {{job, job, false}};
    CHECK(answer(b) == "vacuous");
  }
  SECTION("a claim about an end that lacks the key is vacuous") {
    b.never(Selector::world(), Selector::workload(), any_port());
    b.policy.assertions[0].relations = {{job, job, true}};
    CHECK(answer(b) == "vacuous");
  }
}

TEST_CASE("keys that are compared share their values", "[verifier]") {
  Builder b;
  SECTION("a finite key against a free one") {
    b.policy.schema[parent].values = {"x", "y"};
    b.allow(Selector::workload(), Selector::workload(), any_port()).relations = {{parent, job, true}};
    b.always(Selector::has(parent), Selector::one_of(job, {"x", "y"}), tcp(80));
    const Report report = checked(b);
    const auto* refuted = std::get_if<Refuted>(&report.assertions[0].answer);
    REQUIRE(refuted);
    const std::string& left = refuted->witness.source.labels.at(parent);
    const std::string& right = refuted->witness.destination.labels.at(job);
    CHECK(((left == "x" && right == "y") || (left == "y" && right == "x")));
  }
  SECTION("a finite key against a free one: its values and no others") {
    b.policy.schema[parent].values = {"x", "y"};
    b.allow(Selector::workload(), Selector::workload(), any_port()).relations = {{parent, job, true}};
    b.never(Selector::workload(), both(Selector::workload(), Selector::negation(Selector::one_of(job, {"x", "y"}))),
            any_port());
    CHECK(answer(b) == "proved");
  }
  SECTION("three values at once: two shared and one that differs") {
    // Equal parents, equal jobs, and the parent of the source is not the job of the destination.
    b.allow(Selector::workload(), Selector::workload(), any_port());
    b.never(Selector::any(), Selector::any(), tcp(80));
    b.policy.assertions[0].relations = {{job, job, true}, {parent, parent, true}, {parent, job, false}};
    CHECK(answer(b) ==
          R"(workload {job: "other", parent: "other-2"} -> workload {job: "other", parent: "other-2"} : tcp/80)");
  }
  SECTION("a pattern that one value has: no two others match it") {
    b.allow(Selector::workload(), Selector::workload(), any_port());
    b.never(Selector::glob(job, "only"), Selector::glob(job, "only"), any_port());
    b.policy.assertions[0].relations = {{job, job, false}};
    CHECK(answer(b) == "vacuous");
  }
  SECTION("a pattern that many have: two of them differ") {
    b.allow(Selector::workload(), Selector::workload(), any_port());
    b.never(Selector::glob(job, "train-?"), Selector::glob(job, "train-?"), tcp(80));
    b.policy.assertions[0].relations = {{job, job, false}};
    const Report report = checked(b);
    const auto* refuted = std::get_if<Refuted>(&report.assertions[0].answer);
    REQUIRE(refuted);
    CHECK(refuted->witness.source.labels.at(job) != refuted->witness.destination.labels.at(job));
    CHECK(model::glob_matches("train-?", refuted->witness.source.labels.at(job)));
    CHECK(model::glob_matches("train-?", refuted->witness.destination.labels.at(job)));
  }
  SECTION("labels of two listed namespaces differ though nobody names them") {
    model::Inventory inventory;
    inventory.namespaces["a"] = {{team, "red"}};
    inventory.namespaces["b"] = {{team, "blue"}};
    b.allow(Selector::workload(), Selector::workload(), any_port()).relations = {{team, team, true}};
    b.never(Selector::equals(model::keys::ns, "a"), Selector::equals(model::keys::ns, "b"), any_port());
    CHECK(answer(b, &inventory) == "proved");
    CHECK(answer(b) != "proved");  // without the inventory the two namespaces may be of one team
  }
}

TEST_CASE("rules whose relations exclude each other do not conflict", "[verifier]") {
  Builder b = gang();
  model::Rule& deny = b.deny(Selector::workload(), Selector::workload(), any_port());
  SECTION("== against != of the same keys") {
    deny.relations = {{job, job, false}};
    CHECK(checked(b).findings.empty());
    CHECK(checked(b).statistics.questions == 0);
  }
  SECTION("== against a source without the key") {
    deny.source = Selector::negation(Selector::has(job));
    CHECK(checked(b).findings.empty());
  }
  SECTION("others do, and the witness says with which values") {
    deny.relations = {{parent, parent, false}};
    const Report report = checked(b);
    REQUIRE(report.findings.size() == 1);
    const Witness& shown = report.findings[0].witness;
    CHECK(shown.source.labels.at(job) == shown.destination.labels.at(job));
    CHECK(shown.source.labels.at(parent) != shown.destination.labels.at(parent));
  }
}

TEST_CASE("an expected conflict is silent", "[verifier]") {
  Builder b;
  const bool on_allow = GENERATE(true, false);
  model::Rule& rule = on_allow ? b.allow(app("a"), app("b"), any_port()) : b.deny(app("a"), app("b"), any_port());
  rule.annotations = {{"expect", {"conflict"}, {}}};
  if (on_allow) {
    b.deny(app("a"), app("b"), any_port());
  } else {
    b.allow(app("a"), app("b"), any_port());
  }
  CHECK(checked(b).findings.empty());
  b.policy.rules[0].annotations = {{"expect", {"peace"}, {}}, {"owner", {"conflict"}, {}}};
  CHECK(checked(b).findings.size() == 1);
}

TEST_CASE("a deadline cuts time, and every answer says when it holds", "[verifier]") {
  Builder b;
  b.block("shop").allow(app("web"), app("db"), any_port()).expires = first_of_february;
  SECTION("broken until then") {
    b.never(app("web"), app("db"), tcp(80));
    const Report report = checked(b);
    const std::vector<TimedAnswer>& parts = report.assertions[0].parts;
    REQUIRE(parts.size() == 2);
    CHECK(parts[0].when == Interval{model::before_all, first_of_february});
    CHECK(parts[0].answer == report.assertions[0].answer);
    CHECK(parts[1].when == Interval{first_of_february, {}});
    CHECK(text_of(parts[1].answer) == "proved");
    CHECK(report.has_errors());
    CHECK_THAT(said(b), Catch::Contains("= note: so it is until 2027-02-01\n") &&
                            Catch::Contains("= note: from 2027-02-01 on it holds\n"));
  }
  SECTION("from the deadline on there is nothing to look at before it") {
    b.never(app("web"), app("db"), tcp(80));
    const Report report = checked(b, nullptr, first_of_february);
    CHECK(text_of(report.assertions[0].answer) == "proved");
    CHECK(report.assertions[0].parts.empty());
    CHECK(text_of(checked(b, nullptr, Moment{1'801'439'999}).assertions[0].answer) != "proved");
  }
  SECTION("broken from then on, with a flow of that time") {
    b.always(app("web"), app("db"), tcp(80));
    const Report report = checked(b);
    CHECK(std::get<Refuted>(report.assertions[0].answer).witness.moment == first_of_february);
    CHECK_THAT(said(b), Catch::Contains("= note: until 2027-02-01 it holds\n") &&
                            Catch::Contains("= note: so it is from 2027-02-01 on\n"));
  }
  SECTION("broken all the time, by two flows") {
    b.deny(app("web"), app("db"), tcp(22)).expires = first_of_march;
    b.policy.rules[1].annotations = {{"expect", {"conflict"}, {}}};
    b.always(app("web"), app("db"), any_port());
    const Report report = checked(b);
    REQUIRE(report.assertions[0].parts.size() == 2);
    CHECK(text_of(report.assertions[0].parts[0].answer) == R"(workload {app: "web"} -> workload {app: "db"} : tcp/22)");
    // It is denied as long as the deny lasts, from February on by the profile as well; from March on by that alone.
    CHECK(report.assertions[0].parts[0].when.until == first_of_march);
    CHECK_THAT(said(b), Catch::Contains("= note: from 2027-03-01 on it is broken by workload"));
  }
  SECTION("a conflict lasts as long as both rules") {
    b.deny(app("web"), app("db"), tcp(22)).expires = first_of_march;
    const Report report = checked(b);
    REQUIRE(report.findings.size() == 1);
    CHECK(report.findings[0].when == Interval{model::before_all, first_of_february});
    CHECK_THAT(said(b), Catch::Contains("= note: so it is until 2027-02-01, when one of the two rules expires\n"));
    CHECK(checked(b, nullptr, first_of_february).findings.empty());
  }
  SECTION("claims on which no deadline has a bearing cost one question and know no time") {
    b.never(app("x"), app("db"), tcp(80));
    b.policy.rules[0].destination = app("y");
    const Report report = checked(b);
    CHECK(report.assertions[0].parts.empty());
    CHECK(report.statistics.questions == 2);  // the claim, and whether it is about anything
  }
}

TEST_CASE("audited rules prove nothing and break nothing, and the report says so", "[verifier]") {
  Builder b;
  b.block("shop").allow(app("web"), app("db"), any_port()).audit = true;
  SECTION("an audited allow opens nothing") {
    b.never(app("web"), app("db"), any_port());
    CHECK(answer(b) == "proved");
    CHECK(said(b) ==
          "note W3009: 1 audited rule is not in force: findings and proofs are about the policy without it\n");
  }
  SECTION("it does not conflict") {
    b.deny(app("web"), app("db"), any_port());
    CHECK(checked(b).findings.empty());
    CHECK(checked(b).statistics.pairs == 0);
  }
  SECTION("an audited isolation allows, and ends the walk") {
    b.tiers({"one", "two"});
    b.isolate(app("db")).audit = true;
    b.block("late", 1).deny(Selector::any(), Selector::any(), any_port());
    b.allow(Selector::any(), Selector::any(), any_port()).tier = model::TierId{0};
    b.policy.rules[2].at_destination = false;
    b.always(app("web"), app("db"), tcp(80));
    CHECK(answer(b) == "proved");
    CHECK_THAT(said(b), Catch::StartsWith("note W3009: 1 audited rule and 1 audited isolation are not in force"));
  }
  SECTION("an isolation in force goes first") {
    b.isolate(app("db")).audit = true;
    b.isolate(app("db"));
    b.never(Selector::any(), app("db"), any_port());
    CHECK(answer(b) == "proved");
  }
  SECTION("nothing is audited, nothing is said") {
    b.policy.rules[0].audit = false;
    CHECK(said(b).empty());
  }
}

TEST_CASE("what the profile lets in before any rule is asked is no conflict of rules", "[verifier]") {
  Builder b;
  b.policy.profile = *model::find_profile("k8s");
  model::Rule& host = b.deny(Selector::node(), app("c"), tcp(53));
  host.at_source = false;
  host.peer_node = model::PeerNode::Own;
  b.allow(Selector::node(), Selector::workload(), any_port());
  const Report report = check(b.policy, nullptr, Options{});
  CHECK(report.internal_errors.empty());
  CHECK(report.findings.empty());
  REQUIRE(report.dead.size() == 1);
  CHECK(report.dead[0].kind == Dead::Kind::Shadowed);
  CHECK(report.dead[0].what == Statement{model::RuleId{0}});
  CHECK(report.dead[0].why == "profile `k8s` lets a workload's own node in before any rule is asked");

  // Of other nodes it is one.
  b.policy.rules[0].peer_node = model::PeerNode::Other;
  const Report others = check(b.policy, nullptr, Options{});
  CHECK(others.internal_errors.empty());
  CHECK(others.findings.size() == 1);
}
