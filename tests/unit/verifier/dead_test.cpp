#include <catch2/catch.hpp>

#include "tests/unit/verifier/build_policy.h"
#include "verifier/verifier.h"

using namespace weft;
using namespace weft::verifier;
using namespace weft::verifier::test;
using model::RuleId;
using model::Selector;

namespace {

Report checked(const Builder& built, const Options& options = {}) {
  Report report = check(built.policy, nullptr, options);
  CHECK(report.internal_errors.empty());
  CHECK(check(built.policy, nullptr, options) == report);
  return report;
}

std::string said(const Builder& built) {
  const Sources sources = built.sources();
  Diagnostics diagnostics;
  report_to(checked(built), built.policy, sources, diagnostics);
  return render(diagnostics, sources, {});
}

model::PortSet tcp(std::uint16_t first, std::uint16_t last) {
  return {model::PointSet::of_range(model::protocol::tcp, first, last), {}};
}

// The one dead statement of a policy and what makes it so.
void expect_dead(const Builder& built, Dead::Kind kind, Statement what, const std::vector<Statement>& blockers) {
  const Report report = checked(built);
  REQUIRE(report.dead.size() == 1);
  CHECK(report.dead[0].kind == kind);
  CHECK(report.dead[0].what == what);
  CHECK(report.dead[0].blockers == blockers);
  CHECK(report.unreachable.empty());
  CHECK(report.findings.empty());
}

void expect_alive(const Builder& built) {
  const Report report = checked(built);
  CHECK(report.dead.empty());
  CHECK(report.unreachable.empty());
  CHECK(report.not_checked.empty());
}

}  // namespace

TEST_CASE("a rule is dead where one before it decides everything", "[verifier][dead]") {
  Builder b;
  b.tiers({"admin", "app"});
  SECTION("in an earlier tier") {
    b.block("a").deny(env("dev"), Selector::any(), any_port());
    b.block("p", 1).allow(both(app("x"), env("dev")), app("b"), tcp(80));
    b.allow(app("x"), app("b"), tcp(80));
    expect_dead(b, Dead::Kind::Shadowed, RuleId{1}, {RuleId{0}});
    CHECK(checked(b).statistics.questions == 0);
  }
  SECTION("earlier in an ordered policy") {
    b.block("p", 0, true).deny(app("a"), Selector::any(), any_port());
    b.allow(app("a"), app("b"), tcp(80));
    expect_dead(b, Dead::Kind::Shadowed, RuleId{1}, {RuleId{0}});
  }
  SECTION("an isolation of an earlier tier") {
    b.block("a").isolate(app("b"));
    b.block("p", 1).allow(Selector::world(), app("b"), tcp(80));
    expect_dead(b, Dead::Kind::Shadowed, RuleId{0}, {model::IsolationId{0}});
  }
  SECTION("a pass of its own level does not count, one of an earlier level does") {
    b.block("p", 0, true).pass(app("a"), Selector::any(), any_port());
    b.allow(app("a"), app("b"), tcp(80));
    b.block("q", 1).allow(app("c"), app("b"), tcp(80));
    expect_dead(b, Dead::Kind::Shadowed, RuleId{1}, {RuleId{0}});
  }
}

