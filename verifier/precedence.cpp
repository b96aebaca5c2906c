#include "verifier/precedence.h"

#include <cstddef>
#include <utility>

namespace weft::verifier {

using model::Direction;
using model::RuleId;
using model::Verdict;

Precedence precedence(const model::Policy& policy, Statement statement) {
  if (const auto* id = std::get_if<RuleId>(&statement)) {
    const model::Rule& rule = policy[*id];
    const int rank = rule.verdict == Verdict::Deny ? 0 : rule.verdict == Verdict::Allow ? 1 : 2;
    return {rule.tier, false, rule.level, static_cast<std::uint8_t>(rank), static_cast<std::uint32_t>(*id)};
  }
  const auto id = std::get<model::IsolationId>(statement);
  const model::Isolation& isolation = policy[id];
  return {isolation.tier, true, {}, static_cast<std::uint8_t>(isolation.audit), static_cast<std::uint32_t>(id)};
}

bool speaks(const model::Policy& policy, Statement statement, Direction direction) {
  const bool egress = direction == Direction::Egress;
  if (const auto* id = std::get_if<RuleId>(&statement)) {
    return egress ? policy[*id].at_source : policy[*id].at_destination;
  }
  const model::Isolation& isolation = policy[std::get<model::IsolationId>(statement)];
  return egress ? isolation.egress : isolation.ingress;
}

bool has_a_say_until(const model::Policy& policy, Statement statement, std::optional<model::Moment> end) {
  const auto* id = std::get_if<RuleId>(&statement);
  if (!id) return true;
  const model::Rule& rule = policy[*id];
  if (rule.audit) return false;
  return !rule.expires || (end && *end <= *rule.expires);
}

bool disagree(const model::Policy& policy, Statement a, Statement b) {
  const auto way = [&](Statement statement) -> std::pair<Verdict, std::size_t> {
    if (const auto* id = std::get_if<RuleId>(&statement)) {
      const model::Rule& rule = policy[*id];
      if (rule.verdict != Verdict::Pass) return {rule.verdict, 0};
      return {Verdict::Pass, static_cast<std::size_t>(rule.pass_to.value_or(rule.tier)) + (rule.pass_to ? 0 : 1)};
    }
    const bool watched = policy[std::get<model::IsolationId>(statement)].audit;
    return {watched ? Verdict::Allow : Verdict::Deny, 0};
  };
  return way(a) != way(b);
}

model::BlockId block_of(const model::Policy& policy, Statement statement) {
  return std::visit([&](auto id) { return policy[id].block; }, statement);
}

Span span_of(const model::Policy& policy, Statement statement) {
  return std::visit([&](auto id) { return policy[id].span; }, statement);
}

}  // namespace weft::verifier
