#include "verifier/gate.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/assert.h"

namespace weft::verifier {

using model::Direction;
using model::RuleId;
using model::Verdict;

namespace {

// A tier as a plain list: the first step of which a rule matches decides.
struct Step {
  Verdict verdict;
  std::size_t pass_to;  // of `pass`
  std::vector<RuleId> rules;
};

std::vector<Step> steps_of(const model::Policy& policy, const std::vector<RuleId>& rules, std::size_t tier) {
  std::vector<RuleId> order;
  for (const RuleId id : rules) {
    if (static_cast<std::size_t>(policy[id].tier) == tier) order.push_back(id);
  }
  // By level, in a level by verdict, and the passes of a level in source order: the first one names the target.
  const auto rank = [](Verdict verdict) { return verdict == Verdict::Deny ? 0 : verdict == Verdict::Allow ? 1 : 2; };
  std::ranges::sort(order, [&](RuleId a, RuleId b) {
    if (policy[a].level != policy[b].level) return policy[a].level < policy[b].level;
    if (policy[a].verdict != policy[b].verdict) return rank(policy[a].verdict) < rank(policy[b].verdict);
    return a < b;
  });

  std::vector<Step> steps;
  for (const RuleId id : order) {
    const model::Rule& rule = policy[id];
    std::size_t target = 0;
    if (rule.verdict == Verdict::Pass) {
      target = rule.pass_to ? static_cast<std::size_t>(*rule.pass_to) : tier + 1;
      WEFT_ASSERT(target > tier, "a pass goes to a later tier");
    }
    // Neighbours that do the same thing are one step: whichever matches first does not matter.
    if (steps.empty() || steps.back().verdict != rule.verdict || steps.back().pass_to != target) {
      steps.push_back({rule.verdict, target, {}});
    }
    steps.back().rules.push_back(id);
  }
  return steps;
}

z3::expr if_present(Query& query, const Present& present, Statement statement, const z3::expr& matches) {
  return present ? query.all_of({present(statement), matches}) : matches;
}

// The walk of one gate, tier by tier.
struct Walk {
  std::vector<z3::expr> allowed;
  std::vector<std::vector<z3::expr>> arrivals;  // how the walk comes to a tier; the last is the profile
};

// Up to the tier of that number, which is not walked.
Walk walk(Query& query, const model::Policy& policy, const Slice& slice, Direction direction, std::size_t end,
          const Present& present) {
  const bool egress = direction == Direction::Egress;
  const Side subject = egress ? Side::Source : Side::Destination;
  const char* name = egress ? "egress" : "ingress";
  const std::size_t tiers = policy.tiers.size();

  Walk out;
  out.arrivals.resize(tiers + 1);
  out.arrivals[0].push_back(query.yes());
  for (std::size_t tier = 0; tier < end; ++tier) {
    unsigned count = 0;
    const auto next_name = [&] { return fmt::format("{}.{}.{}", name, tier, count++); };
    z3::expr open = query.named(next_name(), query.any_of(out.arrivals[tier]));
    for (const Step& step : steps_of(policy, egress ? slice.egress : slice.ingress, tier)) {
      std::vector<z3::expr> matches;
      for (const RuleId rule : step.rules) matches.push_back(if_present(query, present, rule, query.matches(rule)));
      const z3::expr any = query.any_of(matches);
      if (step.verdict == Verdict::Allow) out.allowed.push_back(open && any);
      if (step.verdict == Verdict::Pass) out.arrivals[std::min(step.pass_to, tiers)].push_back(open && any);
      open = query.named(next_name(), open && !any);
    }
    std::vector<z3::expr> isolated, audited;
    for (const model::IsolationId id : egress ? slice.isolated_sources : slice.isolated_destinations) {
      if (static_cast<std::size_t>(policy[id].tier) != tier) continue;
      (policy[id].audit ? audited : isolated)
          .push_back(if_present(query, present, id, query.matches(subject, policy[id].subject)));
    }
    open = query.named(next_name(), open && !query.any_of(isolated));
    if (!audited.empty()) {
      // One that is only audited ends the walk as well, by allowing.
      const z3::expr watched = query.any_of(audited);
      out.allowed.push_back(open && watched);
      open = open && !watched;
    }
    out.arrivals[tier + 1].push_back(open);
  }
  return out;
}

}  // namespace

z3::expr walk_reaches(Query& query, const model::Policy& policy, const Slice& slice, Direction direction,
                      model::TierId tier) {
  return walk_reaches(query, policy, slice, direction, tier, {});
}

z3::expr walk_reaches(Query& query, const model::Policy& policy, const Slice& slice, Direction direction,
                      model::TierId tier, const Present& present) {
  const bool egress = direction == Direction::Egress;
  const std::vector<RuleId>& rules = egress ? slice.egress : slice.ingress;
  if (rules.empty() && (egress ? slice.isolated_sources : slice.isolated_destinations).empty()) return query.yes();
  const std::size_t number = static_cast<std::size_t>(tier);
  const Walk to = walk(query, policy, slice, direction, number, present);
  std::vector<z3::expr> earlier;
  for (const RuleId id : rules) {
    if (policy[id].tier == tier) earlier.push_back(if_present(query, present, id, query.matches(id)));
  }
  return query.any_of(to.arrivals[number]) && !query.any_of(earlier);
}

z3::expr gate_allows(Query& query, const model::Policy& policy, const Slice& slice, Direction direction) {
  return gate_allows(query, policy, slice, direction, {});
}

z3::expr gate_allows(Query& query, const model::Policy& policy, const Slice& slice, Direction direction,
                     const Present& present) {
  const bool egress = direction == Direction::Egress;
  const Side subject = egress ? Side::Source : Side::Destination;
  const std::size_t tiers = policy.tiers.size();
  Walk walked = walk(query, policy, slice, direction, tiers, present);
  std::vector<z3::expr>& allowed = walked.allowed;
  if (policy.profile.allow_by_default) allowed.push_back(query.any_of(walked.arrivals[tiers]));

  std::vector<z3::expr> opens{!query.has_gates(subject), query.any_of(allowed)};
  if (policy.profile.own_node_may_enter && !egress) opens.push_back(query.own_node(direction));
  return query.named(fmt::format("{}.allows", egress ? "egress" : "ingress"), query.any_of(opens));
}

}  // namespace weft::verifier
