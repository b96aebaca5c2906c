#include <catch2/catch.hpp>

#include "driver/remedy.h"
#include "tests/support/world.h"

using namespace weft;
using namespace weft::driver;

namespace {

// The changes as somebody would make them; nothing where one is a rule to write, which is text.
std::optional<model::Policy> made(model::Policy policy, const std::vector<Change>& changes,
                                  model::ServicePoint service) {
  for (const Change& change : changes) {
    model::Rule* rule = change.rule ? &policy.rules[static_cast<std::size_t>(*change.rule)] : nullptr;
    switch (change.kind) {
      case Change::Kind::Renew:
        rule->expires.reset();
        break;
      case Change::Kind::Enforce:
        if (rule != nullptr) rule->audit = false;
        if (change.isolation) policy.isolations[static_cast<std::size_t>(*change.isolation)].audit = false;
        break;
      case Change::Kind::Widen:
        rule->ports.points.add(model::PointSet::of_point(service));
        break;
      case Change::Kind::Narrow:
        if (change.rule >= model::RuleId{static_cast<std::uint32_t>(policy.rules.size())}) return {};
        rule->at_source = rule->at_destination = false;
        break;
      case Change::Kind::Add:
        return {};
    }
  }
  return policy;
}

}  // namespace

TEST_CASE("changes turn the verdict of a flow", "[driver][remedy]") {
  std::size_t turned = 0, written = 0, none = 0;
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    const test::World world = test::generate_world(seed);
    for (const model::Moment now : test::interesting_moments(world.policy)) {
      for (const model::Flow& flow : test::flows(world, {60, seed})) {
        const model::Decision before = model::evaluate(world.policy, flow, now);
        const std::vector<Change> changes = changes_to_turn(world.policy, world.inventory, flow, now);
        if (before.self) REQUIRE(changes.empty());
        if (changes.empty()) {
          ++none;
          continue;
        }
        const auto policy = made(world.policy, changes, flow.service);
        if (!policy) {
          ++written;
          continue;
        }
        ++turned;
        INFO("seed " << seed << ": " << test::describe(world, flow));
        REQUIRE(model::evaluate(*policy, flow, now).allowed != before.allowed);
      }
    }
  }
  CHECK(turned > 2'000);
  CHECK(written > 3'000);
  CHECK(none < turned + written);
}
