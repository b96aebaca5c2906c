#include "model/evaluate.h"

#include <algorithm>

namespace weft::model {

Decision evaluate(const Policy& policy, const Flow& flow) {
  Decision decision;
  const Peer& source = *flow.source.peer;
  const Peer& destination = *flow.destination.peer;
  decision.self = source.instance && source.instance == destination.instance;  // by instance, never by label set
  if (!decision.self) {
    decision.egress = evaluate_gate(policy, Direction::Egress, flow);
    decision.ingress = evaluate_gate(policy, Direction::Ingress, flow);
  }
  const auto opens = [](const std::optional<GateDecision>& gate) { return !gate || gate->verdict == Verdict::Allow; };
  decision.allowed = opens(decision.egress) && opens(decision.ingress);
  return decision;
}

namespace {

// The rule that decides a tier: of the matching ones of the lowest level, deny before allow before pass, then the
// first.
std::optional<RuleId> deciding_rule(const Policy& policy, TierId tier, Direction direction, const Flow& flow) {
  const auto rank = [](Verdict verdict) { return verdict == Verdict::Deny ? 0 : verdict == Verdict::Allow ? 1 : 2; };
  std::optional<RuleId> best;
  for (std::uint32_t i = 0; i < policy.rules.size(); ++i) {
    const Rule& rule = policy.rules[i];
    if (rule.tier != tier || !matches(rule, direction, flow)) continue;
    if (best) {
      const Rule& have = policy[*best];
      if (have.level < rule.level) continue;
      if (have.level == rule.level && rank(have.verdict) <= rank(rule.verdict)) continue;
    }
    best = RuleId{i};
  }
  return best;
}

std::optional<IsolationId> isolation_of(const Policy& policy, TierId tier, Direction direction, const End& subject) {
  for (std::uint32_t i = 0; i < policy.isolations.size(); ++i) {
    const Isolation& isolation = policy.isolations[i];
    const bool speaks = direction == Direction::Egress ? isolation.egress : isolation.ingress;
    if (isolation.tier == tier && speaks && matches(isolation.subject, subject)) return IsolationId{i};
  }
  return {};
}

}  // namespace

std::optional<GateDecision> evaluate_gate(const Policy& policy, Direction direction, const Flow& flow) {
  const End& subject = direction == Direction::Egress ? flow.source : flow.destination;
  if (!has_gates(policy, subject)) return {};

  const Peer& source = *flow.source.peer;
  const Peer& destination = *flow.destination.peer;
  if (policy.profile.own_node_may_enter && direction == Direction::Ingress && source.kind == PeerKind::Node &&
      destination.kind == PeerKind::Workload && destination.node && destination.node == source.instance) {
    return GateDecision{Verdict::Allow, Reason::OwnNode, {}, {}, {}};
  }

  for (std::uint32_t at = 0; at < policy.tiers.size();) {
    const TierId tier{at};
    if (const auto rule = deciding_rule(policy, tier, direction, flow)) {
      const Rule& decider = policy[*rule];
      if (decider.verdict != Verdict::Pass) return GateDecision{decider.verdict, Reason::Rule, rule, {}, tier};
      at = decider.pass_to ? static_cast<std::uint32_t>(*decider.pass_to) : at + 1;
      continue;
    }
    if (const auto isolation = isolation_of(policy, tier, direction, subject)) {
      return GateDecision{Verdict::Deny, Reason::Isolation, {}, isolation, tier};
    }
    ++at;
  }
  return GateDecision{policy.profile.allow_by_default ? Verdict::Allow : Verdict::Deny, Reason::Profile, {}, {}, {}};
}

bool has_gates(const Policy& policy, const End& end) {
  switch (end.peer->kind) {
    case PeerKind::Workload:
      return true;
    case PeerKind::World:
      return false;
    case PeerKind::Node:
      break;
  }
  return policy.profile.node_gates ||
         std::ranges::any_of(policy.guards, [&](const Guard& guard) { return matches(guard.nodes, end); });
}

bool matches(const Rule& rule, Direction direction, const Flow& flow) {
  const bool speaks = direction == Direction::Egress ? rule.at_source : rule.at_destination;
  return speaks && matches(rule.source, flow.source) && matches(rule.destination, flow.destination) &&
         matches(rule.ports, flow);
}

bool matches(const PortSet& ports, const Flow& flow) {
  if (ports.points.contains(flow.service)) return true;
  return std::ranges::any_of(flow.destination.peer->ports, [&](const NamedPort& port) {
    return flow.service == service_point(port.protocol, port.port) &&
           std::ranges::find(ports.names, PortName{port.protocol, port.name}) != ports.names.end();
  });
}

}  // namespace weft::model