TEST_CASE("a rule is dead where several together decide everything", "[verifier][dead]") {
  Builder b;
  b.tiers({"admin", "app"});
  SECTION("each takes a part, and what is not needed is not named") {
    b.block("a").deny(app("a"), Selector::any(), tcp(1, 50));
    b.deny(Selector::any(), app("b"), tcp(40, 90));
    b.deny(Selector::any(), Selector::any(), tcp(60, 70));
    b.block("p", 1).allow(app("a"), app("b"), tcp(10, 80));
    expect_dead(b, Dead::Kind::Shadowed, RuleId{3}, {RuleId{0}, RuleId{1}});
    CHECK(checked(b).statistics.questions == 0);
  }
  SECTION("of which only the solver knows that they do") {
    const model::LabelKey key = model::keys::of_workload("app");
    b.block("a").deny(Selector::workload(), Selector::workload(), any_port()).relations = {{key, key, true}};
    b.deny(Selector::workload(), Selector::workload(), any_port()).relations = {{key, key, false}};
    b.block("p", 1).allow(app("a"), Selector::has(key), tcp(80));
    expect_dead(b, Dead::Kind::Shadowed, RuleId{2}, {RuleId{0}, RuleId{1}});
    CHECK(checked(b).statistics.questions > 0);
  }
  SECTION("labels of a finite vocabulary") {
    b.policy.schema[model::keys::of_workload("env")].values = {"p", "d"};
    b.block("a").deny(env("p"), app("b"), any_port());
    b.deny(env("d"), app("b"), any_port());
    b.deny(both(Selector::workload(), Selector::negation(Selector::has(model::keys::of_workload("env")))), app("b"),
           any_port());
    b.block("p", 1).allow(app("a"), app("b"), tcp(80));
    expect_dead(b, Dead::Kind::Shadowed, RuleId{3}, {RuleId{0}, RuleId{1}, RuleId{2}});
  }
  SECTION("without the values being all there are it is alive") {
    b.block("a").deny(env("p"), app("b"), any_port());
    b.deny(env("d"), app("b"), any_port());
    b.deny(both(Selector::workload(), Selector::negation(Selector::has(model::keys::of_workload("env")))), app("b"),
           any_port());
    b.block("p", 1).allow(app("a"), app("b"), tcp(80));
    expect_alive(b);
  }
}

TEST_CASE("a rule is dead only if it decides at neither gate", "[verifier][dead]") {
  Builder b;
  b.block("p", 0, true).deny(app("a"), Selector::any(), any_port()).at_destination = false;
  SECTION("at the source the deny comes first, at the destination it decides") {
    b.allow(app("a"), app("b"), tcp(80));
    expect_alive(b);
  }
  SECTION("where it speaks at the source only") {
    b.allow(app("a"), app("b"), tcp(80)).at_destination = false;
    expect_dead(b, Dead::Kind::Shadowed, RuleId{1}, {RuleId{0}});
  }
}

TEST_CASE("a pass leads around what would decide", "[verifier][dead]") {
  Builder b;
  b.tiers({"admin", "app", "last"});
  b.block("a", 0, true).pass(app("a"), Selector::any(), tcp(80));
  b.deny(app("a"), Selector::any(), any_port());
  SECTION("so that the rule behind it decides") {
    b.block("p", 1).allow(app("a"), app("b"), tcp(80));
    expect_alive(b);
  }
  SECTION("not on other ports") {
    b.block("p", 1).allow(app("a"), app("b"), tcp(81));
    expect_dead(b, Dead::Kind::Shadowed, RuleId{2}, {RuleId{1}});
  }
  SECTION("past the tier in between") {
    b.policy.rules[0].pass_to = model::TierId{2};
    b.block("p", 1).allow(app("a"), app("b"), tcp(80));
    expect_dead(b, Dead::Kind::Shadowed, RuleId{2}, {RuleId{0}});
  }
}

TEST_CASE("an allow is overridden where denies of its level match all of it", "[verifier][dead]") {
  Builder b;
  b.allow(app("a"), app("b"), tcp(10, 80));
  SECTION("one of them: told of once, and not as a conflict") {
    b.deny(Selector::workload(), app("b"), any_port());
    expect_dead(b, Dead::Kind::Overridden, RuleId{0}, {RuleId{1}});
  }
  SECTION("two of them") {
    b.deny(Selector::workload(), app("b"), tcp(1, 50));
    b.deny(Selector::workload(), app("b"), tcp(51, 90));
    expect_dead(b, Dead::Kind::Overridden, RuleId{0}, {RuleId{1}, RuleId{2}});
  }
  SECTION("a part of it is a conflict and nothing more") {
    b.deny(Selector::workload(), app("b"), tcp(1, 50));
    expect_alive(b);
    CHECK(checked(b).findings.size() == 1);
  }
}

