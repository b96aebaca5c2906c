#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/inventory.h"
#include "plan/plan.h"
#include "plan/vocabulary.h"

namespace weft::plan {

/// Ends the vocabulary cannot tell apart, before anything is known about rules: same kind, same values of the keys in
/// use, same declared ports of the names in use, same elementary range of addresses.
struct EndKind {
  model::End example;                   ///< its peer lives in the inventory
  std::string name;                     ///< of the example
  std::uint32_t members = 0;            ///< instances
  std::vector<model::NamedPort> ports;  ///< declared ports whose names are in use, sorted
  Bits matches;                         ///< by position in Vocabulary::selectors
  bool gated = false;                   ///< as the subject of a gate
};

/// The kind of every address: of the hosts one by one, of the rest by elementary range.
struct Ends {
  struct Host {
    model::Address address;
    model::InstanceId instance{};
    std::uint32_t kind = 0;  ///< position in `kinds`
  };

  std::vector<EndKind> kinds;
  std::vector<Host> hosts;                 ///< ascending by address
  std::vector<model::AddressRange> world;  ///< the elementary ranges, ascending, covering both families
  std::vector<std::uint32_t> world_kinds;  ///< by position in `world`
};

Ends ends_of(const model::Policy& policy, const model::Inventory& inventory, const Vocabulary& vocabulary);

}  // namespace weft::plan
