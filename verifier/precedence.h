#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <variant>

#include "model/policy.h"

namespace weft::verifier {

/// What can decide at a gate.
using Statement = std::variant<model::RuleId, model::IsolationId>;

/// Where a statement stands in the walk of a gate, which meets what is less first. A walk that no `pass` leads around
/// them is decided by the first statement that matches; two never stand at one place.
struct Precedence {
  model::TierId tier{};
  bool isolation = false;  ///< behind all rules of its tier
  model::Level level;
  std::uint8_t rank = 0;  ///< deny, allow, pass; of isolations those in force, those audited
  std::uint32_t index = 0;

  auto operator<=>(const Precedence&) const = default;
};

Precedence precedence(const model::Policy& policy, Statement statement);

/// True if it speaks at that gate: what an isolation says of its subjects, a rule of its edge.
bool speaks(const model::Policy& policy, Statement statement, model::Direction direction);

/// True if it is not audited and does not expire before `end` (none: ever). Audited isolations end a walk all the same.
bool has_a_say_until(const model::Policy& policy, Statement statement, std::optional<model::Moment> end);

/// True if the two send a flow different ways: an allow and a deny, or passes to different tiers. An isolation denies.
bool disagree(const model::Policy& policy, Statement a, Statement b);

/// The policy block it stands in, and its place in the text.
model::BlockId block_of(const model::Policy& policy, Statement statement);
Span span_of(const model::Policy& policy, Statement statement);

}  // namespace weft::verifier