TEST_CASE("a rule is redundant where others say the same", "[verifier][dead]") {
  Builder b;
  SECTION("the same rule twice: the second one goes") {
    b.allow(app("a"), app("b"), tcp(80));
    b.allow(app("a"), app("b"), tcp(80));
    expect_dead(b, Dead::Kind::Redundant, RuleId{1}, {RuleId{0}});
  }
  SECTION("a wider one behind it takes over") {
    b.allow(app("a"), app("b"), tcp(80));
    b.allow(app("a"), Selector::any(), tcp(1, 100));
    expect_dead(b, Dead::Kind::Redundant, RuleId{0}, {RuleId{1}});
    CHECK(checked(b).dead[0].decides);
  }
  SECTION("one before and one behind it together") {
    b.allow(app("a"), app("b"), tcp(1, 50));
    b.allow(app("a"), app("b"), tcp(20, 70));
    b.allow(app("a"), app("b"), tcp(60, 90));
    b.policy.rules[1].ports = tcp(20, 70);
    expect_alive(b);  // 51 to 59 are its own
    b.policy.rules[2].ports = tcp(50, 90);
    expect_dead(b, Dead::Kind::Redundant, RuleId{1}, {RuleId{0}, RuleId{2}});
  }
  SECTION("not where another verdict comes in between") {
    b.block("p", 0, true).allow(app("a"), app("b"), tcp(80));
    b.deny(app("a"), app("b"), tcp(1, 90));
    b.allow(app("a"), app("b"), any_port());
    expect_alive(b);
  }
  SECTION("not where the other one expires before it") {
    b.allow(app("a"), app("b"), tcp(80));
    b.allow(app("a"), Selector::any(), any_port()).expires = model::Moment{100};
    expect_alive(b);
    b.policy.rules[0].expires = model::Moment{50};
    expect_dead(b, Dead::Kind::Redundant, RuleId{0}, {RuleId{1}});
  }
  SECTION("not where it logs what it decides") {
    b.allow(app("a"), app("b"), tcp(80)).log = "";
    b.allow(app("a"), Selector::any(), any_port());
    expect_alive(b);
  }
  SECTION("not where only the profile says the same") {
    b.deny(app("a"), app("b"), tcp(80));
    expect_alive(b);
  }
  SECTION("an isolation twice") {
    b.isolate(app("a"));
    b.isolate(Selector::one_of(model::keys::of_workload("app"), {"a", "b"}));
    const Report report = checked(b);
    CHECK(report.dead.empty());  // the first one decides what the second would not
    b.isolate(app("b"));
    expect_dead(b, Dead::Kind::Redundant, model::IsolationId{2}, {model::IsolationId{1}});
    b.policy.isolations.pop_back();
    b.block("q").isolate(app("b"));
    expect_alive(b);  // a policy of its own states it for itself
  }
}

TEST_CASE("a rule contradicts itself", "[verifier][dead]") {
  Builder b;
  const auto expect_why = [&](const char* why) {
    const Report report = checked(b);
    REQUIRE(report.dead.size() == 1);
    CHECK(report.dead[0].kind == Dead::Kind::Contradictory);
    CHECK(report.dead[0].why == why);
    CHECK_FALSE(report.dead[0].example);
  };
  SECTION("two values of one label") {
    b.allow(both(app("a"), app("b")), Selector::any(), any_port());
    expect_why(R"(no source matches `app == "a" && app == "b"`)");
  }
  SECTION("a destination of two kinds") {
    b.allow(app("a"), both(app("a"), Selector::node()), any_port());
    expect_why(R"(no destination matches `app == "a" && node`)");
  }
  SECTION("relations that exclude each other") {
    const model::LabelKey key = model::keys::of_workload("app");
    b.allow(app("a"), app("b"), any_port()).relations = {{key, key, true}};
    expect_why("no flow has all that it asks for at once");
  }
  SECTION("at a gate that nobody has") {
    b.allow(Selector::world(), app("a"), any_port()).at_destination = false;
    expect_why("none of the peers where it would be judged has a gate");
  }
  SECTION("an isolation") {
    b.isolate(both(app("a"), app("b")));
    expect_why(R"(no peer matches `app == "a" && app == "b"`)");
  }
}

