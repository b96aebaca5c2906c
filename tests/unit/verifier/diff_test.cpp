#include <catch2/catch.hpp>

#include <algorithm>

#include "tests/unit/verifier/build_policy.h"
#include "verifier/diff.h"
#include "verifier/diff_pairing.h"

using namespace weft;
using namespace weft::verifier;
using namespace weft::verifier::test;
using model::Selector;

namespace {

Options plain() { return Options{.dump_smt = {}, .now = model::Moment{0}}; }

Diff compare(const Builder& before, const Builder& after, Options options = plain()) {
  return diff(before.policy, after.policy, nullptr, options);
}

std::size_t changed(const Builder& before, const Builder& after) {
  return pair_up(before.policy, after.policy, model::Moment{0}).changed_rules.size();
}

}  // namespace

TEST_CASE("a new rule widens, and names what denied before", "[verifier]") {
  Builder before, after;
  before.allow(app("web"), app("api"), tcp(80));
  after.policy = before.policy;
  after.allow(app("api"), app("db"), tcp(5432));

  const Diff found = compare(before, after);
  CHECK(found.verdict() == Diff::Verdict::OnlyWidens);
  REQUIRE(found.differences.size() == 1);
  const Difference& gained = found.differences[0];
  CHECK(gained.gained);
  REQUIRE(gained.turns.size() == 1);  // both gates are opened by the one rule
  CHECK(gained.turns[0].before == Decider{model::Reason::Profile, {}, {}});
  CHECK(gained.turns[0].after == Decider{model::Reason::Rule, model::RuleId{1}, {}});
  CHECK(describe(gained.witness) == "workload {app: \"api\"} -> workload {app: \"db\"} : tcp/5432");
  CHECK_FALSE(gained.before.allowed);
  CHECK(gained.witness.decision.allowed);
  CHECK(found.compared_rules == 1);  // the other rule has no say about such a flow

  CHECK(compare(after, before).verdict() == Diff::Verdict::OnlyNarrows);
}

TEST_CASE("two rules that each open one gate of a flow are both named", "[verifier]") {
  Builder before, after;
  before.block("p");
  after.policy = before.policy;
  after.allow(app("web"), app("api"), tcp(80)).at_destination = false;
  after.allow(app("web"), app("api"), tcp(80)).at_source = false;

  const Diff found = compare(before, after);
  REQUIRE(found.differences.size() == 1);
  const std::vector<Turn>& turns = found.differences[0].turns;
  REQUIRE(turns.size() == 2);
  CHECK(turns[0].after.rule == model::RuleId{0});
  CHECK(turns[1].after.rule == model::RuleId{1});
}

TEST_CASE("policies that mean the same are equivalent however they are written", "[verifier]") {
  Builder before, after;
  before.allow(Selector::one_of(model::keys::of_workload("app"), {"a", "b"}), app("db"), any_port());
  after.allow(app("a"), app("db"), any_port());
  after.allow(app("b"), app("db"), any_port());

  const Diff found = compare(before, after);
  CHECK(found.verdict() == Diff::Verdict::Equivalent);
  CHECK(found.changed_rules == 3);
  CHECK(found.questions == 2);
}

