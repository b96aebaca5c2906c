#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "driver/reach.h"

namespace weft::driver {

/// One connection of a chain, by names.
struct ChainHop {
  std::string from;  ///< an instance, or a part of the world by one of its addresses
  std::string to;
  model::PointSet services;  ///< on any of these
};

/// Those that chains of one length lead to.
struct ChainsOfLength {
  std::uint64_t reached = 0;
  std::vector<ChainHop> chain{};  ///< to the first of them
};

/// What chains from one group lead to in another.
struct Chained {
  std::size_t from = 0;       ///< position among the sources
  std::size_t to = 0;         ///< position among the destinations
  std::uint64_t reached = 0;  ///< members, or parts of the world
  std::uint64_t of = 0;
  /// By how many hops the shortest chains to the members have, ascending; at least one.
  std::vector<ChainsOfLength> lengths{};
};

/// Where chains of allowed connections lead (`~>`), group by group; only where they lead anywhere. Every hop that is
/// shown has been asked of the evaluator.
std::vector<Chained> chains(const Reachability& reachability, const std::vector<ReachGroup>& sources,
                            const std::vector<ReachGroup>& destinations, model::Moment now);

/// Everybody, in groups to which chains from the subject have as many hops and end on the same services; as
/// `Reachability::groups` where those were too many to read.
std::vector<ReachGroup> groups_by_chains(const Reachability& reachability, const ReachGroup& subject);

/// How many others chains from the members of a group lead to.
struct Radius {
  std::size_t group = 0;
  std::uint64_t least = 0, most = 0;
  std::vector<std::size_t> reached{};  ///< the groups of which anybody is reached from the member that reaches most
};

struct Radii {
  std::uint64_t peers = 0;          ///< workloads and nodes there are
  std::vector<std::uint64_t> each;  ///< by instance
  std::vector<Radius> by_group;     ///< the widest first; none of the world
};
Radii radii(const Reachability& reachability, const std::vector<ReachGroup>& groups);

}  // namespace weft::driver
