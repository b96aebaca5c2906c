#include "verifier/connectivity.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>
#include <catch2/catch.hpp>

#include "model/evaluate.h"
#include "tests/support/world.h"

using namespace weft;
using namespace weft::test;
using verifier::BitSet;
using verifier::ClassMatrix;
using verifier::Connectivity;
using verifier::Place;

namespace {

bool is_self(const model::Flow& flow) {
  return flow.source.peer->instance && flow.source.peer->instance == flow.destination.peer->instance;
}

// The node end of a flow against the workload at the other end.
Place place_of(const model::Flow& flow) {
  const auto runs_on = [](const model::Peer& workload, const model::Peer& node) {
    return workload.kind == model::PeerKind::Workload && node.kind == model::PeerKind::Node && workload.node &&
           workload.node == node.instance;
  };
  const model::Peer& a = *flow.source.peer;
  const model::Peer& b = *flow.destination.peer;
  return runs_on(a, b) || runs_on(b, a) ? Place::Home : Place::Apart;
}

// One gate in words; what would have been is the evaluator's alone to say.
std::string words(std::optional<model::GateDecision> gate) {
  if (!gate) return "no gate";
  const auto number = [](const auto& id) { return id ? static_cast<int>(*id) : -1; };
  return fmt::format("verdict {} reason {} rule {} isolation {} tier {}", static_cast<int>(gate->verdict),
                     static_cast<int>(gate->reason), number(gate->rule), number(gate->isolation), number(gate->tier));
}

// Every answer there is about one pair and one atom, against the evaluator.
std::optional<std::string> difference(const World& world, const Connectivity& connectivity, const model::Flow& flow,
                                      model::Moment now) {
  const std::uint32_t source = connectivity.class_of(flow.source);
  const std::uint32_t destination = connectivity.class_of(flow.destination);
  const std::uint32_t atom = connectivity.atom_of(flow.service);
  const Place place = place_of(flow);
  const model::Decision meant = model::evaluate(world.policy, flow, now);
  const auto wrong = [&](std::string_view what) {
    return fmt::format("{} at {}: {}", describe(world, flow), static_cast<std::int64_t>(now), what);
  };
  if (connectivity.allowed(source, destination, atom, place) != meant.allowed) return wrong("allowed differs");
  if (connectivity.services(source, destination, place).test(atom) != meant.allowed) return wrong("services differ");
  for (const model::Direction direction : {model::Direction::Egress, model::Direction::Ingress}) {
    const bool egress = direction == model::Direction::Egress;
    const std::string said = words(connectivity.decide(direction, source, destination, atom, place));
    const std::string should = words(egress ? meant.egress : meant.ingress);
    if (said != should)
      return wrong(fmt::format("{} says {} instead of {}", egress ? "egress" : "ingress", said, should));
  }
  if (place == Place::Apart) {
    const auto opens = [](const std::optional<model::GateDecision>& gate) {
      return !gate || gate->verdict == model::Verdict::Allow;
    };
    if (connectivity.leaving(atom, source).test(destination) != opens(meant.egress))
      return wrong("the egress row differs");
    if (connectivity.entering(atom, destination).test(source) != opens(meant.ingress))
      return wrong("the ingress row differs");
  }
  return {};
}

// Rows and matrices against the pairs they are made of.
void check_rows(const Connectivity& connectivity) {
  const auto size = static_cast<std::uint32_t>(connectivity.classes().size());
  const auto atoms = static_cast<std::uint32_t>(connectivity.atoms().size());
  const ClassMatrix any = connectivity.any_service();
  std::vector<ClassMatrix> by_atom;
  for (std::uint32_t atom = 0; atom < atoms; ++atom) by_atom.push_back(connectivity.matrix(atom));
  bool right = true;
  for (std::uint32_t s = 0; s < size; ++s) {
    BitSet some(size);
    for (std::uint32_t atom = 0; atom < atoms; ++atom) {
      const BitSet reached = connectivity.reached_from(atom, s);
      some |= reached;
      right = right && reached == by_atom[atom].row_set(s);
      for (std::uint32_t d = 0; d < size; ++d) {
        const bool meant = connectivity.pairs_exist(s, d) && connectivity.allowed(s, d, atom);
        right = right && reached.test(d) == meant;
      }
    }
    right = right && some == any.row_set(s) && some == connectivity.reached_from(s);
  }
  for (std::uint32_t d = 0; d < size; ++d) {
    for (std::uint32_t atom = 0; atom < atoms; ++atom) {
      const BitSet reaching = connectivity.reaching(atom, d);
      for (std::uint32_t s = 0; s < size; ++s) right = right && reaching.test(s) == by_atom[atom].test(s, d);
    }
  }
  CHECK(right);
}

void check_world(const World& world, std::size_t limit, bool rows) {
  const std::vector<model::Flow> all = flows(world, {.limit = limit});
  for (const model::Moment now : interesting_moments(world.policy)) {
    const Connectivity connectivity(world.policy, world.inventory, now);
    for (const model::Flow& flow : all) {
      if (is_self(flow)) continue;
      if (const auto wrong = difference(world, connectivity, flow, now)) {
        const auto fails = [&](const World& smaller) {
          for (const model::Moment moment : interesting_moments(smaller.policy)) {
            const Connectivity again(smaller.policy, smaller.inventory, moment);
            for (const model::Flow& question : flows(smaller)) {
              if (!is_self(question) && difference(smaller, again, question, moment)) return true;
            }
          }
          return false;
        };
        FAIL(*wrong << "\n" << keep_case(world, "connectivity", fails));
      }
    }
    if (rows) check_rows(connectivity);
  }
}

}  // namespace

