#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "driver/sight.h"
#include "model/inventory.h"
#include "model/policy.h"

namespace weft::driver {

/// One end that an expectation speaks of.
struct Candidate {
  model::End end;
  std::string name;
  bool pinned = false;  ///< by name or address: this one and no other
};

/// The ends of one side of an expectation that the policy cannot tell apart, represented by as few as their pairs need.
struct Alike {
  std::uint32_t sight = 0;
  std::vector<Candidate>
      members;  ///< at least one; two instances, and two nodes where it matters who runs where, if there are
};

/// One side of an expectation.
struct Side {
  std::vector<Alike> kinds;
  /// Where it matters who runs where: the nodes, by instance, and one workload of each kind on each node. With the
  /// position of its kind.
  using ByNode = std::multimap<model::InstanceId, std::pair<std::size_t, Candidate>>;
  ByNode nodes;
  ByNode on_node;
  std::uint64_t ends = 0;  ///< that it speaks of, before those alike are put together
  std::string empty_because;
};

/// True if something in the policy depends on which node a workload runs on.
bool asks_who_runs_where(const model::Policy& policy);

/// Finds whom the ends of expectations speak of. Keeps the peers it imagines.
class TestEnds {
 public:
  /// All must outlive it.
  TestEnds(const model::Policy& policy, const model::Inventory& inventory, bool has_inventory, Sight& sight);

  Side source(const model::TestEnd& end) { return side(end, false, {}); }
  /// Destinations that resolve the named ports of the expectation differently are not alike.
  Side destination(const model::TestEnd& end, const model::PortSet& ports) { return side(end, true, ports.names); }

 private:
  struct Gatherer;

  Side side(const model::TestEnd& end, bool destination, const std::vector<model::PortName>& names);
  void add_inventory(const model::Selector& selector, Gatherer& into) const;
  void add_world(const model::Selector& selector, Gatherer& into) const;
  void add_example(const model::Selector& selector, Gatherer& into);
  std::string unknown(const std::string& name) const;

  const model::Policy& policy_;
  const model::Inventory& inventory_;
  bool has_inventory_;
  Sight& sight_;
  std::deque<model::Peer> imagined_;
};

}  // namespace weft::driver
