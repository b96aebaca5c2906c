#include <set>

#include <catch2/catch.hpp>

#include "tests/unit/verifier/build_policy.h"
#include "tests/unit/verifier/random_policy.h"
#include "verifier/verifier.h"

using namespace weft;
using namespace weft::verifier;
using namespace weft::verifier::test;
using model::RuleId;
using model::Selector;

namespace {

std::optional<Grounds> grounds(const Builder& b, bool explain = true) {
  Options options;
  options.look_for_dead = false;
  options.explain_proofs = explain;
  const Report report = check(b.policy, nullptr, options);
  CHECK(report.internal_errors.empty());
  CHECK(check(b.policy, nullptr, options) == report);
  return report.assertions.at(0).grounds;
}

model::PortSet tcp(std::uint16_t first, std::uint16_t last) {
  return {model::PointSet::of_range(model::protocol::tcp, first, last), {}};
}

using Statements = std::vector<Statement>;

}  // namespace

TEST_CASE("a proof says which statements it rests on", "[verifier][grounds]") {
  Builder b;
  b.tiers({"admin", "app"});
  SECTION("denies that together take all of it, and no other") {
    b.block("fence").deny(app("a"), app("b"), tcp(1, 60));
    b.deny(app("a"), app("b"), tcp(50, 100));
    b.deny(app("a"), app("b"), tcp(20, 30));
    b.block("shop", 1).allow(app("a"), app("b"), any_port());
    b.never(app("a"), app("b"), tcp(10, 90));
    CHECK(grounds(b) == Grounds{false, Statements{RuleId{0}, RuleId{1}}});
    CHECK_FALSE(grounds(b, false));
  }
  SECTION("an isolation of an earlier tier") {
    b.block("fence").isolate(app("b"));
    b.block("shop", 1).allow(app("a"), app("b"), any_port());
    b.never(app("a"), app("b"), any_port());
    CHECK(grounds(b) == Grounds{false, Statements{model::IsolationId{0}}});
  }
  SECTION("nothing, where no rule speaks against it") {
    b.block("shop").allow(app("a"), app("c"), any_port());
    b.never(app("a"), app("b"), any_port());
    CHECK(grounds(b) == Grounds{false, Statements{}});
  }
  SECTION("an allow") {
    b.block("shop").allow(app("a"), app("b"), any_port());
    b.allow(app("a"), Selector::any(), tcp(80, 80));
    b.always(app("a"), app("b"), tcp(80, 80));
    CHECK(grounds(b) == Grounds{true, Statements{RuleId{0}}});
  }
}

TEST_CASE("a broken `always` says what denies every flow of it", "[verifier][grounds]") {
  Builder b;
  b.policy.profile.allow_by_default = true;
  b.deny(app("a"), app("b"), any_port());
  b.always(app("a"), app("b"), tcp(80, 81));
  CHECK(grounds(b, false) == Grounds{false, Statements{RuleId{0}}});
  b.policy.rules[0].ports = tcp(80, 80);
  b.allow(app("a"), app("b"), any_port());
  CHECK_FALSE(grounds(b, false));  // some of it is allowed
}

TEST_CASE("what a proof rests on is enough for it", "[verifier][grounds]") {
  std::size_t seen = 0;
  for (std::uint64_t seed = 1; seed <= 120; ++seed) {
    INFO("seed " << seed);
    Sample sample = random_sample(seed);
    for (model::Rule& rule : sample.policy.rules) rule.expires.reset();
    Options options;
    options.look_for_dead = false;
    options.explain_proofs = true;
    const model::Inventory* inventory = sample.with_inventory ? &sample.inventory : nullptr;
    const Report report = check(sample.policy, inventory, options);
    for (std::size_t i = 0; i < report.assertions.size(); ++i) {
      const AssertionResult& result = report.assertions[i];
      const auto* proved = std::get_if<Proved>(&result.answer);
      if (!proved || proved->vacuous) continue;
      REQUIRE(result.grounds);
      ++seen;
      // The policy of these statements alone keeps the claim.
      const std::set<Statement> named(result.grounds->statements.begin(), result.grounds->statements.end());
      model::Policy alone = sample.policy;
      alone.rules.clear();
      alone.isolations.clear();
      for (std::uint32_t r = 0; r < sample.policy.rules.size(); ++r) {
        if (named.contains(RuleId{r})) alone.rules.push_back(sample.policy.rules[r]);
      }
      for (std::uint32_t r = 0; r < sample.policy.isolations.size(); ++r) {
        if (named.contains(model::IsolationId{r})) alone.isolations.push_back(sample.policy.isolations[r]);
      }
      alone.assertions = {sample.policy.assertions[i]};
      Options plain;
      plain.look_for_dead = false;
      CHECK(std::holds_alternative<Proved>(check(alone, inventory, plain).assertions[0].answer));
    }
  }
  CHECK(seen > 50);
}