TEST_CASE("connectivity says what the evaluator says: every pair, gate and service of small worlds") {
  for (std::uint64_t seed = 1; seed <= 150; ++seed)
    check_world(generate_world(seed, WorldOptions::small()), 4000, seed % 3 == 0);
}

TEST_CASE("connectivity says what the evaluator says: samples of worlds with more in them") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) check_world(generate_world(seed), 1500, false);
  check_world(generate_world(7, WorldOptions::big()), 3000, false);
}

TEST_CASE("any service is what all atoms add up to, in worlds with many classes") {
  std::size_t classes = 0;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    const World world = generate_world(seed, WorldOptions::big());
    const Connectivity connectivity(world.policy, world.inventory);
    const ClassMatrix any = connectivity.any_service();
    classes = std::max(classes, any.size());
    std::vector<BitSet> rows(any.size(), BitSet(any.size()));
    for (std::uint32_t atom = 0; atom < connectivity.atoms().size(); ++atom) {
      const ClassMatrix matrix = connectivity.matrix(atom);
      for (std::size_t s = 0; s < rows.size(); ++s) rows[s] |= matrix.row_set(s);
    }
    bool right = true;
    for (std::size_t s = 0; s < rows.size(); ++s) right = right && rows[s] == any.row_set(s);
    CHECK(right);
  }
  CHECK(classes > 60);
}

TEST_CASE("a matrix is turned round, whatever its size") {
  Random random(5);
  for (const std::size_t size : {1UL, 63UL, 64UL, 65UL, 130UL, 200UL}) {
    ClassMatrix matrix(size);
    for (std::size_t i = 0; i < 3 * size; ++i) matrix.set(random.below(size), random.below(size));
    const ClassMatrix turned = matrix.transposed();
    bool right = true;
    for (std::size_t a = 0; a < size; ++a) {
      for (std::size_t b = 0; b < size; ++b) right = right && matrix.test(a, b) == turned.test(b, a);
    }
    CHECK(right);
  }
}

TEST_CASE("classes hold every instance once for each way its addresses are seen, and all of the world") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const World world = generate_world(seed);
    const Connectivity connectivity(world.policy, world.inventory);
    std::map<model::InstanceId, std::set<std::uint32_t>> seen;
    for (std::uint32_t c = 0; c < connectivity.classes().size(); ++c) {
      for (const model::InstanceId member : connectivity.classes()[c].members) CHECK(seen[member].insert(c).second);
      CHECK(connectivity.class_of(connectivity.classes()[c].example) == c);
    }
    for (std::uint32_t i = 0; i < world.inventory.instances.size(); ++i) {
      const model::Instance& instance = world.inventory.instances[i];
      const std::span<const std::uint32_t> classes = connectivity.classes_of(model::InstanceId{i});
      CHECK(seen[instance.host.value_or(model::InstanceId{i})] == std::set(classes.begin(), classes.end()));
      std::set<std::uint32_t> of_ends;
      for (const model::Address& address : instance.addresses) {
        of_ends.insert(connectivity.class_of({&instance.peer, address}));
      }
      if (!instance.addresses.empty() && !instance.host) CHECK(of_ends == seen[model::InstanceId{i}]);
    }
  }
}

TEST_CASE("pairs of distinct instances are counted") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const World world = generate_world(seed);
    const Connectivity connectivity(world.policy, world.inventory);
    const auto size = static_cast<std::uint32_t>(connectivity.classes().size());
    for (std::uint32_t s = 0; s < size; ++s) {
      for (std::uint32_t d = 0; d < size; ++d) {
        const verifier::PeerClass& a = connectivity.classes()[s];
        const verifier::PeerClass& b = connectivity.classes()[d];
        std::uint64_t pairs = 0;
        const bool family = (a.v4 && b.v4) || (a.v6 && b.v6);
        if (family && a.members.empty()) pairs = b.members.size();
        if (family && b.members.empty()) pairs = a.members.size();
        for (const model::InstanceId x : a.members) {
          for (const model::InstanceId y : b.members) pairs += family && x != y ? 1 : 0;
        }
        CHECK(connectivity.pairs(s, d) == pairs);
        CHECK(connectivity.pairs_exist(s, d) == (pairs > 0));
      }
    }
  }
}

TEST_CASE("atoms are all services, each once") {
  const World world = generate_world(3);
  const Connectivity connectivity(world.policy, world.inventory);
  model::PointSet all;
  for (std::uint32_t atom = 0; atom < connectivity.atoms().size(); ++atom) {
    CHECK_FALSE(all.intersects(connectivity.atoms()[atom]));
    all.add(connectivity.atoms()[atom]);
    const model::ServiceRange range = connectivity.atoms()[atom].ranges().front();
    CHECK(connectivity.atom_of(model::ServicePoint{range.first}) == atom);
    CHECK(connectivity.atom_of(model::ServicePoint{range.last}) == atom);
  }
  CHECK(all == model::PointSet::any());
  CHECK(connectivity.points_of(BitSet(connectivity.atoms().size(), true)) == model::PointSet::any());
}
