#pragma once

#include <cstdint>
#include <vector>

#include "model/policy.h"
#include "plan/plan.h"

namespace weft::plan {

/// What the rules in force ask besides selectors and services: each distinct relation and deadline once.
struct Conditions {
  std::vector<model::LabelKey> keys;                ///< that relations compare, ascending: the columns of Class::values
  std::vector<Condition> all;                       ///< ascending: relations, deadlines, the peer's node, audit
  std::vector<std::vector<std::uint16_t>> of_rule;  ///< by index of the rule: positions in `all`, ascending
};

/// The numbers are meaningless where there are more than 65,535
/// keys or conditions: the caller checks.
Conditions conditions_of(const model::Policy& policy);

}  // namespace weft::plan
