#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "plan/build.h"
#include "tests/support/agreement.h"

using namespace weft;

namespace {

std::optional<std::string> disagreement(const test::World& world, std::size_t limit) {
  const Result<plan::DecisionPlan> plan = plan::build(world.policy, world.inventory);
  if (!plan) return plan.error().message;
  const std::vector<model::Flow> flows = test::flows(world, {.limit = limit});
  if (auto wrong = test::plan_disagreement(world, *plan, flows)) return wrong;
  return test::ClassTable(world, *plan, flows).disagreement(flows);
}

void check_worlds(std::uint64_t first, std::uint64_t count, const test::WorldOptions& options, std::size_t limit) {
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const test::World world = test::generate_world(seed, options);
    if (const auto wrong = disagreement(world, limit)) {
      INFO("seed " << seed << ": " << *wrong);
      INFO(test::keep_case(world, "plan-" + std::to_string(seed),
                           [&](const test::World& smaller) { return disagreement(smaller, limit).has_value(); }));
      FAIL();
    }
  }
  CHECK(count > 0);
}

}  // namespace

TEST_CASE("the plan decides every flow of small worlds as the evaluator does", "[plan]") {
  check_worlds(1, 3000, test::WorldOptions::small(), 4000);
}

TEST_CASE("the plan decides sampled flows of big worlds as the evaluator does", "[plan]") {
  check_worlds(1, 6, test::WorldOptions::big(), 4000);
}

TEST_CASE("the plan decides every kept case as the evaluator does", "[plan]") {
  std::size_t cases = 0;
  for (const auto& entry : std::filesystem::directory_iterator(WEFT_SOURCE_DIR "/tests/cases/differential")) {
    std::ostringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    std::string error;
    const std::optional<test::World> world = test::from_case(text.str(), &error);
    INFO(entry.path() << " " << error);
    REQUIRE(world);
    CHECK(disagreement(*world, 10000) == std::nullopt);
    ++cases;
  }
  CHECK(cases > 0);
}
