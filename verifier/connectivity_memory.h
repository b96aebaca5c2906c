#pragma once

#include <memory>
#include <vector>

#include "model/inventory.h"
#include "model/policy.h"
#include "plan/vocabulary.h"
#include "verifier/connectivity_classes.h"
#include "verifier/connectivity_ends.h"
#include "verifier/memory.h"

// Private to the connectivity of this folder.
namespace weft::verifier {

/// Ends and classes of an inventory, as they are remembered or made anew. An edit of a policy seldom changes which
/// labels are asked for, and mostly not even which selectors there are.
class ConnectivityMemory {
 public:
  /// `memory` may be null: then all is made anew.
  ConnectivityMemory(const model::Inventory& inventory, InventoryMemory* memory);

  std::shared_ptr<const ClosedEnds> ends(const plan::Vocabulary& vocabulary, std::vector<model::LabelKey> keys);
  /// `ends` are those of the vocabulary; `in_force` says by rule whether it counts.
  std::shared_ptr<const ClosedClasses> classes(const model::Policy& policy, const plan::Vocabulary& vocabulary,
                                               const std::shared_ptr<const ClosedEnds>& ends,
                                               const std::vector<bool>& in_force);

 private:
  const model::Inventory& inventory_;
  InventoryMemory::Known* known_;
};

}  // namespace weft::verifier
