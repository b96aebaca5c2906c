#include "verifier/memory.h"

#include <catch2/catch.hpp>
#include <cstdint>
#include <vector>

#include "model/evaluate.h"
#include "tests/support/world.h"
#include "verifier/connectivity.h"
#include "verifier/verifier.h"

using namespace weft;
using namespace weft::verifier;
using weft::test::generate_world;
using weft::test::Random;
using weft::test::World;
using weft::test::WorldOptions;

namespace {

// Something an author may do to one rule, or to the profile: part of it becomes what another rule has, or something
// that no rule had.
void edit(model::Policy& policy, Random& random) {
  if (policy.rules.empty()) return;
  model::Rule& rule = policy.rules[random.below(policy.rules.size())];
  const model::Rule other = policy.rules[random.below(policy.rules.size())];
  switch (random.below(9)) {
    case 0:
      rule.source = other.source;
      break;
    case 1:
      rule.destination = other.destination;
      break;
    case 2:
      rule.source = model::Selector::negation(other.destination);
      break;
    case 3:
      rule.destination = model::Selector::all_of({other.destination, other.source});
      break;
    case 4:
      rule.ports = other.ports;
      break;
    case 5:
      rule.relations = other.relations;
      break;
    case 6:
      rule.audit = !rule.audit;
      break;
    case 7:
      rule.expires = other.expires;
      break;
    default:
      policy.profile.node_gates = !policy.profile.node_gates;
  }
}

bool same(const Connectivity& a, const Connectivity& b) {
  if (a.atoms() != b.atoms() || a.classes().size() != b.classes().size()) return false;
  for (std::size_t c = 0; c < a.classes().size(); ++c) {
    const PeerClass& one = a.classes()[c];
    const PeerClass& other = b.classes()[c];
    if (one.kind != other.kind || one.gated != other.gated || one.v4 != other.v4 || one.v6 != other.v6 ||
        one.members != other.members || one.addresses != other.addresses || one.example.peer != other.example.peer ||
        one.example.address != other.example.address) {
      return false;
    }
  }
  for (std::uint32_t atom = 0; atom < a.atoms().size(); ++atom) {
    const ClassMatrix one = a.matrix(atom), other = b.matrix(atom);
    for (std::size_t c = 0; c < one.size(); ++c) {
      if (one.row_set(c) != other.row_set(c)) return false;
    }
  }
  return true;
}

}  // namespace

TEST_CASE("what is remembered of an inventory changes no answer, whatever is edited", "[verifier]") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const World world = generate_world(seed);
    InventoryMemory memory(world.inventory);
    model::Policy policy = world.policy;
    Random random(seed);
    for (int step = 0; step < 25; ++step) {
      INFO("seed " << seed << ", edit " << step);
      // At a moment of deadlines, too: rules come and go with the clock, and nobody edits them.
      for (const model::Moment now : weft::test::interesting_moments(policy)) {
        CHECK(same(Connectivity(policy, world.inventory, now, &memory), Connectivity(policy, world.inventory, now)));
      }
      edit(policy, random);
      // Undone, as authors do.
      if (step % 5 == 4) policy = world.policy;
    }
  }
}

TEST_CASE("a check that remembers reports what one does that does not", "[verifier]") {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    World world = generate_world(seed, WorldOptions::small());
    if (!world.policy.rules.empty()) {
      // The classes of a policy with claims are others than without.
      model::Assertion claim;
      claim.source = world.policy.rules[0].source;
      claim.destination = model::Selector::negation(world.policy.rules[0].source);
      claim.ports = world.policy.rules[0].ports;
      claim.in_inventory = seed % 2 == 0;
      world.policy.assertions.push_back(claim);
    }
    InventoryMemory memory(world.inventory);
    model::Policy policy = world.policy;
    Random random(seed);
    for (int step = 0; step < 6; ++step) {
      INFO("seed " << seed << ", edit " << step);
      Options options;
      options.look_for_dead = false;
      const Report cold = check(policy, &world.inventory, options);
      options.memory = &memory;
      CHECK(check(policy, &world.inventory, options) == cold);
      edit(policy, random);
    }
  }
}
