#include "driver/graph.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

namespace weft::driver {
namespace {

std::vector<GraphNode> nodes_of(const Reachability& reachability, const std::vector<ReachGroup>& groups) {
  std::vector<GraphNode> out;
  for (const ReachGroup& group : groups) {
    GraphNode node{.name = group.name, .predicate = group.predicate};
    node.kind = group.kind;
    node.members = group.members;
    if (!group.members.empty()) node.example = reachability.compilation().inventory[group.members.front()].name;
    out.push_back(std::move(node));
  }
  return out;
}

model::PointSet any_of(const ReachEdge& edge) {
  model::PointSet out = edge.all;
  out.add(edge.some);
  return out;
}

// The same members, in the classes that another policy makes of them.
std::vector<ReachGroup> in_classes_of(const Reachability& reachability, std::vector<ReachGroup> groups) {
  const verifier::Connectivity& connectivity = reachability.connectivity();
  for (ReachGroup& group : groups) {
    std::map<std::uint32_t, std::vector<model::InstanceId>> parts;
    for (const model::InstanceId member : group.members) {
      for (const std::uint32_t number : connectivity.classes_of(member)) parts[number].push_back(member);
    }
    if (group.kind == model::PeerKind::World) {
      for (std::uint32_t i = 0; i < connectivity.classes().size(); ++i) {
        if (connectivity.classes()[i].kind == model::PeerKind::World) parts[i];
      }
    }
    group.parts.clear();
    for (auto& [number, members] : parts) group.parts.push_back({number, std::move(members)});
  }
  return groups;
}

}  // namespace

Graph graph_of(const Reachability& reachability, const std::vector<ReachGroup>& groups,
               const std::optional<model::PointSet>& services) {
  Graph out;
  out.nodes = nodes_of(reachability, groups);
  for (ReachEdge& edge : reachability.between(groups, groups, services).edges) {
    GraphEdge shown;
    shown.from = edge.from;
    shown.to = edge.to;
    shown.all = std::move(edge.all);
    shown.some = std::move(edge.some);
    out.edges.push_back(std::move(shown));
  }
  return out;
}

std::optional<Graph> graph_of_all(const Compilation& compilation, model::Moment now) {
  if (!compilation.understood || !compilation.has_inventory()) return {};
  const Reachability reachability(compilation, now);
  const auto groups = reachability.groups({});
  if (!groups) return {};
  return graph_of(reachability, *groups, {});
}

Graph graph_against(const Reachability& reachability, const Reachability& older, const std::vector<ReachGroup>& groups,
                    const std::optional<model::PointSet>& services) {
  const std::vector<ReachGroup> merged = with_one_world(groups);
  const std::vector<ReachGroup> before = in_classes_of(older, merged);
  const std::vector<ReachGroup> now = in_classes_of(reachability, merged);
  Graph out;
  out.compared = true;
  out.nodes = nodes_of(reachability, merged);
  std::map<std::pair<std::size_t, std::size_t>, std::pair<ReachEdge, ReachEdge>> pairs;  // before, now
  for (const ReachEdge& edge : older.between(before, before, services).edges) pairs[{edge.from, edge.to}].first = edge;
  for (const ReachEdge& edge : reachability.between(now, now, services).edges) {
    pairs[{edge.from, edge.to}].second = edge;
  }
  for (const auto& [ends, edges] : pairs) {
    const auto& [had, has] = edges;
    GraphEdge edge;
    edge.from = ends.first;
    edge.to = ends.second;
    edge.all = has.all;
    edge.some = has.some;
    const model::PointSet then = any_of(had), today = any_of(has);
    edge.gained = today;
    edge.gained.remove(then);
    edge.lost = then;
    edge.lost.remove(today);
    // How many pairs are open tells nothing of the world, which is cut by the policy.
    const bool countable = !merged[ends.first].members.empty() && !merged[ends.second].members.empty();
    const bool same = had.all == has.all && had.some == has.some && (!countable || had.open_pairs == has.open_pairs);
    edge.state = then.empty()    ? GraphEdge::State::Gained
                 : today.empty() ? GraphEdge::State::Lost
                 : same          ? GraphEdge::State::Same
                                 : GraphEdge::State::Changed;
    out.edges.push_back(std::move(edge));
  }
  return out;
}

Graph focused(const Graph& graph, const std::vector<bool>& is_focus, std::size_t depth) {
  std::vector<bool> kept = is_focus;
  for (std::size_t step = 0; step < depth; ++step) {
    std::vector<bool> next = kept;
    for (const GraphEdge& edge : graph.edges) {
      if (kept[edge.from]) next[edge.to] = true;
      if (kept[edge.to]) next[edge.from] = true;
    }
    if (next == kept) break;
    kept = std::move(next);
  }
  Graph out;
  out.compared = graph.compared;
  std::vector<std::size_t> position(graph.nodes.size());
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (!kept[i]) continue;
    position[i] = out.nodes.size();
    out.nodes.push_back(graph.nodes[i]);
    out.nodes.back().focus = is_focus[i];
  }
  // At depth one: the arrows from and to the focus, and none between its neighbours.
  std::vector<bool> inner = is_focus;
  for (std::size_t step = 1; step < depth; ++step) {
    std::vector<bool> next = inner;
    for (const GraphEdge& edge : graph.edges) {
      if (inner[edge.from]) next[edge.to] = true;
      if (inner[edge.to]) next[edge.from] = true;
    }
    inner = std::move(next);
  }
  for (GraphEdge edge : graph.edges) {
    if (!kept[edge.from] || !kept[edge.to]) continue;
    if (depth == 0 ? !(is_focus[edge.from] && is_focus[edge.to]) : !(inner[edge.from] || inner[edge.to])) continue;
    edge.from = position[edge.from];
    edge.to = position[edge.to];
    out.edges.push_back(std::move(edge));
  }
  return out;
}