TEST_CASE("equal statements in equal places cancel", "[verifier]") {
  Builder before, after;
  SECTION("a rule above the others of an ordered policy moves them all, and changes none") {
    before.block("p", 0, true);
    after.block("p", 0, true);
    after.deny(env("dev"), env("prod"), any_port());
    for (Builder* each : {&before, &after}) {
      each->allow(app("a"), app("b"), tcp(80));
      each->deny(app("a"), app("b"), any_port());
      each->allow(app("a"), Selector::any(), any_port());
    }
    CHECK(changed(before, after) == 1);
  }
  SECTION("two rules that change places are one that moved") {
    before.block("p", 0, true);
    after.block("p", 0, true);
    before.allow(app("a"), app("b"), tcp(80));
    before.deny(app("a"), app("b"), any_port());
    after.deny(app("a"), app("b"), any_port());
    after.allow(app("a"), app("b"), tcp(80));
    CHECK(changed(before, after) == 2);  // one rule, at its old place and at its new one
    CHECK(compare(before, after).verdict() == Diff::Verdict::OnlyNarrows);
  }
  SECTION("a tier of another name in the same place") {
    before.tiers({"admin", "app"}).block("p", 1).allow(app("a"), app("b"), tcp(80));
    after.tiers({"admin", "team"}).block("p", 1).allow(app("a"), app("b"), tcp(80));
    CHECK(changed(before, after) == 0);
  }
  SECTION("a pass to a tier that moved because another one was put before it") {
    before.tiers({"admin", "app", "end"}).block("p").pass(app("a"), app("b"), tcp(80)).pass_to = model::TierId{2};
    after.tiers({"admin", "new", "app", "end"}).block("p").pass(app("a"), app("b"), tcp(80)).pass_to = model::TierId{3};
    CHECK(changed(before, after) == 0);
  }
  SECTION("tiers in another order are other places") {
    before.tiers({"admin", "app"}).block("p", 0).deny(app("a"), app("b"), tcp(80));
    before.block("q", 1).allow(app("a"), app("b"), tcp(80));
    after.tiers({"app", "admin"}).block("p", 1).deny(app("a"), app("b"), tcp(80));
    after.block("q", 0).allow(app("a"), app("b"), tcp(80));
    CHECK(changed(before, after) == 2);
    CHECK(compare(before, after).verdict() == Diff::Verdict::OnlyWidens);
  }
  SECTION("what is audited or past its deadline is in force nowhere") {
    before.allow(app("a"), app("b"), tcp(80));
    after.policy = before.policy;
    after.deny(app("a"), app("b"), tcp(80)).audit = true;
    after.deny(app("a"), app("b"), tcp(80)).expires = model::Moment{0};
    CHECK(changed(before, after) == 0);
    CHECK(compare(before, after).audited == 1);
  }
}

TEST_CASE("a difference lasts as long as its rule is in force", "[verifier]") {
  Builder before, after;
  before.block("p");
  after.allow(app("a"), app("b"), tcp(80)).expires = model::Moment{100};
  const Diff found = compare(before, after);
  REQUIRE(found.differences.size() == 1);
  CHECK(found.differences[0].when == Interval{model::Moment{0}, model::Moment{100}});
  CHECK(found.verdict() == Diff::Verdict::OnlyWidens);

  // A later deadline is a difference between the two.
  Builder longer;
  longer.allow(app("a"), app("b"), tcp(80)).expires = model::Moment{200};
  const Diff later = compare(after, longer);
  REQUIRE(later.differences.size() == 1);
  CHECK(later.differences[0].when == Interval{model::Moment{100}, model::Moment{200}});
}

TEST_CASE("another profile changes what nothing decides", "[verifier]") {
  Builder before, after;
  before.allow(app("a"), app("b"), tcp(80));
  after.policy = before.policy;
  after.policy.profile = *model::find_profile("k8s");
  const Diff found = compare(before, after);
  CHECK(found.verdict() == Diff::Verdict::OnlyWidens);
  for (const Difference& each : found.differences) CHECK(each.turns[0].before.reason == model::Reason::Profile);
}

TEST_CASE("labels that the two declare differently are named, and compared over the values of both", "[verifier]") {
  const model::LabelKey key = model::keys::of_workload("app");
  Builder before, after;
  before.policy.schema[key].values = {"a"};
  after.policy.schema[key].values = {"a", "b"};
  before.allow(Selector::has(key), Selector::has(key), tcp(80));
  after.allow(app("a"), app("a"), tcp(80));
  const Diff found = compare(before, after);
  CHECK(found.verdict() == Diff::Verdict::OnlyNarrows);
  REQUIRE(found.vocabulary.size() == 1);
  CHECK(found.vocabulary[0].key == key);
}

