#include "verifier/opposed.h"

#include <algorithm>
#include <map>

#include "verifier/candidates.h"
#include "verifier/expectation.h"

namespace weft::verifier {

using model::Rule;
using model::RuleId;
using model::Verdict;

namespace {

using Numbers = std::vector<std::uint32_t>;

std::optional<Finding::Kind> contradiction(const model::Policy& policy, const Rule& a, const Rule& b) {
  if (a.tier != b.tier || a.verdict == b.verdict || a.level.priority != b.level.priority) return {};
  const bool share_a_gate = (a.at_source && b.at_source) || (a.at_destination && b.at_destination);
  if (!share_a_gate) return {};
  const model::PolicyBlock& left = policy[a.block];
  const model::PolicyBlock& right = policy[b.block];
  if (a.block != b.block && (left.ordered || right.ordered) && left.priority_stated && right.priority_stated) {
    return Finding::Kind::AmbiguousPriority;
  }
  // Rules of one ordered policy are never of one level: their order is what its author says. A pass gives way by its
  // nature.
  if (a.level != b.level || a.verdict == Verdict::Pass || b.verdict == Verdict::Pass) return {};
  if (expects(a, "conflict") || expects(b, "conflict")) return {};
  return Finding::Kind::Conflict;
}

using ByVerdict = std::map<Verdict, Numbers>;

// An allow and a deny of one level.
void add_conflicts(const model::Policy& policy, std::vector<Opposed>& out) {
  std::map<std::pair<model::TierId, model::Level>, ByVerdict> levels;
  for (std::uint32_t i = 0; i < policy.rules.size(); ++i) {
    const Rule& rule = policy.rules[i];
    if (!rule.audit && rule.verdict != Verdict::Pass) levels[{rule.tier, rule.level}][rule.verdict].push_back(i);
  }
  for (auto& [level, rules] : levels) {
    if (rules.size() < 2) continue;
    out.push_back({std::move(rules[Verdict::Allow]), std::move(rules[Verdict::Deny]), Finding::Kind::Conflict});
  }
}

// An ordered policy and the others that state its priority, any two verdicts.
void add_ambiguous(const model::Policy& policy, std::vector<Opposed>& out) {
  std::map<std::pair<model::TierId, std::int64_t>, std::map<model::BlockId, ByVerdict>> together;
  for (std::uint32_t i = 0; i < policy.rules.size(); ++i) {
    const Rule& rule = policy.rules[i];
    if (rule.audit || !policy[rule.block].priority_stated) continue;
    together[{rule.tier, rule.level.priority}][rule.block][rule.verdict].push_back(i);
  }
  for (const auto& [priority, blocks] : together) {
    if (blocks.size() < 2) continue;
    for (const auto& [block, rules] : blocks) {
      if (!policy[block].ordered) continue;
      ByVerdict others;
      for (const auto& [other, of_other] : blocks) {
        // Two ordered policies meet when the second one's turn comes.
        if (other == block || (policy[other].ordered && other > block)) continue;
        for (const auto& [verdict, numbers] : of_other) {
          others[verdict].insert(others[verdict].end(), numbers.begin(), numbers.end());
        }
      }
      for (const auto& [verdict, numbers] : rules) {
        for (const auto& [opposite, of_others] : others) {
          if (verdict != opposite) out.push_back({numbers, of_others, Finding::Kind::AmbiguousPriority});
        }
      }
    }
  }
}

}  // namespace

std::vector<Opposed> opposed_rules(const model::Policy& policy) {
  std::vector<Opposed> out;
  add_conflicts(policy, out);
  add_ambiguous(policy, out);
  return out;
}

std::optional<Interval> common_time(const Rule& a, const Rule& b, model::Moment now) {
  Interval out{now, {}};
  for (const Rule* rule : {&a, &b}) {
    if (!rule->expires) continue;
    if (*rule->expires <= now) return {};
    if (!out.until || *rule->expires < *out.until) out.until = rule->expires;
  }
  return out;
}

std::vector<Pair> contradicting_pairs(const model::Policy& policy, const std::vector<Opposed>& opposed,
                                      model::Moment now, const Slicer& slicer, std::size_t& considered) {
  std::vector<Pair> out;
  for (const Opposed& sides : opposed) {
    const bool left_is_fewer = sides.left.size() < sides.right.size();
    const Candidates fewer(left_is_fewer ? sides.left : sides.right, slicer);
    for (const std::uint32_t one : left_is_fewer ? sides.right : sides.left) {
      for (const std::uint32_t other : fewer.of(slicer.cover_of(RuleId{one}))) {
        const Rule& a = policy.rules[one];
        const Rule& b = policy.rules[other];
        if (contradiction(policy, a, b) != sides.kind || !common_time(a, b, now)) continue;
        ++considered;
        const auto [first, second] = std::minmax({RuleId{one}, RuleId{other}});
        if (slicer.may_overlap(first, second)) out.push_back({first, second, sides.kind});
      }
    }
  }
  std::ranges::sort(out, {}, [](const Pair& pair) { return std::pair{pair.first, pair.second}; });
  return out;
}

}  // namespace weft::verifier
