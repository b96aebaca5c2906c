#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/evaluate.h"
#include "model/inventory.h"
#include "model/policy.h"

namespace weft::driver {

/// One change of a policy.
struct Change {
  enum class Kind : std::uint8_t {
    Renew,    ///< `rule` expired: give it a later deadline
    Enforce,  ///< `rule` or `isolation` is audited: put it in force
    Widen,    ///< add the service to those of `rule`
    Add,      ///< write `text` into `block`, or into a new policy of `tier`
    Narrow,   ///< `rule` must not speak of the flow: narrow it, or take it out
  };

  Kind kind = Kind::Add;
  std::optional<model::RuleId> rule{};
  std::optional<model::IsolationId> isolation{};
  std::optional<model::BlockId> block{};
  model::TierId tier{};
  std::string text{};            ///< of Add: the rule; of Widen: the service
  std::size_t sources = 0;       ///< of Add: instances of the inventory that its source selects
  std::size_t destinations = 0;  ///< the same

  bool operator==(const Change&) const = default;
};

/// Changes that, made together, turn the verdict on a flow round: tried on a copy of the policy. No change where
/// nothing simple does.
///
/// What is allowed is forbidden at the gate where that takes the fewest changes. What is denied is allowed gate by
/// gate: by a rule that was meant to (expired, audited, or about the same ends), else by a new one between the smallest
/// groups that hold the ends, and by narrowing a `deny` only where one decides.
std::vector<Change> changes_to_turn(const model::Policy& policy, const model::Inventory& inventory,
                                    const model::Flow& flow, model::Moment now);

}  // namespace weft::driver
