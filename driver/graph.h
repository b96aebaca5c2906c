#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "driver/reach.h"

namespace weft::driver {

/// Peers that are shown as one.
struct GraphNode {
  std::string name;
  std::string predicate{};  ///< as policy text, where it is not the name; may be empty
  std::string example{};    ///< one of its members; empty for the world
  model::PeerKind kind = model::PeerKind::World;
  std::vector<model::InstanceId> members{};  ///< ascending; none of the world's
  bool focus = false;                        ///< asked for

  bool is_world() const { return kind == model::PeerKind::World && members.empty(); }
  bool operator==(const GraphNode&) const = default;
};

/// A connection that is allowed, now or before.
struct GraphEdge {
  enum class State : std::uint8_t { Same, Gained, Lost, Changed };

  std::size_t from = 0;  ///< position among the nodes
  std::size_t to = 0;
  model::PointSet all{};   ///< open between every two members
  model::PointSet some{};  ///< open between some of them
  State state = State::Same;
  model::PointSet gained{};  ///< open between some, and between none before
  model::PointSet lost{};    ///< the other way round

  bool operator==(const GraphEdge&) const = default;
};

/// Who may talk to whom, as nodes and arrows; edges in the order of their sources, then of their destinations.
struct Graph {
  std::vector<GraphNode> nodes;
  std::vector<GraphEdge> edges;
  bool compared = false;  ///< with an older policy

  bool operator==(const Graph&) const = default;
};

/// The graph of all peers, in these groups.
Graph graph_of(const Reachability& reachability, const std::vector<ReachGroup>& groups,
               const std::optional<model::PointSet>& services);

/// The graph of everybody, grouped as the answer is shortest; nothing where the compilation has no inventory or is not
/// understood.
std::optional<Graph> graph_of_all(const Compilation& compilation, model::Moment now);

/// The same with what an older policy allowed between the same peers of the same inventory. The world is one node: two
/// policies cut it differently.
Graph graph_against(const Reachability& reachability, const Reachability& older, const std::vector<ReachGroup>& groups,
                    const std::optional<model::PointSet>& services);

/// What lies at most `depth` arrows from a node that `is_focus`, in either direction.
Graph focused(const Graph& graph, const std::vector<bool>& is_focus, std::size_t depth);

/// The groups with the subject apart from those it is only a part of.
std::vector<ReachGroup> with_subject_apart(const std::vector<ReachGroup>& groups, const ReachGroup& subject);

/// The nodes that hold a member of the subject, or some of its world.
std::vector<bool> holds_some(const std::vector<ReachGroup>& groups, const ReachGroup& subject);

/// All groups of the world as one, the last.
std::vector<ReachGroup> with_one_world(std::vector<ReachGroup> groups);

}  // namespace weft::driver
