#include "verifier/diff_walk.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

namespace weft::verifier {

using model::Direction;
using model::Verdict;

GateFormula::GateFormula(Query& query, const model::Policy& policy, const Part& part, const Named& known_as,
                         Direction direction, const std::string& name)
    : query_(query), policy_(policy), known_as_(known_as), direction_(direction) {
  const bool ingress = direction == Direction::Ingress;
  const Side subject = ingress ? Side::Destination : Side::Source;
  std::vector<z3::expr> guarded{query.matches(subject, model::Selector::workload())};
  if (policy.profile.node_gates) guarded.push_back(query.matches(subject, model::Selector::node()));
  for (const model::Guard& guard : policy.guards) {
    guarded.push_back(query.matches(subject, model::Selector::node()) && query.matches(subject, guard.nodes));
  }
  gates_ = query.named(name + ".gate", query.any_of(guarded));
  exempt_ = ingress && policy.profile.own_node_may_enter ? query.own_node(model::Direction::Ingress) : query.no();
  walk(part, name);
  if (policy.profile.allow_by_default) allowed_.push_back(*end_);
  allows_ = query.named(name + ".allows", !*gates_ || *exempt_ || query.any_of(allowed_));
}

z3::expr GateFormula::isolates(std::uint32_t isolation) const {
  const Side subject = direction_ == Direction::Ingress ? Side::Destination : Side::Source;
  return query_.matches(subject, policy_.isolations[isolation].subject);
}

// As `model::evaluate_gate` walks.
void GateFormula::walk(const Part& part, const std::string& name) {
  const bool ingress = direction_ == Direction::Ingress;
  const std::size_t tiers = policy_.tiers.size();
  const auto rank = [](Verdict verdict) { return verdict == Verdict::Deny ? 0 : verdict == Verdict::Allow ? 1 : 2; };
  std::vector<std::vector<std::uint32_t>> by_tier(tiers);
  for (const std::uint32_t number : part.rules) {
    const model::Rule& rule = policy_.rules[number];
    if (ingress ? rule.at_destination : rule.at_source) by_tier[static_cast<std::size_t>(rule.tier)].push_back(number);
  }
  std::vector<std::vector<z3::expr>> arrivals(tiers + 1);  // how the walk comes to a tier; the last is the profile
  arrivals[0].push_back(query_.yes());
  unsigned count = 0;
  const auto name_it = [&](const z3::expr& condition) {
    return query_.named(fmt::format("{}.{}", name, count++), condition);
  };
  for (std::size_t tier = 0; tier < tiers; ++tier) {
    std::vector<std::uint32_t>& rules = by_tier[tier];
    std::ranges::sort(rules, {}, [&](std::uint32_t number) {
      const model::Rule& rule = policy_.rules[number];
      return std::tuple(rule.level, rank(rule.verdict), number);
    });
    z3::expr open = name_it(query_.any_of(arrivals[tier]));
    const auto target_of = [&](const model::Rule& rule) {
      return std::min(rule.pass_to ? static_cast<std::size_t>(*rule.pass_to) : tier + 1, tiers);
    };
    for (auto at = rules.begin(); at != rules.end();) {
      // Neighbours that do the same thing are one step.
      const model::Rule& first = policy_.rules[*at];
      Step step{open, {}};
      std::vector<z3::expr> any;
      for (; at != rules.end(); ++at) {
        const model::Rule& rule = policy_.rules[*at];
        if (rule.verdict != first.verdict) break;
        if (rule.verdict == Verdict::Pass && target_of(rule) != target_of(first)) break;
        step.rules.push_back(*at);
        any.push_back(matches(*at));
      }
      const z3::expr hit = query_.any_of(any);
      if (first.verdict == Verdict::Allow) allowed_.push_back(open && hit);
      if (first.verdict == Verdict::Pass) {
        arrivals[target_of(first)].push_back(open && hit);
      } else {
        steps_.push_back(step);  // a pass never decides
      }
      open = name_it(open && !hit);
    }
    Isolated here{open, {}, {}};
    std::vector<z3::expr> first, second;
    for (const std::uint32_t number : part.isolations) {
      const model::Isolation& isolation = policy_.isolations[number];
      if (static_cast<std::size_t>(isolation.tier) != tier || !(ingress ? isolation.ingress : isolation.egress))
        continue;
      (isolation.audit ? here.second : here.first).push_back(number);
      (isolation.audit ? second : first).push_back(isolates(number));
    }
    if (!first.empty() || !second.empty()) {
      isolated_.push_back(here);
      // One that is only audited ends the walk as well, by allowing.
      allowed_.push_back(open && !query_.any_of(first) && query_.any_of(second));
      open = name_it(open && !query_.any_of(first) && !query_.any_of(second));
    }
    arrivals[tier + 1].push_back(open);
  }
  end_ = query_.named(name + ".end", query_.any_of(arrivals[tiers]));
}

z3::expr GateFormula::decided_by(const Decider& decider) const {
  if (!decider.reason) return !*gates_;
  const z3::expr walks = *gates_ && !*exempt_;
  // The first of a row that matches.
  const auto first_is = [&](const std::vector<std::uint32_t>& row, std::uint32_t wanted, const auto& matches) {
    std::vector<z3::expr> parts;
    for (const std::uint32_t number : row) {
      parts.push_back(number == wanted ? matches(number) : !matches(number));
      if (number == wanted) break;
    }
    return query_.all_of(parts);
  };
  const auto contains = [](const std::vector<std::uint32_t>& row, std::uint32_t wanted) {
    return std::ranges::find(row, wanted) != row.end();
  };
  switch (*decider.reason) {
    case model::Reason::Rule: {
      const auto rule = static_cast<std::uint32_t>(*decider.rule);
      for (const Step& step : steps_) {
        if (!contains(step.rules, rule)) continue;
        return walks && step.open && first_is(step.rules, rule, [&](std::uint32_t number) { return matches(number); });
      }
      break;
    }
    case model::Reason::Isolation: {
      const auto isolation = static_cast<std::uint32_t>(*decider.isolation);
      for (const Isolated& here : isolated_) {
        std::vector<std::uint32_t> row = here.first;
        row.insert(row.end(), here.second.begin(), here.second.end());
        if (!contains(row, isolation)) continue;
        return walks && here.open && first_is(row, isolation, [&](std::uint32_t number) { return isolates(number); });
      }
      break;
    }
    case model::Reason::Profile:
      return walks && *end_;
    case model::Reason::OwnNode:
      return *gates_ && *exempt_;
  }
  return query_.no();
}

}  // namespace weft::verifier
