#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "driver/compile.h"
#include "model/service.h"
#include "verifier/connectivity.h"
#include "verifier/connectivity_chains.h"

namespace weft::driver {

/// Peers that stand in an answer as one.
struct ReachGroup {
  /// Those of its members that have ends in one class of the connectivity.
  struct Part {
    std::uint32_t number = 0;                  ///< the class
    std::vector<model::InstanceId> members{};  ///< ascending; none of the world's
  };

  std::string name;       ///< what people call it: `web`, `app == "web"`, `world 203.0.113.0/24`
  std::string predicate;  ///< as policy text, where it is not the name; may be empty
  model::PeerKind kind = model::PeerKind::World;
  std::vector<model::InstanceId> members{};  ///< ascending; none of the world's
  std::vector<Part> parts{};                 ///< ascending by class
  /// Where its members are in it at some of their addresses and not at others: at these, ascending.
  std::vector<model::Address> addresses{};
};

/// What one group may open to another.
struct ReachEdge {
  std::size_t from = 0;          ///< position among the groups at the sources
  std::size_t to = 0;            ///< among those at the destinations
  model::PointSet all;           ///< open between every two of their members
  model::PointSet some;          ///< open between some and not all of them
  std::uint64_t pairs = 0;       ///< ordered pairs of distinct members
  std::uint64_t open_pairs = 0;  ///< the most of them that share a service of `some`; all where that is empty
};

/// Who may reach whom, group by group.
struct Reach {
  std::vector<ReachGroup> sources;
  std::vector<ReachGroup> destinations;
  std::vector<ReachEdge> edges;  ///< where anything is open; ascending by source, then by destination
};

/// How peers are put together.
struct Grouping {
  /// The value of this key, "app" or "ns.team"; "groups" for the groups of the policy; "roles" for peers that reach the
  /// same and are reached by the same; empty: roles, or, where those are more groups than a person reads, the key that
  /// tells most.
  std::string by;
};

/// The policy and inventory of a compilation, and who may reach whom in them. The compilation must outlive it.
class Reachability {
 public:
  /// `compilation` is understood and has an inventory. `now` is when the flows happen.
  Reachability(const Compilation& compilation, model::Moment now);

  const Compilation& compilation() const { return compilation_; }
  const verifier::Connectivity& connectivity() const { return connectivity_; }
  /// One hop on any service; worked out when it is first asked for.
  const verifier::ClassMatrix& hops() const;

  /// All peers of the inventory, each in one group (with the groups of a policy: in as many as match it), and the
  /// world.
  ///
  /// Errors: W9070 for a key that nobody has.
  Result<std::vector<ReachGroup>> groups(const Grouping& grouping) const;
  /// All peers and the world, in groups that the subject reaches alike (egress) or that reach it alike (ingress), on
  /// `services` where given; those of `groups` where that were too many to read.
  std::vector<ReachGroup> groups_towards(const ReachGroup& subject, model::Direction direction,
                                         const std::optional<model::PointSet>& services = {}) const;
  /// The same with what every part of the world reaches and is reached by.
  std::vector<ReachGroup> groups_towards_world(const std::optional<model::PointSet>& services = {}) const;
  /// The peers one subject stands for: a name or address of the inventory, a group of the policy, labels in braces, or
  /// a selector as policy text. `option` is how it was given ("--from"), for messages.
  ///
  /// Errors: W9071 and W9072. Where it is no selector, the faults have been added to `diagnostics` and the error has no
  /// code.
  Result<ReachGroup> subject(const std::string& option, const std::string& text, Sources& sources,
                             Diagnostics& diagnostics) const;

  /// Services as policy text, for `between`.
  ///
  /// Errors: W9073 for a named port; otherwise as `subject`.
  Result<model::PointSet> services(const std::string& option, const std::string& text, Sources& sources,
                                   Diagnostics& diagnostics) const;

  /// What groups may open to groups, restricted to `services` where given.
  Reach between(std::vector<ReachGroup> sources, std::vector<ReachGroup> destinations,
                const std::optional<model::PointSet>& services = {}) const;

 private:
  Error unknown(const std::string& text) const;
  verifier::BitSet atoms(const std::optional<model::PointSet>& services) const;

  const Compilation& compilation_;
  verifier::Connectivity connectivity_;
  mutable std::optional<verifier::ClassMatrix> hops_;
};

/// "3 workloads", "1 node"; "world" where it has no members.
std::string size_of(const ReachGroup& group);

}  // namespace weft::driver
