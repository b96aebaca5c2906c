#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/inventory.h"
#include "plan/conditions.h"
#include "plan/plan.h"
#include "plan/vocabulary.h"

namespace weft::plan {

/// Ends the vocabulary cannot tell apart, before anything is known about rules: same kind, same values of the keys in
/// use, same declared ports of the names in use, same elementary range of addresses; of the keys that relations
/// compare, the same ones present.
struct EndKind {
  model::End example;       ///< its peer lives in the inventory
  Bits related;             ///< by position in Conditions::keys: the end has this key
  std::uint32_t ports = 0;  ///< position in Ends::port_lists
  bool gated = false;       ///< as the subject of a gate
};

/// Ends of one kind that also have the same values of all keys that relations compare.
struct EndVariant {
  std::uint32_t kind = 0;                  ///< position in Ends::kinds
  std::vector<const std::string*> values;  ///< by position in Conditions::keys, null where absent; in the inventory
  std::string name;                        ///< of one of them
  std::uint32_t members = 0;               ///< instances
};

/// Positions in Ends::kinds, ascending.
using KindList = std::vector<std::uint32_t>;

/// The variant of every address: of the hosts one by one, of the rest by elementary range.
struct Ends {
  struct Host {
    model::Address address;
    model::InstanceId instance{};
    std::uint32_t variant = 0;  ///< position in `variants`
  };

  std::vector<EndKind> kinds;
  std::vector<KindList> selected;  ///< by position in Vocabulary::selectors: the kinds it matches
  std::vector<std::vector<model::NamedPort>> port_lists;  ///< distinct; of names in use, sorted
  std::vector<EndVariant> variants;
  std::vector<Host> hosts;                    ///< ascending by address
  std::vector<model::AddressRange> world;     ///< the elementary ranges, ascending, covering both families
  std::vector<std::uint32_t> world_variants;  ///< by position in `world`
};

Ends ends_of(const model::Policy& policy, const model::Inventory& inventory, const Vocabulary& vocabulary,
             const Conditions& conditions);

}  // namespace weft::plan
