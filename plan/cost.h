#pragma once

#include <cstdint>
#include <vector>

#include "plan/plan.h"

namespace weft::plan {

/// What one rule adds to the tables of both gates.
struct RuleCost {
  model::RuleId rule{};
  std::uint32_t entries = 0;  ///< of both gates
  std::uint32_t rows = 0;     ///< that would be one with others, were it not for this rule
  std::uint32_t atoms = 0;    ///< the same of services
  std::uint64_t bytes = 0;    ///< that the tables would be smaller without it, rounding of table sizes apart

  bool operator==(const RuleCost&) const = default;
};

/// The rules of a plan, those that cost most first. Where several rules tell the same ends apart, none of them alone
/// does. Takes as many steps as the rules have bits in rows.
std::vector<RuleCost> rule_costs(const DecisionPlan& plan);

}  // namespace weft::plan