TEST_CASE("a tier or a policy of which nothing decides is one finding", "[verifier][dead]") {
  Builder b;
  b.tiers({"baseline", "app"});
  b.block("closed").deny(Selector::any(), Selector::any(), any_port());
  b.block("p", 1).allow(app("a"), app("b"), any_port());
  b.block("q", 1).allow(app("a"), app("c"), any_port());
  SECTION("the tier") {
    const Report report = checked(b);
    CHECK(report.dead.empty());
    REQUIRE(report.unreachable.size() == 1);
    CHECK(std::get<model::TierId>(report.unreachable[0].what) == model::TierId{1});
    CHECK(report.unreachable[0].blockers == std::vector<Statement>{RuleId{0}});
  }
  SECTION("a policy of it") {
    b.policy.rules[0].destination = app("b");
    b.policy.rules[1].destination = app("b");
    b.block("r", 1).allow(app("d"), app("b"), any_port());
    b.deny(app("e"), app("b"), any_port());
    const Report report = checked(b);
    REQUIRE(report.unreachable.size() == 1);
    CHECK(std::get<model::BlockId>(report.unreachable[0].what) == model::BlockId{3});
    REQUIRE(report.dead.size() == 1);  // `p` is one rule: told of as that
    CHECK(report.dead[0].what == Statement{RuleId{1}});
  }
}

TEST_CASE("what is audited or expired says nothing, and time is looked at", "[verifier][dead]") {
  Builder b;
  b.block("p", 0, true).deny(app("a"), Selector::any(), any_port());
  b.allow(app("a"), app("b"), tcp(80));
  SECTION("an audited rule hides none") {
    b.policy.rules[0].audit = true;
    expect_alive(b);
  }
  SECTION("nor does one that expires first") {
    b.policy.rules[0].expires = model::Moment{100};
    expect_alive(b);
    b.policy.rules[1].expires = model::Moment{100};
    expect_dead(b, Dead::Kind::Shadowed, RuleId{1}, {RuleId{0}});
  }
  SECTION("a rule past its deadline is not spoken of") {
    b.policy.rules[1].expires = model::Moment{100};
    CHECK(checked(b, {.dump_smt = {}, .now = model::Moment{100}}).dead.empty());
  }
}

TEST_CASE("an author may expect a rule to be dead", "[verifier][dead]") {
  Builder b;
  b.block("p", 0, true).deny(app("a"), Selector::any(), any_port());
  b.allow(app("a"), app("b"), tcp(80)).annotations.push_back({"expect", {"dead"}, {}});
  SECTION("shadowed") { expect_alive(b); }
  SECTION("who expects the conflict knows that the deny wins") {
    b.policy.blocks[0].ordered = false;
    for (model::Rule& rule : b.policy.rules) rule.level.index = 0;
    b.policy.rules[1].annotations[0].values = {"conflict"};
    expect_alive(b);
    b.policy.rules[1].annotations.clear();
    expect_dead(b, Dead::Kind::Overridden, RuleId{1}, {RuleId{0}});
  }
  SECTION("redundant means redundant only") {
    b.policy.rules[1].annotations[0].values = {"redundant"};
    expect_dead(b, Dead::Kind::Shadowed, RuleId{1}, {RuleId{0}});
    b.policy.rules[0].verdict = model::Verdict::Allow;
    expect_alive(b);
  }
}

TEST_CASE("what is beyond the limit of findings is said to be unchecked", "[verifier][dead]") {
  Builder b;
  for (int i = 0; i < 6; ++i) b.allow(app("a"), app("b"), tcp(80));
  const Report report = checked(b, {.dump_smt = {}, .max_findings = 3});
  CHECK(report.dead.size() == 3);
  REQUIRE(report.not_checked.size() == 1);
  CHECK(report.not_checked[0].what == "whether 3 further rules ever decide");
  CHECK_FALSE(report.has_undecided());
}

