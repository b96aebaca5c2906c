#pragma once

#include "verifier/connectivity.h"
#include "verifier/connectivity_gates.h"
#include "verifier/connectivity_memory.h"

// Private to the connectivity of this folder.
namespace weft::verifier {

/// What a Connectivity knows, in the order in which it is worked out.
struct Connectivity::Tables {
  Tables(const model::Policy& policy, const model::Inventory& inventory, model::Moment now, ConnectivityMemory memory);

  /// The classes with which pairs exist, in either direction. Rows of gates do not look at that.
  BitSet partners(std::uint32_t of_class) const;
  void keep_partners(ClassMatrix& out) const;
  bool place_decides(model::Direction direction, std::uint32_t source, std::uint32_t destination, Place place) const;
  bool gate_allows(model::Direction direction, std::uint32_t source, std::uint32_t destination, std::uint32_t atom,
                   Place place) const;

  const model::Policy& policy;
  const model::Inventory& inventory;
  std::vector<bool> in_force;  ///< by rule
  bool place_takes_away;       ///< true where a rule in force is about `host` or `remote_node`
  plan::Vocabulary vocabulary;
  std::shared_ptr<const ClosedEnds> kept_ends;
  const ClosedEnds& ends;
  std::shared_ptr<const ClosedClasses> kept_classes;
  const ClosedClasses& classes;
  ClosedGates gates;
  BitSet v4, v6, world;  ///< of the classes
};

}  // namespace weft::verifier
