#include "driver/reach.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>
#include <catch2/catch.hpp>

#include "driver/graph.h"
#include "driver/reach_chains.h"
#include "model/evaluate.h"
#include "tests/support/world.h"

using namespace weft;
using namespace weft::driver;

namespace {

driver::Compilation compiled(test::World world) {
  driver::Compilation out;
  out.policy = std::move(world.policy);
  out.inventory = std::move(world.inventory);
  out.inventory.index();
  return out;
}

// The ends a group stands for: an instance at each of its addresses whose class is in the group, a part of the world by
// one address.
struct GroupEnd {
  model::End end;
  std::uint32_t number = 0;
};
std::vector<GroupEnd> ends_of(const driver::Compilation& compilation, const verifier::Connectivity& connectivity,
                              const ReachGroup& group) {
  std::vector<GroupEnd> out;
  for (const ReachGroup::Part& part : group.parts) {
    if (part.members.empty()) {
      // One of each family it has.
      out.push_back({connectivity.classes()[part.number].example, part.number});
      for (const model::AddressRange& range : connectivity.classes()[part.number].addresses) {
        for (const model::Address& address : {range.first, range.last}) {
          const model::End end = compilation.inventory.end(address);
          if (end.peer->kind == model::PeerKind::World) out.push_back({end, part.number});
        }
      }
    }
    for (const model::InstanceId member : part.members) {
      const model::Instance& instance = compilation.inventory[member];
      std::vector<model::End> ends;
      for (const model::Address& address : instance.addresses) ends.push_back({&instance.peer, address});
      if (ends.empty()) ends.push_back({&instance.peer, {}});
      for (const model::End& end : ends) {
        if (connectivity.class_of(end) == part.number) out.push_back({end, part.number});
      }
    }
  }
  return out;
}

bool same_family(const model::End& a, const model::End& b) {
  return !a.address || !b.address || a.address->family == b.address->family;
}

// All and some of a cell by the evaluator: every two ends, pairs told apart by instance and class.
struct Cell {
  std::set<std::tuple<const model::Peer*, std::uint32_t, const model::Peer*, std::uint32_t>> pairs, open;
};
Cell cell_of(const driver::Compilation& compilation, const verifier::Connectivity& connectivity, const ReachGroup& from,
             const ReachGroup& to, model::ServicePoint service, model::Moment now) {
  Cell out;
  for (const GroupEnd& a : ends_of(compilation, connectivity, from)) {
    for (const GroupEnd& b : ends_of(compilation, connectivity, to)) {
      if (a.end.peer == b.end.peer || !same_family(a.end, b.end)) continue;
      if (a.end.peer->kind == model::PeerKind::World && b.end.peer->kind == model::PeerKind::World) continue;
      const std::tuple pair(a.end.peer, a.number, b.end.peer, b.number);
      out.pairs.insert(pair);
      if (model::evaluate(compilation.policy, {a.end, b.end, service}, now).allowed) out.open.insert(pair);
    }
  }
  return out;
}

void check_between(const driver::Compilation& compilation, const Reachability& reachability,
                   const std::vector<ReachGroup>& groups, model::Moment now) {
  const verifier::Connectivity& connectivity = reachability.connectivity();
  const Reach reach = reachability.between(groups, groups);
  std::map<std::pair<std::size_t, std::size_t>, const ReachEdge*> edges;
  for (const ReachEdge& edge : reach.edges) edges[{edge.from, edge.to}] = &edge;
  for (const model::PointSet& atom : connectivity.atoms()) {
    const model::ServicePoint service{atom.ranges().front().first};
    for (std::size_t from = 0; from < groups.size(); ++from) {
      for (std::size_t to = 0; to < groups.size(); ++to) {
        const Cell meant = cell_of(compilation, connectivity, groups[from], groups[to], service, now);
        const auto edge = edges.find({from, to});
        const bool all = edge != edges.end() && edge->second->all.contains(service);
        const bool some = edge != edges.end() && edge->second->some.contains(service);
        INFO(groups[from].name << " -> " << groups[to].name << " : " << to_string(service));
        REQUIRE(all == (!meant.open.empty() && meant.open == meant.pairs));
        REQUIRE(some == (!meant.open.empty() && meant.open != meant.pairs));
        if (edge != edges.end()) REQUIRE(edge->second->pairs == meant.pairs.size());
      }
    }
  }
}

}  // namespace

TEST_CASE("what groups may open to groups is what the evaluator allows their members") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const driver::Compilation compilation = compiled(test::generate_world(seed, test::WorldOptions::small()));
    const std::vector<model::Moment> moments = test::interesting_moments(compilation.policy);
    const model::Moment now = moments[seed % moments.size()];
    const Reachability reachability(compilation, now);
    for (const char* by : {"", "ns"}) {
      const auto groups = reachability.groups({by});
      if (groups) check_between(compilation, reachability, *groups, now);
    }
  }
}

