#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "model/policy.h"
#include "verifier/candidates.h"
#include "verifier/precedence.h"
#include "verifier/slice.h"
#include "verifier/universe.h"

namespace weft::verifier {

inline constexpr std::array both_directions{model::Direction::Egress, model::Direction::Ingress};

/// The statements that have a say from some moment on, in the order in which walks meet them, and which of them may
/// match what another one matches.
class Surroundings {
 public:
  /// All must outlive it. Audited rules, and those that expire until `now`, have no say.
  Surroundings(const model::Policy& policy, const Universe& universe, const Slicer& slicer, model::Moment now);

  /// By precedence; the place of a statement is its position here.
  const std::vector<Statement>& order() const { return order_; }
  std::uint32_t place_of(Statement statement) const;
  /// Around all flows that match it at the gate of `direction`.
  const RuleCover& cover_of(Statement statement, model::Direction direction) const;

  enum class Where : std::uint8_t { Before, Anywhere };
  /// Places of the others that speak at that gate and may match a flow that this one matches; ascending.
  std::vector<std::uint32_t> around(Statement statement, model::Direction direction, Where where) const;
  /// Places of those that may match a flow of the cover at either gate; ascending.
  std::vector<std::uint32_t> meeting(const RuleCover& cover) const;

 private:
  const Slicer& slicer_;
  std::vector<Statement> order_;
  std::vector<std::uint32_t> rule_places_;  // of those that live
  std::vector<std::uint32_t> isolation_places_;
  std::vector<std::array<bool, 2>> speaks_at_;                 // by place, at the gates of egress and of ingress
  std::map<model::Direction, std::vector<RuleCover>> covers_;  // of the isolations
  std::optional<Candidates> rules_;                            // by place
  std::map<model::Direction, Candidates> isolations_;          // the same
};

}  // namespace weft::verifier
