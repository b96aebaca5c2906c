#include <catch2/catch.hpp>

#include "driver/graph.h"
#include "tests/support/world.h"

using namespace weft;
using namespace weft::driver;

namespace {

// A chain 0 -> 1 -> 2 -> 3 and an arrow 3 -> 1 back.
Graph chain() {
  Graph out;
  for (const char* name : {"a", "b", "c", "d"}) out.nodes.push_back({.name = name, .kind = model::PeerKind::Workload});
  for (const auto& [from, to] : {std::pair{0, 1}, {1, 2}, {2, 3}, {3, 1}}) {
    GraphEdge edge;
    edge.from = static_cast<std::size_t>(from);
    edge.to = static_cast<std::size_t>(to);
    edge.all = model::PointSet::any();
    out.edges.push_back(edge);
  }
  return out;
}

std::string shown(const Graph& graph) {
  std::string out;
  for (const GraphNode& node : graph.nodes) out += node.name + (node.focus ? "*" : "") + " ";
  for (const GraphEdge& edge : graph.edges) out += graph.nodes[edge.from].name + ">" + graph.nodes[edge.to].name + " ";
  return out;
}

}  // namespace

TEST_CASE("a focus shows what lies near", "[driver][graph]") {
  const std::vector<bool> first{true, false, false, false};
  CHECK(shown(focused(chain(), first, 0)) == "a* ");
  CHECK(shown(focused(chain(), first, 1)) == "a* b a>b ");
  CHECK(shown(focused(chain(), first, 2)) == "a* b c d a>b b>c d>b ");
  CHECK(shown(focused(chain(), first, 3)) == "a* b c d a>b b>c c>d d>b ");
  CHECK(shown(focused(chain(), {false, true, false, false}, 1)) == "a b* c d a>b b>c d>b ");
  CHECK(shown(focused(chain(), {false, false, false, false}, 5)).empty());
}

TEST_CASE("a graph and its changes are what the evaluator says", "[driver][graph]") {
  std::size_t gained = 0, lost = 0, changed = 0, same = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    test::WorldOptions small = test::WorldOptions::small();
    test::World before = test::generate_world(seed, small);
    // The new policy is the old one with one rule turned round.
    Compilation old_one, new_one;
    old_one.understood = new_one.understood = true;
    old_one.policy = before.policy;
    old_one.inventory = new_one.inventory = before.inventory;
    old_one.inventory.index();
    new_one.inventory.index();
    new_one.policy = before.policy;
    if (new_one.policy.rules.empty()) continue;
    model::Rule& rule = new_one.policy.rules[seed % new_one.policy.rules.size()];
    rule.verdict = rule.verdict == model::Verdict::Allow ? model::Verdict::Deny : model::Verdict::Allow;
    const Reachability older(old_one, model::before_all), newer(new_one, model::before_all);
    const auto found = newer.groups({});
    REQUIRE(found);
    const std::vector<ReachGroup> groups = with_one_world(*found);
    const Graph graph = graph_against(newer, older, *found, {});
    REQUIRE(graph.nodes.size() == groups.size());

    // Every question about two members, asked of the evaluator under both policies.
    const test::World asked{new_one.policy, new_one.inventory};
    const auto group_of = [&](const model::End& end) -> std::optional<std::size_t> {
      for (std::size_t i = 0; i < groups.size(); ++i) {
        if (!end.peer->instance) {
          if (graph.nodes[i].is_world()) return i;
        } else if (std::ranges::binary_search(groups[i].members, *end.peer->instance)) {
          return i;
        }
      }
      return {};
    };
    struct Open {
      model::PointSet before, now;
    };
    std::map<std::pair<std::size_t, std::size_t>, Open> open;
    for (const model::Flow& flow : test::flows(asked, {4000, seed})) {
      if (flow.source.peer->instance && flow.source.peer->instance == flow.destination.peer->instance) continue;
      if (!flow.source.peer->instance && !flow.destination.peer->instance) continue;
      const auto from = group_of(flow.source), to = group_of(flow.destination);
      if (!from || !to) continue;
      const model::PointSet point = model::PointSet::of_point(flow.service);
      if (model::evaluate(old_one.policy, flow).allowed) open[{*from, *to}].before.add(point);
      if (model::evaluate(new_one.policy, flow).allowed) open[{*from, *to}].now.add(point);
    }
    std::map<std::pair<std::size_t, std::size_t>, const GraphEdge*> edges;
    for (const GraphEdge& edge : graph.edges) edges[{edge.from, edge.to}] = &edge;
    for (const auto& [ends, points] : open) {
      INFO("seed " << seed << ": " << graph.nodes[ends.first].name << " -> " << graph.nodes[ends.second].name);
      REQUIRE(edges.contains(ends));
      const GraphEdge& edge = *edges[ends];
      model::PointSet today = edge.all;
      today.add(edge.some);
      CHECK(today.contains(points.now));
      CHECK(!edge.gained.intersects(points.before));
      CHECK(!edge.lost.intersects(points.now));
      model::PointSet fresh = points.now;
      fresh.remove(points.before);
      fresh.remove(today);
      CHECK(fresh.empty());
      switch (edge.state) {
        case GraphEdge::State::Gained:
          ++gained;
          CHECK(points.before.empty());
          break;
        case GraphEdge::State::Lost:
          ++lost;
          CHECK(points.now.empty());
          break;
        case GraphEdge::State::Changed:
          ++changed;
          break;
        case GraphEdge::State::Same:
          ++same;
          // Questions are drawn, so one of two equal answers may not have been asked.
          CHECK((edge.gained.empty() && edge.lost.empty()));
          break;
      }
    }
  }
  CHECK(gained > 0);
  CHECK(lost > 0);
  CHECK(changed > 0);
  CHECK(same > 100);
}

TEST_CASE("a policy against itself changes nothing", "[driver][graph]") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const test::World world = test::generate_world(seed);
    Compilation one;
    one.understood = true;
    one.policy = world.policy;
    one.inventory = world.inventory;
    one.inventory.index();
    const Reachability reachability(one, model::before_all);
    const auto groups = reachability.groups({});
    REQUIRE(groups);
    for (const GraphEdge& edge : graph_against(reachability, reachability, *groups, {}).edges) {
      CHECK(edge.state == GraphEdge::State::Same);
    }
  }
}
