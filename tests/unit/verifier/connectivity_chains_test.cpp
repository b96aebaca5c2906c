#include "verifier/connectivity_chains.h"

#include <algorithm>
#include <deque>
#include <set>

#include <fmt/format.h>
#include <catch2/catch.hpp>

#include "model/evaluate.h"
#include "tests/support/world.h"

using namespace weft;
using namespace weft::test;
using verifier::ClassMatrix;
using verifier::Connectivity;
using verifier::Hop;
using verifier::Place;
using verifier::Spread;

namespace {

// Who can open a connection to whom on any service, by the evaluator and nothing else.
std::vector<std::vector<bool>> hops_of(const World& world, const std::vector<model::PointSet>& atoms) {
  const std::vector<model::Instance>& all = world.inventory.instances;
  std::vector<std::vector<bool>> out(all.size(), std::vector<bool>(all.size()));
  const auto ends = [&](const model::Instance& instance) {
    std::vector<model::End> of;
    if (instance.host) return of;
    for (const model::Address& address : instance.addresses) of.push_back({&instance.peer, address});
    if (of.empty()) of.push_back({&instance.peer, {}});
    return of;
  };
  for (std::size_t a = 0; a < all.size(); ++a) {
    for (std::size_t b = 0; b < all.size(); ++b) {
      if (a == b) continue;
      for (const model::End& from : ends(all[a])) {
        for (const model::End& to : ends(all[b])) {
          if (from.address && to.address && from.address->family != to.address->family) continue;
          out[a][b] =
              out[a][b] || std::ranges::any_of(atoms, [&](const model::PointSet& points) {
                return model::evaluate(world.policy, {from, to, model::ServicePoint{points.ranges().front().first}})
                    .allowed;
              });
        }
      }
    }
  }
  return out;
}

// How many hops each is away from `start`, none where it is not reached; `relays` may be in the middle.
std::vector<int> distances(const std::vector<std::vector<bool>>& hops, std::size_t start,
                           const std::function<bool(std::size_t)>& relays) {
  std::vector<int> out(hops.size(), -1);
  std::deque<std::size_t> queue{start};
  std::vector<int> from(hops.size(), -1);
  from[start] = 0;
  while (!queue.empty()) {
    const std::size_t at = queue.front();
    queue.pop_front();
    for (std::size_t to = 0; to < hops.size(); ++to) {
      if (!hops[at][to] || from[to] >= 0) continue;
      from[to] = out[to] = from[at] + 1;
      if (relays(to)) queue.push_back(to);
    }
  }
  return out;
}

void check_chain(const Connectivity& connectivity, const std::vector<Hop>& chain, model::InstanceId from,
                 model::InstanceId to) {
  REQUIRE_FALSE(chain.empty());
  CHECK(chain.front().from == from);
  CHECK(chain.back().to == to);
  for (std::size_t i = 0; i < chain.size(); ++i) {
    if (i > 0) CHECK(chain[i].from == chain[i - 1].to);
    CHECK(chain[i].from != chain[i].to);
    CHECK_FALSE(connectivity.services(chain[i].source, chain[i].destination, chain[i].place).empty());
  }
}

}  // namespace

TEST_CASE("chains and blast radii are those of a search through all instances") {
  std::size_t indirect = 0, home = 0;
  for (std::uint64_t seed = 1; seed <= 120; ++seed) {
    WorldOptions options = WorldOptions::small();
    options.most_workloads = 7;
    const World world = generate_world(seed, options);
    const Connectivity connectivity(world.policy, world.inventory);
    const ClassMatrix hops = connectivity.any_service();
    const std::vector<std::uint64_t> radii = verifier::blast_radii(connectivity, world.inventory, hops);
    const auto meant = hops_of(world, connectivity.atoms());
    for (std::uint32_t start = 0; start < world.inventory.instances.size(); ++start) {
      if (world.inventory.instances[start].host) continue;
      for (const bool everybody : {true, false}) {
        const auto relays = [&](std::size_t instance) { return everybody || instance % 2 == 0; };
        const Spread spread(connectivity, world.inventory, hops, {{model::InstanceId{start}, 0}},
                            [&](model::InstanceId id) { return relays(static_cast<std::size_t>(id)); });
        const std::vector<int> away = distances(meant, start, relays);
        std::uint64_t count = 0;
        for (std::uint32_t i = 0; i < away.size(); ++i) {
          if (i == start) continue;
          const bool reached = spread.reached(model::InstanceId{i});
          if (reached != (away[i] > 0)) {
            FAIL(fmt::format("seed {}: {} to {} is {} hops away\n{}", seed, start, i, away[i], to_case(world)));
          }
          if (!reached) continue;
          ++count;
          const std::vector<Hop> chain = spread.chain_to(model::InstanceId{i});
          check_chain(connectivity, chain, model::InstanceId{start}, model::InstanceId{i});
          CHECK(chain.size() == static_cast<std::size_t>(away[i]));
          indirect += chain.size() > 1 ? 1 : 0;
          home += std::ranges::any_of(chain, [](const Hop& hop) { return hop.place == Place::Home; }) ? 1 : 0;
        }
        if (everybody && radii[start] != count) {
          FAIL(fmt::format("seed {}: the radius of {} is {} instead of {}\n{}", seed, start, radii[start], count,
                           to_case(world)));
        }
      }
    }
  }
  // A test of chains that met none would say nothing.
  CHECK(indirect > 100);
  CHECK(home > 10);
}

TEST_CASE("of several that start, each is reached by the others or by a chain that comes back") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const World world = generate_world(seed, WorldOptions::small());
    const Connectivity connectivity(world.policy, world.inventory);
    const ClassMatrix hops = connectivity.any_service();
    const auto meant = hops_of(world, connectivity.atoms());
    std::vector<verifier::ChainStart> starts;
    for (std::uint32_t i = 0; i < world.inventory.instances.size(); ++i) {
      if (!world.inventory.instances[i].host && i % 3 != 2) starts.push_back({model::InstanceId{i}, 0});
    }
    const Spread spread(connectivity, world.inventory, hops, starts);
    for (std::uint32_t i = 0; i < world.inventory.instances.size(); ++i) {
      const bool some = std::ranges::any_of(starts, [&](const verifier::ChainStart& start) {
        const auto from = static_cast<std::size_t>(*start.instance);
        const std::vector<int> away = distances(meant, from, [](std::size_t) { return true; });
        if (from != i) return away[i] > 0;
        for (std::size_t other = 0; other < away.size(); ++other) {
          if (away[other] > 0 && meant[other][i]) return true;
        }
        return false;
      });
      CHECK(spread.reached(model::InstanceId{i}) == some);
    }
  }
}
