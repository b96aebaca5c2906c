#include "model/evaluate.h"

#include <algorithm>

namespace weft::model {

Decision evaluate(const Policy& policy, const Flow& flow, Moment now) {
  Decision decision;
  const Peer& source = *flow.source.peer;
  const Peer& destination = *flow.destination.peer;
  decision.self = source.instance && source.instance == destination.instance;  // by instance, never by label set
  if (!decision.self) {
    decision.egress = evaluate_gate(policy, Direction::Egress, flow, now);
    decision.ingress = evaluate_gate(policy, Direction::Ingress, flow, now);
  }
  const auto opens = [](const std::optional<GateDecision>& gate) { return !gate || gate->verdict == Verdict::Allow; };
  decision.allowed = opens(decision.egress) && opens(decision.ingress);
  return decision;
}

namespace {

// One walk through the tiers. Audited rules and isolations are in force in the walk that asks what would have been.
class Walk {
 public:
  Walk(const Policy& policy, Direction direction, const Flow& flow, Moment now, bool audited_in_force)
      : policy_(policy), direction_(direction), flow_(flow), now_(now), audited_in_force_(audited_in_force) {}

  WouldBe run() {
    for (std::uint32_t at = 0; at < policy_.tiers.size();) {
      const TierId tier{at};
      if (const auto rule = deciding_rule(tier)) {
        const Rule& decider = policy_[*rule];
        met_audited_ = met_audited_ || decider.audit;
        if (decider.verdict != Verdict::Pass) return {decider.verdict, Reason::Rule, rule, {}, tier};
        at = decider.pass_to ? static_cast<std::uint32_t>(*decider.pass_to) : at + 1;
        continue;
      }
      if (const auto isolation = deciding_isolation(tier)) {
        const bool audited = policy_[*isolation].audit;
        met_audited_ = met_audited_ || audited;
        return {audited && !audited_in_force_ ? Verdict::Allow : Verdict::Deny, Reason::Isolation, {}, isolation, tier};
      }
      ++at;
    }
    return {policy_.profile.allow_by_default ? Verdict::Allow : Verdict::Deny, Reason::Profile, {}, {}, {}};
  }

  bool met_audited() const { return met_audited_; }

 private:
  // The rule that decides a tier: of the matching ones of the lowest level, deny before allow before pass, then the
  // first.
  std::optional<RuleId> deciding_rule(TierId tier) const {
    const auto rank = [](Verdict verdict) { return verdict == Verdict::Deny ? 0 : verdict == Verdict::Allow ? 1 : 2; };
    std::optional<RuleId> best;
    for (std::uint32_t i = 0; i < policy_.rules.size(); ++i) {
      const Rule& rule = policy_.rules[i];
      if (rule.tier != tier || (rule.audit && !audited_in_force_)) continue;
      if (rule.expires && now_ >= *rule.expires) continue;
      if (!matches(rule, direction_, flow_)) continue;
      if (best) {
        const Rule& have = policy_[*best];
        if (have.level < rule.level) continue;
        if (have.level == rule.level && rank(have.verdict) <= rank(rule.verdict)) continue;
      }
      best = RuleId{i};
    }
    return best;
  }

  // An isolation in force comes before an audited one; of several alike the first.
  std::optional<IsolationId> deciding_isolation(TierId tier) const {
    const End& subject = direction_ == Direction::Egress ? flow_.source : flow_.destination;
    std::optional<IsolationId> audited;
    for (std::uint32_t i = 0; i < policy_.isolations.size(); ++i) {
      const Isolation& isolation = policy_.isolations[i];
      const bool speaks = direction_ == Direction::Egress ? isolation.egress : isolation.ingress;
      if (isolation.tier != tier || !speaks || !matches(isolation.subject, subject)) continue;
      if (!isolation.audit) return IsolationId{i};
      if (!audited) audited = IsolationId{i};
    }
    return audited;
  }

  const Policy& policy_;
  Direction direction_;
  const Flow& flow_;
  Moment now_;
  bool audited_in_force_;
  bool met_audited_ = false;
};

}  // namespace

std::optional<GateDecision> evaluate_gate(const Policy& policy, Direction direction, const Flow& flow, Moment now) {
  const End& subject = direction == Direction::Egress ? flow.source : flow.destination;
  if (!has_gates(policy, subject)) return {};

  if (policy.profile.own_node_may_enter && direction == Direction::Ingress && is_own_node(direction, flow)) {
    return GateDecision{Verdict::Allow, Reason::OwnNode, {}, {}, {}};
  }

  const WouldBe answer = Walk(policy, direction, flow, now, false).run();
  GateDecision out{answer.verdict, answer.reason, answer.rule, answer.isolation, answer.tier};
  const bool audits =
      std::ranges::any_of(policy.rules, &Rule::audit) || std::ranges::any_of(policy.isolations, &Isolation::audit);
  if (audits) {
    Walk enforced(policy, direction, flow, now, true);
    const WouldBe would_be = enforced.run();
    if (enforced.met_audited()) out.would_be = would_be;
  }
  return out;
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
         matches(rule.ports, flow) && holds(rule.peer_node, direction, flow) &&
         std::ranges::all_of(rule.relations, [&](const Relation& relation) { return holds(relation, flow); });
}

bool is_own_node(Direction direction, const Flow& flow) {
  const bool egress = direction == Direction::Egress;
  const Peer& subject = egress ? *flow.source.peer : *flow.destination.peer;
  const Peer& peer = egress ? *flow.destination.peer : *flow.source.peer;
  return peer.kind == PeerKind::Node && subject.kind == PeerKind::Workload && subject.node &&
         subject.node == peer.instance;
}

bool holds(PeerNode asked, Direction direction, const Flow& flow) {
  if (asked == PeerNode::Any) return true;
  const Peer& peer = direction == Direction::Egress ? *flow.destination.peer : *flow.source.peer;
  return peer.kind == PeerKind::Node && is_own_node(direction, flow) == (asked == PeerNode::Own);
}

bool holds(const Relation& relation, const Flow& flow) {
  const Labels& of_source = flow.source.peer->labels;
  const Labels& of_destination = flow.destination.peer->labels;
  const auto source = of_source.find(relation.source);
  const auto destination = of_destination.find(relation.destination);
  if (source == of_source.end() || destination == of_destination.end()) return false;
  return (source->second == destination->second) == relation.equal;
}

bool matches(const PortSet& ports, const Flow& flow) {
  if (ports.points.contains(flow.service)) return true;
  return std::ranges::any_of(flow.destination.peer->ports, [&](const NamedPort& port) {
    return flow.service == service_point(port.protocol, port.port) &&
           std::ranges::find(ports.names, PortName{port.protocol, port.name}) != ports.names.end();
  });
}

}  // namespace weft::model
