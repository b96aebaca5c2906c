// The stack of a row of calls, read from the object. tests/kernel/budget_test.cpp holds it against what the kernel
// counts.
#include <catch2/catch.hpp>

#include "codegen/codegen.h"
#include "codegen/stack.h"
#include "plan/build.h"
#include "tests/support/world.h"

using namespace weft;

TEST_CASE("the row of calls that takes the most stack", "[codegen]") {
  const test::World world = test::generate_world(1, test::WorldOptions::small());
  const auto plan = plan::build(world.policy, world.inventory);
  REQUIRE(plan);
  const auto with_state = codegen::emit(*plan), without = codegen::emit(*plan, {.stateless = true});
  REQUIRE(with_state);
  REQUIRE(without);

  const codegen::CallRow row = codegen::deepest_row(with_state->object, 16);
  INFO(row.functions);
  CHECK(row.functions.starts_with("weft_"));
  CHECK(row.calls > 1);
  CHECK(row.calls <= codegen::most_calls);
  CHECK(row.stack % 16 == 0);
  CHECK(row.stack >= 16 * row.calls);
  CHECK(row.stack <= codegen::most_stack);

  SECTION("kernels that round up further count more") {
    const codegen::CallRow before = codegen::deepest_row(with_state->object, 32);
    CHECK(before.stack > row.stack);
    CHECK(before.stack % 32 == 0);
    CHECK(before.stack <= codegen::most_stack);
  }
  SECTION("state is kept in functions of its own") {
    CHECK(codegen::deepest_row(without->object, 16).stack < row.stack);
  }
  SECTION("what is no object has no calls") {
    CHECK(codegen::deepest_row(bundle::Bytes{}, 16).stack == 0);
    CHECK(codegen::deepest_row(bundle::Bytes{1, 2}, 16).functions.empty());
  }
}
