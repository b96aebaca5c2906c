#include "verifier/closed_core.h"

#include <algorithm>
#include <tuple>

namespace weft::verifier {

using model::Verdict;

namespace {

// Steps of walks that are looked at. Work, not time.
constexpr std::size_t max_work = 30'000'000;

}  // namespace

ClosedCore::ClosedCore(const model::Policy& policy, Verdict verdict)
    : policy_(policy), verdict_(verdict), walks_{nullptr} {
  for (const model::Rule& rule : policy.rules) {
    Step& step = steps_.emplace_back();
    step.tier = static_cast<std::uint32_t>(rule.tier);
    step.next_tier = rule.pass_to ? static_cast<std::uint32_t>(*rule.pass_to) : step.tier + 1;
    step.effect = rule.verdict == Verdict::Pass ? Effect::Passes
                  : rule.verdict == verdict     ? Effect::Gives
                                                : Effect::Refuses;
  }
  for (const model::Isolation& isolation : policy.isolations) {
    Step& step = steps_.emplace_back();
    step.tier = static_cast<std::uint32_t>(isolation.tier);
    // One that is only audited lets through what it would have stopped.
    const Verdict says = isolation.audit ? Verdict::Allow : Verdict::Deny;
    step.effect = says == verdict ? Effect::Gives : Effect::Refuses;
  }
}

Statement ClosedCore::statement(std::uint32_t step) const {
  const auto rules = static_cast<std::uint32_t>(policy_.rules.size());
  if (step < rules) return model::RuleId{step};
  return model::IsolationId{step - rules};
}

std::uint32_t ClosedCore::number(const Walk& walk) {
  if (!walk) return 0;
  Steps steps;
  bool certain = true;  // that the walk comes to the next one, if nothing ends it before
  for (const Statement& each : *walk) {
    const auto* rule = std::get_if<model::RuleId>(&each);
    steps.push_back(rule ? static_cast<std::uint32_t>(*rule)
                         : static_cast<std::uint32_t>(policy_.rules.size()) +
                               static_cast<std::uint32_t>(std::get<model::IsolationId>(each)));
    if (steps_[steps.back()].effect == Effect::Passes) certain = false;
    // What comes behind can never matter; so more flows are alike.
    if (certain && steps_[steps.back()].effect == Effect::Refuses) break;
  }
  const auto [known, fresh] = numbers_.emplace(std::move(steps), static_cast<std::uint32_t>(walks_.size()));
  if (fresh) walks_.push_back(&known->first);
  return known->second;
}

void ClosedCore::add(const Walk& egress, const Walk& ingress) {
  const std::uint32_t first = number(egress);
  const std::uint32_t second = number(ingress);
  flows_.insert({first, second});
}

// Counts what the walk meets that it rests on as the policy stands: what decides it, and what leads it there.
void ClosedCore::note(std::uint32_t walk, std::vector<std::size_t>& decides) const {
  if (walks_[walk] == nullptr) return;
  std::vector<std::uint32_t> led;
  std::uint32_t tier = 0;
  for (const std::uint32_t number : *walks_[walk]) {
    const Step& step = steps_[number];
    if (step.tier < tier) continue;
    led.push_back(number);
    if (step.effect == Effect::Refuses) return;
    if (step.effect == Effect::Gives) break;
    tier = step.next_tier;
  }
  for (const std::uint32_t number : led) ++decides[number];
}

// Whether the gate gives the verdict, be the statements that are not kept there or not.
bool ClosedCore::gives(std::uint32_t walk, const std::vector<bool>& kept, std::size_t& work) const {
  if (walks_[walk] == nullptr) return verdict_ == Verdict::Allow;
  std::vector<std::uint32_t> tiers{0};  // to which the walk may have come, by what is there
  for (const std::uint32_t number : *walks_[walk]) {
    ++work;
    const Step& step = steps_[number];
    const bool here = std::ranges::any_of(tiers, [&](std::uint32_t tier) { return tier <= step.tier; });
    if (!here) continue;
    if (step.effect == Effect::Refuses) return false;
    if (kept[number]) std::erase_if(tiers, [&](std::uint32_t tier) { return tier <= step.tier; });
    if (step.effect == Effect::Passes && std::ranges::find(tiers, step.next_tier) == tiers.end()) {
      tiers.push_back(step.next_tier);
    }
    if (tiers.empty()) return true;
  }
  return policy_.profile.allow_by_default == (verdict_ == Verdict::Allow);
}

bool ClosedCore::gives(const Flow& flow, const std::vector<bool>& kept, std::size_t& work) const {
  const bool first = gives(flow[0], kept, work);
  if (first != (verdict_ == Verdict::Allow)) return first;  // one gate is enough to deny it, both have to allow it
  return gives(flow[1], kept, work);
}

std::optional<std::vector<Statement>> ClosedCore::minimal() const {
  std::vector<std::size_t> decides(steps_.size());
  for (const Flow& flow : flows_) {
    note(flow[0], decides);
    note(flow[1], decides);
  }
  std::vector<bool> kept(steps_.size());
  std::vector<std::uint32_t> candidates;
  for (std::uint32_t number = 0; number < steps_.size(); ++number) {
    if (decides[number] == 0) continue;
    kept[number] = true;
    candidates.push_back(number);
  }
  std::vector<std::vector<const Flow*>> resting_on(steps_.size());
  std::size_t work = 0;
  for (const Flow& flow : flows_) {
    if (!gives(flow, kept, work)) return {};
    for (const std::uint32_t walk : flow) {
      if (walks_[walk] == nullptr) continue;
      for (const std::uint32_t number : *walks_[walk]) {
        if (kept[number]) resting_on[number].push_back(&flow);
      }
    }
  }
  // What decides least is tried first, so that few are left.
  std::ranges::sort(candidates, [&](std::uint32_t a, std::uint32_t b) {
    if (decides[a] != decides[b]) return decides[a] < decides[b];
    return precedence(policy_, statement(b)) < precedence(policy_, statement(a));
  });
  for (const std::uint32_t candidate : candidates) {
    kept[candidate] = false;
    kept[candidate] = !std::ranges::all_of(resting_on[candidate],
                                           [&](const Flow* flow) { return gives(*flow, kept, work); });
    if (work > max_work) return {};
  }
  std::vector<Statement> out;
  for (const std::uint32_t candidate : candidates) {
    if (kept[candidate]) out.push_back(statement(candidate));
  }
  std::ranges::sort(out, {}, [&](const Statement& each) { return precedence(policy_, each); });
  return out;
}

}  // namespace weft::verifier