std::vector<ReachGroup> with_subject_apart(const std::vector<ReachGroup>& groups, const ReachGroup& subject) {
  std::map<std::uint32_t, const ReachGroup::Part*> asked;
  for (const ReachGroup::Part& part : subject.parts) asked.emplace(part.number, &part);
  std::vector<ReachGroup> out;
  std::vector<std::size_t> cut;  // positions of the subject's share
  for (const ReachGroup& group : groups) {
    ReachGroup inside = group, outside = group;
    inside.parts.clear();
    outside.parts.clear();
    for (const ReachGroup::Part& part : group.parts) {
      const auto found = asked.find(part.number);
      if (found == asked.end()) {
        outside.parts.push_back(part);
        continue;
      }
      ReachGroup::Part in{part.number, {}}, other{part.number, {}};
      std::ranges::set_intersection(part.members, found->second->members, std::back_inserter(in.members));
      std::ranges::set_difference(part.members, found->second->members, std::back_inserter(other.members));
      if (part.members.empty() || !in.members.empty()) inside.parts.push_back(std::move(in));
      if (!other.members.empty()) outside.parts.push_back(std::move(other));
    }
    if (inside.parts.empty() || outside.parts.empty()) {
      out.push_back(group);
      continue;
    }
    for (ReachGroup* half : {&inside, &outside}) {
      half->members.clear();
      half->addresses.clear();
      half->predicate.clear();
      for (const ReachGroup::Part& part : half->parts) {
        half->members.insert(half->members.end(), part.members.begin(), part.members.end());
      }
      std::ranges::sort(half->members);
      const auto [last, end] = std::ranges::unique(half->members);
      half->members.erase(last, end);
    }
    inside.name = subject.name + " in " + group.name;
    outside.name = group.name + " without " + subject.name;
    cut.push_back(out.size());
    out.push_back(std::move(inside));
    out.push_back(std::move(outside));
  }
  if (cut.size() == 1) out[cut.front()].name = subject.name;
  return out;
}

std::vector<bool> holds_some(const std::vector<ReachGroup>& groups, const ReachGroup& subject) {
  std::vector<bool> out;
  for (const ReachGroup& group : groups) {
    bool some = std::ranges::any_of(
        subject.members, [&](model::InstanceId member) { return std::ranges::binary_search(group.members, member); });
    // Parts without members are of the world.
    for (const ReachGroup::Part& part : subject.parts) {
      if (!part.members.empty()) continue;
      some = some || std::ranges::any_of(group.parts, [&](const ReachGroup::Part& each) {
               return each.members.empty() && each.number == part.number;
             });
    }
    out.push_back(some);
  }
  return out;
}

std::vector<ReachGroup> with_one_world(std::vector<ReachGroup> groups) {
  ReachGroup world;
  world.name = "world";
  std::vector<ReachGroup> out;
  for (ReachGroup& group : groups) {
    if (!group.members.empty()) {
      // A group of the policy may hold parts of the world beside its members.
      std::erase_if(group.parts, [](const ReachGroup::Part& part) { return part.members.empty(); });
      out.push_back(std::move(group));
      continue;
    }
    for (ReachGroup::Part& part : group.parts) {
      const bool known = std::ranges::any_of(world.parts, [&](const auto& have) { return have.number == part.number; });
      if (!known) world.parts.push_back(std::move(part));
    }
  }
  if (!world.parts.empty()) {
    std::ranges::sort(world.parts, {}, &ReachGroup::Part::number);
    out.push_back(std::move(world));
  }
  return out;
}

}  // namespace weft::driver
