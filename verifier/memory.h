#pragma once

#include <memory>

#include "model/inventory.h"

namespace weft::verifier {

/// What was worked out of an inventory and may be wanted again. Who asks about one inventory time and again, as an
/// editor does after every edit of a policy, keeps one beside it and gives it along; answers are the same with and
/// without. Threads may share one.
class InventoryMemory {
 public:
  /// For questions about this inventory alone, which must outlive it.
  explicit InventoryMemory(const model::Inventory& inventory);
  ~InventoryMemory();
  InventoryMemory(const InventoryMemory&) = delete;
  InventoryMemory& operator=(const InventoryMemory&) = delete;

 private:
  friend class ConnectivityMemory;

  struct Known;
  std::unique_ptr<Known> known_;
};

}  // namespace weft::verifier
