#include <algorithm>

#include <catch2/catch.hpp>

#include "tests/unit/verifier/build_policy.h"
#include "tests/unit/verifier/random_policy.h"
#include "verifier/candidates.h"
#include "verifier/opposed.h"

using namespace weft;
using namespace weft::verifier;
using namespace weft::verifier::test;
using model::RuleId;
using model::Selector;

TEST_CASE("the index leaves out no rule that may overlap", "[verifier]") {
  std::size_t left_out = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    INFO("seed " << seed);
    const Sample sample = random_sample(seed);
    const Universe universe(sample.policy, sample.with_inventory ? &sample.inventory : nullptr);
    const Slicer slicer(sample.policy, universe);
    std::vector<std::uint32_t> all;
    for (std::uint32_t i = 0; i < sample.policy.rules.size(); ++i) all.push_back(i);
    const Candidates candidates(all, slicer);
    for (const std::uint32_t one : all) {
      const std::vector<std::uint32_t> found = candidates.of(slicer.cover_of(RuleId{one}));
      CHECK(std::ranges::is_sorted(found));
      CHECK(std::ranges::adjacent_find(found) == found.end());
      left_out += all.size() - found.size();
      for (const std::uint32_t other : all) {
        if (slicer.may_overlap(RuleId{one}, RuleId{other})) CHECK(std::ranges::binary_search(found, other));
      }
    }
  }
  CHECK(left_out > 0);
}

TEST_CASE("only rules that may contradict each other are compared", "[verifier]") {
  Builder b;
  constexpr std::uint16_t count = 20'000;
  for (std::uint16_t i = 0; i < count; ++i) {
    b.allow(app("source" + std::to_string(i % 200)), app("destination" + std::to_string(i / 200)), tcp(i));
  }
  Options options;
  options.look_for_dead = false;
  SECTION("of one verdict: none, and no solver starts") {
    const Report report = check(b.policy, nullptr, options);
    CHECK(report.findings.empty());
    CHECK(report.statistics == Statistics{});
  }
  SECTION("a few denies find theirs by label or by port") {
    b.deny(app("source7"), Selector::any(), tcp(7));
    b.deny(Selector::any(), app("destination3"), tcp(601));
    b.deny(Selector::any(), Selector::any(), tcp(19'999));
    b.deny(Selector::any(), Selector::any(), tcp(30'000));
    const Report report = check(b.policy, nullptr, options);
    CHECK(report.findings.size() == 3);
    CHECK(report.statistics.pairs == 3);
  }
  SECTION("as many denies as allows, each of them with one to meet") {
    for (std::uint16_t i = 0; i < count; ++i) b.deny(Selector::any(), Selector::workload(), tcp(i));
    options.max_findings = 1;
    const Report report = check(b.policy, nullptr, options);
    CHECK(report.findings.size() == 1);
    CHECK(report.statistics.pairs == count);
  }
}
