#include "driver/diff_groups.h"

#include <catch2/catch.hpp>

using namespace weft;
using namespace weft::driver;
using verifier::Decider;
using verifier::Diff;
using verifier::Difference;

namespace {

Decider rule(std::uint32_t number) { return {model::Reason::Rule, model::RuleId{number}, {}}; }
Decider isolation(std::uint32_t number) { return {model::Reason::Isolation, {}, model::IsolationId{number}}; }

void add(Diff& diff, bool gained, Decider before, Decider after, bool more = false) {
  Difference each;
  each.gained = gained;
  each.turns = {{before, after}};
  each.more = more;
  diff.differences.push_back(std::move(each));
}

}  // namespace

TEST_CASE("what one statement opens is one group, whoever kept it shut", "[driver]") {
  Diff diff;
  add(diff, true, isolation(0), rule(7));
  add(diff, true, isolation(1), rule(8));
  add(diff, true, isolation(1), rule(7), true);
  add(diff, true, isolation(2), rule(7));
  CHECK(group_differences(diff) == std::vector<DifferenceGroup>{{true, {0, 2, 3}, true}, {true, {1}, false}});
}

TEST_CASE("what one statement closes is one group, whoever opened it", "[driver]") {
  Diff diff;
  add(diff, false, rule(0), rule(9));
  add(diff, false, rule(1), rule(9));
  CHECK(group_differences(diff) == std::vector<DifferenceGroup>{{true, {0, 1}, false}});
}

TEST_CASE("a rule that is gone is one group, whoever denies now", "[driver]") {
  Diff diff;
  add(diff, false, rule(3), isolation(0));
  add(diff, false, rule(3), isolation(1));
  CHECK(group_differences(diff) == std::vector<DifferenceGroup>{{false, {0, 1}, false}});
}

TEST_CASE("gained and lost, and other times, are never one group", "[driver]") {
  Diff diff;
  add(diff, true, isolation(0), rule(7));
  add(diff, false, isolation(0), rule(7));
  add(diff, true, isolation(0), rule(7));
  diff.differences[2].when.from = model::Moment{100};
  CHECK(group_differences(diff).size() == 3);
  CHECK(group_differences(Diff{}).empty());
}
