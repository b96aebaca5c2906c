#include "plan/cost.h"

#include <algorithm>

#include <catch2/catch.hpp>

#include "plan/build.h"
#include "tests/support/world.h"

using namespace weft;

namespace {

// The policy without one rule. Rules behind it get other numbers, which no rule refers to.
plan::DecisionPlan without(const test::World& world, model::RuleId rule) {
  model::Policy policy = world.policy;
  policy.rules.erase(policy.rules.begin() + static_cast<std::ptrdiff_t>(rule));
  auto out = plan::build(policy, world.inventory);
  REQUIRE(out);
  return std::move(*out);
}

}  // namespace

TEST_CASE("a rule costs what the plan is smaller without it", "[plan]") {
  std::size_t rules = 0, telling = 0;
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    const test::World world = test::generate_world(seed, test::WorldOptions::small());
    const auto plan = plan::build(world.policy, world.inventory);
    REQUIRE(plan);
    for (const plan::RuleCost& cost : plan::rule_costs(*plan)) {
      const plan::DecisionPlan less = without(world, cost.rule);
      INFO("seed " << seed << ", rule " << static_cast<unsigned>(cost.rule));
      const auto entries = [](const plan::DecisionPlan& of) {
        return of.egress.entries.size() + of.ingress.entries.size();
      };
      CHECK(cost.entries == entries(*plan) - entries(less));
      CHECK(cost.atoms == plan->atom_count - less.atom_count);
      // With relations, fewer rows can be more: which keys ends have is what rows tell apart, too.
      if (plan->relation_keys.empty()) CHECK(cost.rows == plan->egress.own_rows.size() - less.egress.own_rows.size());
      ++rules;
      telling += cost.rows > 0 ? 1 : 0;
    }
  }
  CHECK(rules > 300);
  CHECK(telling > 50);
}

TEST_CASE("rules that cost most come first", "[plan]") {
  const test::World world = test::generate_world(1, test::WorldOptions::big());
  const auto plan = plan::build(world.policy, world.inventory);
  REQUIRE(plan);
  const auto costs = plan::rule_costs(*plan);
  REQUIRE(costs.size() > 100);
  CHECK(std::ranges::is_sorted(costs, std::ranges::greater(), &plan::RuleCost::bytes));
  CHECK(costs.front().bytes > costs.back().bytes);
  CHECK(costs.back().bytes > 0);
  CHECK(costs == plan::rule_costs(*plan));
}
