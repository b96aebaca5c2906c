#include "tests/support/agreement.h"

#include <fmt/format.h>

#include "bundle/abi.h"

namespace weft::test {
namespace {

bool is_self(const model::Flow& flow) {
  return flow.source.peer->instance && flow.source.peer->instance == flow.destination.peer->instance;
}

// What a gate of the evaluator says, in the words of a plan; a gate that does not exist is an entry too.
std::optional<std::string> difference(const plan::DecisionPlan& plan, const plan::Gate& gate,
                                      const plan::Answer& answer, const std::optional<model::GateDecision>& expected) {
  using By = plan::Entry::By;
  if (answer.entry < WEFT_ENTRY_FIRST) {
    const bool right = answer.entry == WEFT_ENTRY_OWN_NODE && plan.own_node_may_enter && expected &&
                       expected->reason == model::Reason::OwnNode && answer.verdict == expected->verdict;
    return right ? std::nullopt : std::optional(fmt::format("the plan answers with fixed entry {}", answer.entry));
  }
  const plan::Entry& entry = gate.entries[answer.entry];
  if (!expected) {
    return entry.by == By::NoGate && answer.verdict == model::Verdict::Allow
               ? std::nullopt
               : std::optional<std::string>("the plan sees a gate where there is none");
  }
  if (answer.verdict != expected->verdict) return "the verdicts differ";
  if (entry.tier != expected->tier) return "the tiers differ";
  switch (expected->reason) {
    case model::Reason::Rule:
      if (entry.by == By::Rule && entry.rule == expected->rule) return {};
      break;
    case model::Reason::Isolation:
      if (entry.by == By::Isolation && entry.isolation == expected->isolation) return {};
      break;
    case model::Reason::Profile:
      if (entry.by == By::Profile) return {};
      break;
    case model::Reason::OwnNode:
      break;
  }
  return "the reasons differ";
}

// The same of what would have been.
std::optional<std::string> would_differ(const plan::Gate& gate, const std::optional<plan::Answer>& answer,
                                        const std::optional<model::GateDecision>& expected) {
  const auto meant = expected ? expected->would_be : std::nullopt;
  if (answer.has_value() != meant.has_value()) return "something audited takes part in one of both walks";
  if (!meant) return {};
  const plan::Entry& entry = gate.entries[answer->entry];
  if (answer->verdict != meant->verdict) return "what would have been differs";
  return entry.rule == meant->rule && entry.isolation == meant->isolation && entry.tier == meant->tier
             ? std::nullopt
             : std::optional<std::string>("who would have decided differs");
}

}  // namespace

std::optional<std::string> plan_disagreement(const World& world, const plan::DecisionPlan& plan,
                                             const std::vector<model::Flow>& flows) {
  const std::vector<model::Moment> moments = interesting_moments(world.policy);
  std::size_t turn = 0;
  for (const model::Flow& flow : flows) {
    if (!flow.source.address || !flow.destination.address || is_self(flow)) continue;
    const model::Moment now = moments[turn++ % moments.size()];
    for (const model::Address& address : {*flow.source.address, *flow.destination.address}) {
      if (plan::identify(plan, address) != plan::identify_by_layout(plan, address)) {
        return fmt::format("the layout gives {} another identity", to_string(address));
      }
    }
    for (const model::Direction direction : {model::Direction::Egress, model::Direction::Ingress}) {
      const bool egress = direction == model::Direction::Egress;
      const model::Address& own = egress ? *flow.source.address : *flow.destination.address;
      const model::Address& peer = egress ? *flow.destination.address : *flow.source.address;
      const plan::Answer answer = plan::decide(plan, direction, own, peer, flow.service, now);
      const plan::Gate& gate = egress ? plan.egress : plan.ingress;
      const auto expected = model::evaluate_gate(world.policy, direction, flow, now);
      const auto would = plan::would_decide(plan, direction, plan::identify(plan, own), plan::identify(plan, peer),
                                            plan::atom_of(plan, flow.service), now);
      auto wrong = difference(plan, gate, answer, expected);
      if (!wrong) wrong = would_differ(gate, would, expected);
      if (wrong) {
        return fmt::format("{} gate of {} at {}: {}", egress ? "egress" : "ingress", describe(world, flow),
                           static_cast<std::int64_t>(now), *wrong);
      }
    }
  }
  return {};
}

ClassTable::Key ClassTable::key_of(const model::Flow& flow) const {
  return {plan::identify(plan_, *flow.source.address), plan::identify(plan_, *flow.destination.address),
          plan::atom_of(plan_, flow.service)};
}

ClassTable::ClassTable(const World& world, const plan::DecisionPlan& plan, const std::vector<model::Flow>& flows)
    : world_(world), plan_(plan), moments_(interesting_moments(world.policy)) {
  for (const model::Flow& flow : flows) {
    if (!flow.source.address || !flow.destination.address || is_self(flow)) continue;
    const auto [found, fresh] = verdicts_.try_emplace(key_of(flow), std::vector<bool>{}, &flow);
    if (fresh) found->second.first = allowed(flow);
  }
}

std::vector<bool> ClassTable::allowed(const model::Flow& flow) const {
  std::vector<bool> out;
  for (const model::Moment now : moments_) out.push_back(model::evaluate(world_.policy, flow, now).allowed);
  return out;
}

std::optional<std::string> ClassTable::disagreement(const std::vector<model::Flow>& flows) {
  for (const model::Flow& flow : flows) {
    if (!flow.source.address || !flow.destination.address || is_self(flow)) continue;
    const auto found = verdicts_.find(key_of(flow));
    if (found == verdicts_.end()) continue;
    if (found->second.first != allowed(flow)) {
      return fmt::format("{} and {} are of the same classes, with different verdicts", describe(world_, flow),
                         describe(world_, *found->second.second));
    }
  }
  return {};
}

}  // namespace weft::test
