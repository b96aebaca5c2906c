#pragma once

#include <memory>
#include <string>
#include <vector>

#include "driver/reach.h"

// Private to the reachability of this folder.
namespace weft::driver {

/// Gives each group the shortest name that says exactly who is in it: a group of the policy, a label, one peer's own
/// name, two labels, a few values of one label, a few groups; networks for parts of the world. Where nothing says it,
/// one member and how many others. Members that are in it at some of their addresses only have these behind the name.
void name_groups(std::vector<ReachGroup>& groups, const model::Policy& policy, const model::Inventory& inventory,
                 const verifier::Connectivity& connectivity);

/// The same for any instances of an inventory, one set after the other.
class PeerNames {
 public:
  /// Both must outlive it.
  PeerNames(const model::Policy& policy, const model::Inventory& inventory);
  ~PeerNames();
  PeerNames(const PeerNames&) = delete;
  PeerNames& operator=(const PeerNames&) = delete;

  /// Such a name of some instances, ascending, at least one. Where nothing says it, and they are most of their kind,
  /// "workload except" the others. Empty of a single one, and where nobody could tell from a name who is meant.
  std::string of(const std::vector<model::InstanceId>& members) const;

 private:
  struct Tables;
  std::unique_ptr<const Tables> tables_;
};

}  // namespace weft::driver
