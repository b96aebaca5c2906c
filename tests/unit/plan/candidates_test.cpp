#include "plan/candidates.h"

#include <algorithm>

#include <catch2/catch.hpp>

#include <fmt/format.h>

#include "plan/vocabulary.h"
#include "tests/support/world.h"

using namespace weft;
using model::Selector;

namespace {

std::vector<std::uint32_t> named(const plan::Candidates& candidates, const model::Labels& labels) {
  std::vector<std::uint32_t> out;
  candidates.for_each(labels, [&](std::uint32_t selector) { out.push_back(selector); });
  std::ranges::sort(out);
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
    for (const model::Instance& instance : world.inventory.instances) {
      const std::vector<std::uint32_t> some = named(candidates, instance.peer.labels);
      CHECK(std::ranges::adjacent_find(some) == some.end());
      for (const model::Address& address : instance.addresses) {
        for (std::uint32_t s = 0; s < vocabulary.selectors.size(); ++s) {
          const bool is_named = std::ranges::binary_search(some, s);
          left_out += is_named ? 0 : 1;
          if (!model::matches(*vocabulary.selectors[s], {&instance.peer, address})) continue;
          ++matched;
          INFO("seed " << seed << ": " << model::to_string(*vocabulary.selectors[s]) << " matches " << instance.name);
          CHECK(is_named);
        }
      }
    }
  }
  CHECK(matched > 1'000);
  CHECK(left_out > 1'000);
}

TEST_CASE("an end is asked about the selectors of its own value, however many others there are", "[plan]") {
  std::vector<Selector> selectors;
  for (int i = 0; i < 1'000; ++i) {
    selectors.push_back(Selector::all_of({Selector::equals(env, "prod"), Selector::equals(app, fmt::format("a{}", i))}));
  }
  selectors.push_back(Selector::negation(Selector::equals(app, "a1")));
  selectors.push_back(Selector::one_of(app, {"a7", "a8"}));
  std::vector<const Selector*> all;
  for (const Selector& selector : selectors) all.push_back(&selector);
  const plan::Candidates candidates(all);
  // `env == "prod"` is everybody's: it is the value of `app` that tells them apart.
  CHECK(named(candidates, {{app, "a7"}, {env, "prod"}}) == std::vector<std::uint32_t>{7, 1'000, 1'001});
  CHECK(named(candidates, {{env, "prod"}}) == std::vector<std::uint32_t>{1'000});
}
