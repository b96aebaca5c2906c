#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "model/evaluate.h"
#include "model/inventory.h"
#include "model/policy.h"

namespace weft::driver {

/// What is true of one end whoever stands at the other: which rules select it, which isolations hold it.
struct EndRows {
  model::End end;  ///< whose peer must stay
  bool has_gates = false;
  std::vector<std::uint64_t> as_source;       ///< a bit for each rule in order of precedence
  std::vector<std::uint64_t> as_destination;  ///< the same
  /// By direction and tier: the isolation that decides where no rule does.
  std::array<std::vector<std::optional<model::IsolationId>>, 2> isolations;
};

/// Decides flows as `model::evaluate` does, faster where ends come again: what is asked of a flow is only what two rows
/// have in common. One flow costs a few words for every 64 rules, and a look at those that remain.
class Rows {
 public:
  /// The policy must outlive it. `now` is when the flows happen.
  Rows(const model::Policy& policy, model::Moment now);

  EndRows of(const model::End& end) const;
  /// Equal to `model::evaluate`, expired rules and audited ones included.
  model::Decision decide(const EndRows& source, const EndRows& destination, model::ServicePoint service) const;

  /// What the rows of one end take, about.
  std::size_t bytes() const { return (2 * words_ + 2 * policy_.tiers.size()) * sizeof(std::uint64_t) + 256; }

 private:
  struct Question;

  std::optional<model::GateDecision> gate(const Question& question) const;
  model::WouldBe walk(const Question& question, bool audited_in_force, bool& met_audited) const;
  std::optional<model::RuleId> deciding_rule(const Question& question, std::size_t tier, bool audited_in_force) const;

  const model::Policy& policy_;
  std::vector<model::RuleId> order_;     // by tier, level, deny before allow before pass, and as in the text
  std::vector<std::size_t> tier_begin_;  // positions in `order_`, with one behind the last tier
  std::size_t words_ = 0;
  // By direction: the rules that speak at that gate; and those of them that are in force.
  std::array<std::vector<std::uint64_t>, 2> speaking_;
  std::array<std::vector<std::uint64_t>, 2> in_force_;
  bool audits_ = false;
};

}  // namespace weft::driver