TEST_CASE("peers that stand together reach the same on every service, and everybody stands somewhere once") {
  std::size_t joined = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const driver::Compilation compilation = compiled(test::generate_world(seed));
    const Reachability reachability(compilation, model::before_all);
    const auto groups = reachability.groups({});
    REQUIRE(groups);
    if (groups->size() > 60) continue;
    const Reach reach = reachability.between(*groups, *groups);
    // A node and what it runs are the exception: of a group, each is at home elsewhere.
    if (!reachability.connectivity().place_matters()) {
      for (const ReachEdge& edge : reach.edges) CHECK(edge.some.empty());
    }
    std::map<std::pair<std::uint32_t, model::InstanceId>, int> seen;
    std::set<std::string> names;
    for (const ReachGroup& group : *groups) {
      CHECK_FALSE(group.name.empty());
      CHECK(names.insert(group.name).second);
      joined += group.parts.size() > 1 ? 1 : 0;
      for (const ReachGroup::Part& part : group.parts) {
        for (const model::InstanceId member : part.members) CHECK(++seen[{part.number, member}] == 1);
      }
    }
    std::size_t ends = 0;
    for (const verifier::PeerClass& each : reachability.connectivity().classes()) ends += each.members.size();
    CHECK(seen.size() == ends);
  }
  CHECK(joined > 20);
}

TEST_CASE("towards one subject, and towards the world, groups are reached and reach as a whole") {
  std::size_t joined = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const driver::Compilation compilation = compiled(test::generate_world(seed, test::WorldOptions::small()));
    const Reachability reachability(compilation, model::before_all);
    // A node and what it runs are the exception here, too.
    if (reachability.connectivity().place_matters()) continue;
    Sources sources;
    Diagnostics diagnostics;
    for (const model::Instance& instance : compilation.inventory.instances) {
      const auto subject = reachability.subject("--from", instance.name, sources, diagnostics);
      REQUIRE(subject);
      // One that is several by its addresses reaches others at some of them.
      if (instance.host || subject->parts.size() != 1) continue;
      const auto reached = reachability.groups_towards(*subject, model::Direction::Egress);
      const auto reaching = reachability.groups_towards(*subject, model::Direction::Ingress);
      for (const ReachGroup& group : reached) joined += group.parts.size() > 1 ? 1 : 0;
      for (const ReachEdge& edge : reachability.between({*subject}, reached).edges) CHECK(edge.some.empty());
      for (const ReachEdge& edge : reachability.between(reaching, {*subject}).edges) CHECK(edge.some.empty());
      std::set<std::string> names;
      for (const ReachGroup& group : reached) CHECK(names.insert(group.name).second);
    }
    const auto groups = reachability.groups_towards_world();
    for (const ReachEdge& edge : reachability.between(groups, groups).edges) {
      const bool one_is_world = groups[edge.from].members.empty() != groups[edge.to].members.empty();
      if (one_is_world) CHECK(edge.some.empty());
    }
  }
  CHECK(joined > 20);
}

TEST_CASE("a subject is a group of its own, cut out of the one it belongs to") {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    const driver::Compilation compilation = compiled(test::generate_world(seed, test::WorldOptions::small()));
    const Reachability reachability(compilation, model::before_all);
    const auto groups = reachability.groups({"ns"});
    if (!groups) continue;
    Sources sources;
    Diagnostics diagnostics;
    for (const model::Instance& instance : compilation.inventory.instances) {
      if (instance.host) continue;
      const auto subject = reachability.subject("--focus", instance.name, sources, diagnostics);
      REQUIRE(subject);
      const std::vector<ReachGroup> cut = with_subject_apart(*groups, *subject);
      std::multiset<model::InstanceId> before, after;
      for (const ReachGroup& group : *groups) before.insert(group.members.begin(), group.members.end());
      for (const ReachGroup& group : cut) after.insert(group.members.begin(), group.members.end());
      CHECK(before == after);
      const std::vector<bool> focus = holds_some(cut, *subject);
      REQUIRE(std::ranges::count(focus, true) == 1);
      const ReachGroup& own = cut[static_cast<std::size_t>(std::ranges::find(focus, true) - focus.begin())];
      CHECK(own.members == std::vector<model::InstanceId>{*instance.peer.instance});
    }
  }
}

TEST_CASE("a row of one source says what all rows together say") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const driver::Compilation compilation = compiled(test::generate_world(seed, test::WorldOptions::big()));
    const Reachability reachability(compilation, model::before_all);
    const auto groups = reachability.groups({"ns"});
    if (!groups) continue;
    const Reach whole = reachability.between(*groups, *groups);
    for (std::size_t from = 0; from < groups->size(); ++from) {
      const Reach row = reachability.between({(*groups)[from]}, *groups);
      std::vector<const ReachEdge*> meant;
      for (const ReachEdge& edge : whole.edges) {
        if (edge.from == from) meant.push_back(&edge);
      }
      REQUIRE(row.edges.size() == meant.size());
      for (std::size_t i = 0; i < meant.size(); ++i) {
        CHECK(row.edges[i].to == meant[i]->to);
        CHECK(row.edges[i].all == meant[i]->all);
        CHECK(row.edges[i].some == meant[i]->some);
        CHECK(row.edges[i].open_pairs == meant[i]->open_pairs);
      }
    }
  }
}