TEST_CASE("statements that are left when the work for all of them is used up are said to be unchecked",
          "[verifier][dead]") {
  Builder b;
  for (int i = 0; i < 60; ++i) b.allow(app("a"), app("b"), tcp(80));
  const Report report = checked(b, {.rlimit = 1, .dump_smt = {}, .max_findings = 1000});
  CHECK(report.dead.size() > 1);
  CHECK(report.dead.size() < 59);
  REQUIRE(report.not_checked.size() == 1);
  CHECK(report.not_checked[0].why == "the work that is allowed for all of them is used up");
  CHECK(checked(b, {.rlimit = 1, .dump_smt = {}, .max_findings = 1000}) == report);
  CHECK(checked(b, {.rlimit = 1'000, .dump_smt = {}, .max_findings = 1000}).dead.size() == 59);
}

TEST_CASE("a question about a dead rule that is too hard is said to be unchecked", "[verifier][dead]") {
  Builder b;
  const model::LabelKey key = model::keys::of_workload("app");
  b.block("p", 0, true);
  b.deny(Selector::workload(), Selector::workload(), any_port()).relations = {{key, key, true}};
  b.deny(Selector::workload(), Selector::workload(), any_port()).relations = {{key, key, false}};
  b.allow(app("a"), Selector::has(key), tcp(10, 80));
  const Report report = checked(b, {.rlimit = 1, .dump_smt = {}});
  CHECK(report.dead.empty());
  REQUIRE(report.not_checked.size() == 1);
  CHECK(report.not_checked[0].why.starts_with("the solver gave up within its limit of 1 units"));
}

TEST_CASE("a dead rule is told of with what decides, an example and what to do", "[verifier][dead]") {
  Builder b;
  SECTION("shadowed") {
    b.block("shop", 0, true).deny(app("a"), Selector::any(), any_port());
    b.allow(app("a"), app("b"), tcp(80));
    CHECK(said(b) == R"(warning W3010: this `allow` never decides: whatever it matches is decided before
 --> test.weft:2:1
2 | allow app == "a" -> app == "b" : tcp/80
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
 ::: test.weft:1:1
1 | deny app == "a" -> any : any
  | ---------------------------- decides before it
  = note: for example workload {app: "a"} -> workload {app: "b"} : tcp/80
  = note: egress at the source: deny by `shop` at test.weft:1:1 (tier `main`)
  = note: ingress at the destination: deny by `shop` at test.weft:1:1 (tier `main`)
  = note: in the open world: so it is for every workload there may be
  = help: put it before them, narrow them, or delete it
  = help: delete this `allow`
2 - allow app == "a" -> app == "b" : tcp/80
)");
  }
  SECTION("redundant: a fix that needs nobody's judgement, unless somebody had a reason") {
    b.allow(app("a"), app("b"), tcp(80));
    b.allow(app("a"), app("b"), tcp(80));
    const auto applicability = [&] {
      const Sources sources = b.sources();
      Diagnostics diagnostics;
      report_to(checked(b), b.policy, sources, diagnostics);
      REQUIRE(diagnostics.all().size() == 1);
      REQUIRE(diagnostics.all()[0].fixes.size() == 1);
      return diagnostics.all()[0].fixes[0].applicability;
    };
    CHECK(applicability() == Applicability::MachineApplicable);
    b.policy.rules[1].because = "auditors ask";
    CHECK(applicability() == Applicability::MaybeIncorrect);
  }
  SECTION("many that have a part in it are counted") {
    for (std::uint16_t i = 0; i < 6; ++i) {
      b.deny(app("a"), app("b"), tcp(static_cast<std::uint16_t>(10 * i), static_cast<std::uint16_t>(10 * i + 9)));
    }
    b.allow(app("a"), app("b"), tcp(0, 59));
    CHECK(said(b).find("3 others have a part in it, the first at test.weft:4:1") != std::string::npos);
  }
}

TEST_CASE("a rule is taken out of its text with its line and what is said behind it", "[verifier][dead]") {
  Builder b;
  b.allow(app("a"), app("b"), tcp(80));
  b.allow(app("a"), app("b"), tcp(80));
  const auto left = [&](const std::string& before, const std::string& after) {
    std::string text = b.text.substr(0, b.policy.rules[0].span.end + 1) + before;
    const std::string rule =
        b.text.substr(b.policy.rules[1].span.begin, b.policy.rules[1].span.end - b.policy.rules[1].span.begin);
    model::Policy policy = b.policy;
    policy.rules[1].span.begin = static_cast<std::uint32_t>(text.size());
    text += rule;
    policy.rules[1].span.end = static_cast<std::uint32_t>(text.size());
    text += after;
    Sources sources;
    sources.add("test.weft", text);
    Diagnostics diagnostics;
    report_to(check(policy, nullptr, {}), policy, sources, diagnostics);
    const Edit& edit = diagnostics.all().at(0).fixes.at(0).edits.at(0);
    text.erase(edit.span.begin, edit.span.end - edit.span.begin);
    return text.substr(b.policy.rules[0].span.end + 1);
  };
  CHECK(left("  ", "\n  next\n") == "  next\n");
  CHECK(left("  ", "  // again\nnext") == "next");
  CHECK(left("", "") == "");
  CHECK(left("{ ", " }\n") == "{ }\n");
  CHECK(left("", " next\n") == " next\n");
}