TEST_CASE("a diff whose limit is too low for an answer is undecided, never equivalent", "[verifier]") {
  Builder before, after;
  for (const char* name : {"a", "b", "c", "d", "e", "f", "g", "h"}) {
    before.allow(both(app(name), env("p")), Selector::negation(app(name)), any_port());
    after.allow(both(env("p"), app(name)), Selector::negation(app(name)), any_port());
  }
  Options options = plain();
  CHECK(compare(before, after, options).verdict() == Diff::Verdict::Equivalent);
  options.rlimit = 1;
  const Diff found = compare(before, after, options);
  CHECK_FALSE(found.verdict());
  CHECK(found.not_checked.size() == 2);
}

TEST_CASE("differences beyond the limit are counted and leave the verdict alone", "[verifier]") {
  Builder before, after;
  before.block("p");
  after.block("p");
  for (const char* name : {"a", "b", "c"}) after.allow(app(name), app("db"), tcp(80));
  Options options = plain();
  options.max_findings = 2;
  const Diff found = compare(before, after, options);
  CHECK(found.differences.size() == 2);
  CHECK(found.unlisted == 1);
  CHECK(found.verdict() == Diff::Verdict::OnlyWidens);
}

TEST_CASE("what one changed statement does to many is listed a few times, and others have their turn", "[verifier]") {
  Builder before, after;
  const char* names[] = {"a", "b", "c", "d", "e", "f", "g", "h"};
  for (const char* name : names) before.isolate(app(name));
  for (const char* name : names) after.isolate(app(name));
  before.policy.profile.allow_by_default = after.policy.profile.allow_by_default = true;
  after.allow(Selector::any(), Selector::any(), tcp(443));
  after.allow(app("a"), app("b"), tcp(22));
  Options options = plain();
  options.max_findings = 12;
  const Diff found = diff(before.policy, after.policy, nullptr, options, 3);
  CHECK(found.verdict() == Diff::Verdict::OnlyWidens);
  const auto by = [&](std::uint32_t rule) {
    return std::ranges::count_if(found.differences, [&](const Difference& each) {
      return std::ranges::any_of(each.turns, [&](const Turn& turn) { return turn.after.rule == model::RuleId{rule}; });
    });
  };
  CHECK(by(0) == 4);  // one more tells that there are more
  CHECK(by(1) >= 1);
  CHECK(found.unlisted == 0);
  for (const Difference& each : found.differences) CHECK(each.more == (each.turns[0].after.rule == model::RuleId{0}));
  // Without the bound every isolation is named.
  const Diff all = diff(before.policy, after.policy, nullptr, plain(), 1000);
  CHECK(all.differences.size() > found.differences.size());
  CHECK(std::ranges::none_of(all.differences, &Difference::more));
}

TEST_CASE("a statement that is in both policies is never passed over", "[verifier]") {
  Builder before, after;
  before.isolate(Selector::workload());
  after.isolate(Selector::workload());
  const char* names[] = {"a", "b", "c", "d", "e"};
  for (const char* name : names) after.allow(app(name), app("db"), tcp(80));
  const Diff found = diff(before.policy, after.policy, nullptr, plain(), 2);
  CHECK(found.differences.size() == 5);  // one isolation kept all of them shut
  CHECK(std::ranges::none_of(found.differences, &Difference::more));
}

TEST_CASE("the same two policies give the same answer twice", "[verifier]") {
  Builder before, after;
  before.isolate(Selector::workload());
  for (const char* name : {"a", "b", "c"}) {
    before.allow(app(name), env("p"), any_port());
    after.allow(env("p"), app(name), tcp(80));
  }
  CHECK(compare(before, after).differences == compare(before, after).differences);
}

TEST_CASE("a comparison that was cancelled claims nothing", "[verifier]") {
  Builder before, after;
  before.allow(app("web"), app("api"), tcp(80));
  after.policy = before.policy;
  after.allow(app("api"), app("db"), tcp(5432));
  Cancellation cancellation;
  cancellation.request();
  Options options = plain();
  options.cancellation = &cancellation;

  const Diff found = compare(before, after, options);
  CHECK_FALSE(found.verdict());
  CHECK(found.questions == 0);
  REQUIRE(found.not_checked.size() == 2);
  CHECK(found.not_checked[0].why == "the comparison was cancelled");
}
