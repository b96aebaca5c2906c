#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "model/inventory.h"
#include "model/policy.h"

namespace weft::driver {

/// What a policy makes of the labels of an inventory. Two workloads or nodes are one identity if they are of one kind
/// and no comparison of a label in any rule, isolation or guard tells them apart.
struct LabelReport {
  /// A key that rules, isolations or guards look at.
  struct Used {
    model::LabelKey key;
    std::vector<std::string> groups;  ///< that look at it, in the order of the text
    std::size_t rules = 0;
    std::size_t isolations = 0;
    std::size_t guards = 0;
    std::size_t relations = 0;  ///< that compare it with a label of the other end
    std::size_t assertions = 0;
    std::size_t values = 0;              ///< distinct ones in the inventory
    std::size_t told_apart = 0;          ///< ways of having it, or not having it, that occur and are told apart
    std::size_t identities_without = 0;  ///< if it were not looked at
  };
  /// A key of the inventory that nothing in force looks at: it is projected away and costs nothing.
  struct Unused {
    model::LabelKey key;
    std::size_t values = 0;
    std::size_t peers = 0;          ///< that have it
    std::size_t assertions = 0;     ///< that look at it all the same
    bool high_cardinality = false;  ///< many values, and few peers share one
  };

  std::size_t workloads = 0;
  std::size_t nodes = 0;
  std::size_t identities = 0;
  std::vector<Used> used;      ///< the costliest first, then by key
  std::vector<Unused> unused;  ///< most values first, then by key
};

/// Time is linear in the labels of the inventory, times the keys in use.
LabelReport report_labels(const model::Policy& policy, const model::Inventory& inventory);

}  // namespace weft::driver
