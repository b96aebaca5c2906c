#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "model/policy.h"
#include "verifier/slice.h"
#include "verifier/verifier.h"

namespace weft::verifier {

/// Two rules whose verdicts a reader cannot both have meant, should one flow match them.
struct Pair {
  model::RuleId first;
  model::RuleId second;
  Finding::Kind kind;
};

/// Rules by number, each of the left opposed to each of the right as far as tier, level and verdict say.
struct Opposed {
  std::vector<std::uint32_t> left;
  std::vector<std::uint32_t> right;
  Finding::Kind kind;
};

/// Every pair that can contradict is in one of these, but not everything in these does: see `contradicting_pairs`.
std::vector<Opposed> opposed_rules(const model::Policy& policy);

/// While both are in force, if ever from `now` on.
std::optional<Interval> common_time(const model::Rule& a, const model::Rule& b, model::Moment now);

/// Those that may match one flow, as far as can be told without the solver, each once and in source order. `considered`
/// grows by those that had to be compared.
std::vector<Pair> contradicting_pairs(const model::Policy& policy, const std::vector<Opposed>& opposed,
                                      model::Moment now, const Slicer& slicer, std::size_t& considered);

}  // namespace weft::verifier