TEST_CASE("a proof about chains says what closes the last hop and what keeps others from relaying",
          "[verifier][grounds]") {
  Builder b;
  b.policy.profile = *model::find_profile("k8s");
  b.deny(app("web"), app("db"), any_port());
  b.deny(app("api"), app("db"), any_port());
  b.deny(app("web"), Selector::negation(app("api")), any_port());
  b.deny(app("api"), Selector::negation(Selector::any_of({app("api"), app("web")})), any_port());
  b.deny(app("other"), app("db"), any_port());
  b.never(app("web"), app("db"), any_port()).policy.assertions.back().chain = true;
  SECTION("of all there may be") {
    const auto found = grounds(b);
    REQUIRE(found);
    CHECK_FALSE(found->allowed);
    REQUIRE(found->relays);
    CHECK(*found->relays == Statements{RuleId{2}, RuleId{3}});
    // The rule about all but `api` closes the last hop as well: one of the two, never both.
    CHECK(found->statements.size() == 2);
  }
  SECTION("of an inventory") {
    model::Inventory inventory;
    for (const char* name : {"web", "api", "db", "other"}) {
      model::Instance& each = inventory.instances.emplace_back();
      each.name = name;
      each.peer.kind = model::PeerKind::Workload;
      each.peer.labels[model::keys::of_workload("app")] = name;
      each.peer.instance = static_cast<model::InstanceId>(inventory.instances.size() - 1);
    }
    inventory.index();
    b.policy.assertions.back().in_inventory = true;
    Options options;
    options.look_for_dead = false;
    options.explain_proofs = true;
    const Report report = check(b.policy, &inventory, options);
    REQUIRE(std::holds_alternative<Proved>(report.assertions.at(0).answer));
    REQUIRE(report.assertions.at(0).grounds);
    const Grounds& found = *report.assertions.at(0).grounds;
    CHECK(found.statements.size() == 2);
    REQUIRE(found.relays);
    CHECK(*found.relays == Statements{RuleId{2}, RuleId{3}});
  }
}

TEST_CASE("a proof about an inventory names what is enough, whatever becomes of the rest", "[verifier][grounds]") {
  model::Inventory inventory;
  for (const char* name : {"a", "b"}) {
    model::Instance& each = inventory.instances.emplace_back();
    each.name = name;
    each.peer.kind = model::PeerKind::Workload;
    each.peer.labels[model::keys::of_workload("app")] = name;
    each.peer.instance = static_cast<model::InstanceId>(inventory.instances.size() - 1);
  }
  inventory.index();
  Builder b;
  b.tiers({"admin", "app"});
  const auto grounds_in_inventory = [&] {
    b.policy.assertions.back().in_inventory = true;
    Options options;
    options.look_for_dead = false;
    options.explain_proofs = true;
    const Report report = check(b.policy, &inventory, options);
    REQUIRE(std::holds_alternative<Proved>(report.assertions.at(0).answer));
    REQUIRE(report.assertions.at(0).grounds);
    return *report.assertions.at(0).grounds;
  };
  SECTION("one deny of many, at either end") {
    b.block("fence").deny(app("a"), app("b"), tcp(1, 50));
    b.deny(Selector::any(), app("b"), tcp(1, 100));
    b.deny(app("a"), Selector::any(), tcp(60, 70));
    b.block("shop", 1).allow(app("a"), app("b"), any_port());
    b.never(app("a"), app("b"), tcp(10, 90));
    CHECK(grounds_in_inventory() == Grounds{false, Statements{RuleId{1}}});
  }
  SECTION("a pass, where it leads around what denies") {
    b.block("fence").pass(app("a"), app("b"), tcp(80, 80));
    b.isolate(app("b"));
    b.block("shop", 1).allow(app("a"), app("b"), tcp(80, 80));
    b.always(app("a"), app("b"), tcp(80, 80));
    CHECK(grounds_in_inventory() == Grounds{true, Statements{RuleId{0}, RuleId{1}}});
  }
  SECTION("no pass that leads around nothing") {
    b.block("fence").pass(app("a"), app("b"), tcp(80, 80));
    b.block("shop", 1).allow(app("a"), app("b"), tcp(80, 80));
    b.always(app("a"), app("b"), tcp(80, 80));
    CHECK(grounds_in_inventory() == Grounds{true, Statements{RuleId{1}}});
  }
  SECTION("what decides as it stands, where other things would do") {
    b.block("fence").pass(app("a"), app("b"), tcp(80, 80));
    b.block("wide").priority(5).allow(app("a"), app("b"), any_port());
    b.block("shop", 1).allow(app("a"), app("b"), tcp(80, 80));
    b.always(app("a"), app("b"), tcp(80, 80));
    CHECK(grounds_in_inventory() == Grounds{true, Statements{RuleId{2}}});
  }
}
