// How far the programs stay below what the kernel's verifier allows: a million instructions walked, 512 bytes of stack
// for all functions in a row of calls.

#include <catch2/catch.hpp>

#include <algorithm>

#include "codegen/codegen.h"
#include "codegen/stack.h"
#include "plan/build.h"
#include "tests/kernel/budget.h"
#include "tests/kernel/program.h"
#include "tests/support/world.h"

using namespace weft;

namespace {

constexpr unsigned most_walked = 100'000;  // of a million
constexpr unsigned most_stack = 512;       // as kernels before 6.9 count it
constexpr unsigned most_calls = 8;         // functions in a row of calls: MAX_CALL_FRAMES

// A plan with more of everything than any world has: entries, conditions of every kind, direct tables.
plan::DecisionPlan largest() {
  const test::World world = test::generate_world(1, test::WorldOptions::big());
  auto plan = plan::build(world.policy, world.inventory);
  REQUIRE(plan);
  for (std::int64_t day = 1; plan->conditions.size() < 64; ++day) {
    plan->conditions.emplace_back(plan::Deadline{model::Moment{4'000'000'000 + day * 86'400}});
  }
  for (plan::Gate* gate : {&plan->egress, &plan->ingress}) {
    gate->entries.resize(40'000);
    for (auto* rows : {&gate->own_rows, &gate->peer_rows, &gate->atom_rows}) {
      rows->assign(rows->size(), plan::Bits(gate->entries.size()));
    }
  }
  while (plan->v4.direct.size() < 4) {
    const auto number = static_cast<std::uint32_t>(plan->v4.direct.size());
    plan->v4.direct.push_back({model::v4_address(0xC0000000 + (number << 16U)), std::vector<plan::Identity>(65'536)});
  }
  plan->v4.exact.push_back({*model::parse_address("198.18.0.1"), {}});
  plan->v4.prefixes.push_back({*model::parse_prefix("198.18.0.0/15"), {}});
  plan->v6.exact.push_back({*model::parse_address("2001:db8::1"), {}});
  plan->v6.prefixes.push_back({*model::parse_prefix("2001:db8::/32"), {}});
  plan->uses_pass = plan->uses_homes = plan->own_node_may_enter = true;
  plan->endpoints.push_back({"w1", "cgroup:/w1", {}});
  return std::move(*plan);
}

}  // namespace

TEST_CASE("programs stay far below what the kernel's verifier allows", "[kernel]") {
  if (const auto reason = test::no_kernel()) {
    WARN("SKIPPED: " << *reason);
    return;
  }
  const test::World small = test::generate_world(1, test::WorldOptions::small());
  const auto smallest = plan::build(small.policy, small.inventory);
  REQUIRE(smallest);
  struct Program {
    plan::DecisionPlan plan;
    std::uint32_t counted_pairs;
  };
  const Program all[] = {{*smallest, 0}, {largest(), 0}, {largest(), 4'096}};
  for (const auto& [plan, counted_pairs] : all) {
    const auto bundle = codegen::emit(plan, {.counted_pairs = counted_pairs, .table_budget = 1U << 30U});
    INFO((bundle ? "" : bundle.error().message));
    REQUIRE(bundle);
    const auto programs = test::verified(*bundle);
    INFO((programs ? "" : programs.error().message));
    REQUIRE(programs);
    // What the build refuses is what the kernel would refuse.
    CHECK(codegen::deepest_row(bundle->object, 16).stack ==
          std::ranges::max(*programs, {}, &test::Verified::stack).stack);
    CHECK(codegen::deepest_row(bundle->object, 32).stack ==
          std::ranges::max(*programs, {}, &test::Verified::stack_before_6_9).stack_before_6_9);
    CHECK(programs->size() == (plan.endpoints.empty() ? 2U : 9U));
    for (const test::Verified& found : *programs) {
      // `./dev bench budget` prints what docs/performance.md says.
      INFO(plan.egress.entries.size() << " entries, " << counted_pairs << " pairs, " << found.program << ": " << found.walked << " walked, "
                                      << found.stack << " bytes of stack, " << found.stack_before_6_9
                                      << " before Linux 6.9: " << found.deepest);
      CHECK((found.walked > 100 || found.program == "weft_cgroup_prepare"));  // which lets everything pass
      CHECK(found.walked <= most_walked);
      CHECK(found.stack > 0);
      CHECK(found.stack <= found.stack_before_6_9);
      CHECK(found.stack_before_6_9 <= most_stack);
      CHECK(found.calls <= most_calls);
    }
  }
}
