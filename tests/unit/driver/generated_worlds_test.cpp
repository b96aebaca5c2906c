#include <catch2/catch.hpp>

#include "driver/sight.h"
#include "driver/test_runner.h"
#include "driver/walk.h"
#include "tests/support/world.h"

using namespace weft;
using namespace weft::driver;
using model::Direction;
using model::Selector;

namespace {

constexpr std::uint64_t worlds = 150;

bool is_self(const model::Flow& flow) {
  return flow.source.peer->instance && flow.source.peer->instance == flow.destination.peer->instance;
}

bool opens(const std::optional<model::GateDecision>& gate) { return !gate || gate->verdict == model::Verdict::Allow; }

// The expectations a rule suggests: about its ends and its services, and about more than them.
std::vector<model::Expectation> expectations_of(const model::Policy& policy) {
  std::vector<model::Expectation> out;
  const auto add = [&](const Selector& source, const Selector& destination, const model::PortSet& ports) {
    for (const bool allowed : {false, true}) {
      for (const std::optional<Direction> gate :
           {std::optional<Direction>(), std::optional(Direction::Egress), std::optional(Direction::Ingress)}) {
        model::Expectation each;
        each.source.who = source;
        each.destination.who = destination;
        each.ports = ports;
        each.allowed = allowed;
        each.gate = gate;
        out.push_back(std::move(each));
      }
    }
  };
  const model::PortSet everything{model::PointSet::any(), {}};
  add(Selector::any(), Selector::any(), everything);
  for (const model::Rule& rule : policy.rules) {
    add(rule.source, rule.destination, rule.ports);
    add(rule.source, Selector::any(), everything);
    add(Selector::any(), rule.destination, rule.ports);
  }
  return out;
}

bool is_about(const model::Expectation& expectation, const model::Flow& flow) {
  return !is_self(flow) && model::matches(std::get<Selector>(expectation.source.who), flow.source) &&
         model::matches(std::get<Selector>(expectation.destination.who), flow.destination) &&
         model::matches(expectation.ports, flow);
}

bool has_verdict(const model::Expectation& expectation, const model::Decision& decision) {
  const bool allowed = (expectation.gate == Direction::Ingress || opens(decision.egress)) &&
                       (expectation.gate == Direction::Egress || opens(decision.ingress));
  return allowed == expectation.allowed;
}

}  // namespace

TEST_CASE("a walk decides as the evaluator does", "[driver][walk]") {
  for (std::uint64_t seed = 1; seed <= worlds; ++seed) {
    const test::World world = test::generate_world(seed);
    for (const model::Moment now : test::interesting_moments(world.policy)) {
      for (const model::Flow& flow : test::flows(world, {200, seed})) {
        const Walk way = walk(world.policy, flow, now);
        const model::Decision decision = model::evaluate(world.policy, flow, now);
        if (way.allowed == decision.allowed && way.self == decision.self && way.egress.decision == decision.egress &&
            way.ingress.decision == decision.ingress) {
          continue;
        }
        FAIL("seed " << seed << ": " << test::describe(world, flow));
      }
    }
  }
}

TEST_CASE("ends of one sight are decided alike", "[driver][tests]") {
  for (std::uint64_t seed = 1; seed <= worlds; ++seed) {
    const test::World world = test::generate_world(seed);
    Sight sight(world.policy, world.inventory);
    std::map<std::tuple<std::uint32_t, std::uint32_t, model::ServicePoint>, model::Decision> decisions;
    for (const model::Flow& flow : test::flows(world, {2000, seed})) {
      if (is_self(flow)) continue;
      const model::Decision decision = model::evaluate(world.policy, flow);
      if (model::is_own_node(Direction::Egress, flow) || model::is_own_node(Direction::Ingress, flow))
        continue;  // a pair
      const auto [have, fresh] =
          decisions.emplace(std::tuple(sight.of(flow.source), sight.of(flow.destination), flow.service), decision);
      if (!fresh && have->second != decision) FAIL("seed " << seed << ": " << test::describe(world, flow));
    }
  }
}

TEST_CASE("no flow that contradicts an expectation goes unasked", "[driver][tests]") {
  std::size_t failing = 0, passing = 0;
  for (std::uint64_t seed = 1; seed <= worlds; ++seed) {
    test::World world = test::generate_world(seed);
    world.policy.tests = {{"all", expectations_of(world.policy), {}}};
    const TestReport report = run_tests(world.policy, world.inventory, true);
    const std::vector<model::Flow> flows = test::flows(world, {3000, seed});
    std::vector<model::Decision> decisions;
    for (const model::Flow& flow : flows) decisions.push_back(model::evaluate(world.policy, flow));
    for (const ExpectationResult& result : report.tests[0].expectations) {
      ++(result.passed ? passing : failing);
      for (std::size_t i = 0; i < flows.size(); ++i) {
        if (!is_about(*result.expectation, flows[i]) || has_verdict(*result.expectation, decisions[i])) continue;
        if (result.unexpected_flows == 0) {
          FAIL("seed " << seed << ": " << test::describe(world, flows[i]) << " is not as expected, and nobody noticed: "
                       << model::to_string(std::get<Selector>(result.expectation->source.who)) << " -> "
                       << model::to_string(std::get<Selector>(result.expectation->destination.who)));
        }
      }
    }
  }
  CHECK(passing > 100);
  CHECK(failing > 100);
}
