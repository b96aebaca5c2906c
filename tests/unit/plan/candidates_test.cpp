#include "plan/candidates.h"

#include <algorithm>

#include <catch2/catch.hpp>

#include <fmt/format.h>

#include "plan/vocabulary.h"
#include "tests/support/world.h"

using namespace weft;
using model::Selector;

namespace {

model::Peer workload(model::Labels labels) {
  model::Peer out;
  out.kind = model::PeerKind::Workload;
  out.labels = std::move(labels);
  return out;
}

const model::LabelKey app = model::keys::of_workload("app");
const model::LabelKey env = model::keys::of_workload("env");

}  // namespace

TEST_CASE("no selector that matches an end is left out, and none is named twice", "[plan]") {
  std::size_t matched = 0, left_out = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    const test::World world = test::generate_world(seed, test::WorldOptions::small());
    const plan::Vocabulary vocabulary = plan::vocabulary_of(world.policy);
    const plan::Candidates candidates(vocabulary.selectors);
    for (const model::End& end : test::interesting_ends(world)) {
      const std::vector<std::uint32_t> some = candidates.of(*end.peer);
      CHECK(std::ranges::is_sorted(some));
      CHECK(std::ranges::adjacent_find(some) == some.end());
      for (std::uint32_t s = 0; s < vocabulary.selectors.size(); ++s) {
        const bool is_named = std::ranges::binary_search(some, s);
        left_out += is_named ? 0 : 1;
        if (!model::matches(*vocabulary.selectors[s], end)) continue;
        ++matched;
        INFO("seed " << seed << ": " << model::to_string(*vocabulary.selectors[s]));
        CHECK(is_named);
      }
    }
  }
  CHECK(matched > 1'000);
  CHECK(left_out > 1'000);
}

TEST_CASE("an end is asked about the selectors of its own value, however many others there are", "[plan]") {
  std::vector<Selector> selectors;
  for (int i = 0; i < 1'000; ++i) {
    selectors.push_back(
        Selector::all_of({Selector::equals(env, "prod"), Selector::equals(app, fmt::format("a{}", i))}));
  }
  selectors.push_back(Selector::negation(Selector::equals(app, "a1")));
  selectors.push_back(Selector::one_of(app, {"a7", "a8"}));
  selectors.push_back(Selector::any_of({Selector::equals(app, "a7"), Selector::equals(env, "prod")}));
  selectors.push_back(Selector::any_of({Selector::equals(app, "a9"), Selector::has(env)}));
  selectors.push_back(Selector::world_address({}));
  std::vector<const Selector*> all;
  for (const Selector& selector : selectors) all.push_back(&selector);
  const plan::Candidates candidates(all);
  // `env == "prod"` is everybody's: it is the value of `app` that tells them apart.
  CHECK(candidates.of(workload({{app, "a7"}, {env, "prod"}})) ==
        std::vector<std::uint32_t>{7, 1'000, 1'001, 1'002, 1'003});
  CHECK(candidates.of(workload({{env, "prod"}})) == std::vector<std::uint32_t>{1'000, 1'002, 1'003});
  CHECK(candidates.of(model::Peer{}) == std::vector<std::uint32_t>{1'000, 1'003, 1'004});
}
