#include "tests/support/second_opinion.h"

#include <map>
#include <set>
#include <tuple>

namespace weft::test {

using namespace model;

namespace {

bool globs(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '*') {
    for (std::size_t taken = 0; taken <= text.size(); ++taken) {
      if (globs(pattern.substr(1), text.substr(taken))) return true;
    }
    return false;
  }
  return !text.empty() && (pattern[0] == '?' || pattern[0] == text[0]) && globs(pattern.substr(1), text.substr(1));
}

bool lies_in(const AddressSet& set, const std::optional<Address>& address) {
  if (!address) return false;
  bool inside = false;
  for (const AddressRange& range : set.ranges()) {
    inside = inside || (range.first.family == address->family && range.first.bytes <= address->bytes &&
                        address->bytes <= range.last.bytes);
  }
  return inside;
}

// The labels a comparison can see at this end, by the kind of peer they are about.
std::optional<std::string> value_at(const End& end, const LabelKey& key) {
  const bool node_key = key.scope == KeyScope::Node;
  const bool speaks_of_this = node_key ? end.peer->kind == PeerKind::Node : end.peer->kind == PeerKind::Workload;
  if (!speaks_of_this || end.peer->labels.count(key) == 0) return {};
  return end.peer->labels.at(key);
}

bool selects(const Selector& s, const End& end) {
  using Kind = Selector::Kind;
  if (s.kind == Kind::Not) return !selects(s.operands.front(), end);
  if (s.kind == Kind::And || s.kind == Kind::Or) {
    std::size_t yes = 0;
    for (const Selector& operand : s.operands) yes += selects(operand, end) ? 1 : 0;
    return s.kind == Kind::And ? yes == s.operands.size() : yes > 0;
  }
  if (s.kind == Kind::Address) return lies_in(s.addresses, end.address);
  if (s.kind == Kind::Apiserver) return lies_in(end.peer->apiserver, end.address);
  if (s.kind == Kind::OneOf || s.kind == Kind::Has || s.kind == Kind::Glob) {
    const auto value = value_at(end, s.key);
    if (!value) return false;
    if (s.kind == Kind::Has) return true;
    if (s.kind == Kind::Glob) return globs(s.values.front(), *value);
    return std::set<std::string>(s.values.begin(), s.values.end()).count(*value) == 1;
  }
  if (s.kind == Kind::Any) return true;
  return (s.kind == Kind::Workload && end.peer->kind == PeerKind::Workload) ||
         (s.kind == Kind::Node && end.peer->kind == PeerKind::Node) ||
         (s.kind == Kind::World && end.peer->kind == PeerKind::World);
}

bool serves(const PortSet& ports, const Flow& flow) {
  const auto asked = static_cast<std::uint32_t>(flow.service);
  for (const ServiceRange& range : ports.points.ranges()) {
    if (asked >= range.first && asked <= range.last) return true;
  }
  // Each name, at the destination only, by name and protocol.
  for (const PortName& name : ports.names) {
    for (const NamedPort& port : flow.destination.peer->ports) {
      const bool same = port.name == name.name && port.protocol == name.protocol;
      if (same && asked == std::uint32_t{port.protocol} * 65536U + port.port) return true;
    }
  }
  return false;
}

// A relation in the words of sets: the values of both ends, of which "equal" leaves one and "different" two.
bool related(const Relation& relation, const Flow& flow) {
  std::set<std::string> seen;
  std::size_t ends = 0;
  for (const auto& [end, key] :
       {std::pair(&flow.source, &relation.source), {&flow.destination, &relation.destination}}) {
    for (const auto& [label, value] : end->peer->labels) {
      if (label.scope == key->scope && label.name == key->name) {
        seen.insert(value);
        ++ends;
      }
    }
  }
  return ends == 2 && seen.size() == (relation.equal ? 1U : 2U);
}

// The node at the other end: it is one, and whether the workload whose gate is asked runs on it.
bool right_node(PeerNode asked, const Flow& flow, bool egress) {
  const Peer& here = egress ? *flow.source.peer : *flow.destination.peer;
  const Peer& there = egress ? *flow.destination.peer : *flow.source.peer;
  std::set<PeerNode> answers{PeerNode::Any};
  if (there.kind == PeerKind::Node) {
    const bool home_known = here.kind == PeerKind::Workload && here.node.has_value() && there.instance.has_value();
    answers.insert(home_known && *here.node == *there.instance ? PeerNode::Own : PeerNode::Other);
  }
  return answers.count(asked) == 1;
}

// One thing a tier has to say. Sorted, the first of a tier decides it: lowest level, then deny, allow, pass, isolation
// in force, audited isolation.
using Voice = std::tuple<std::uint32_t /*tier*/, int /*1 isolation, 2 an audited one*/, std::int64_t /*priority*/,
                         std::uint32_t /*index*/, int /*rank*/, std::uint32_t /*source order*/>;

// Everything the policy has to say at this gate; audited rules only where they are taken for real.
std::set<Voice> voices_of(const Policy& policy, const Flow& flow, bool egress, Moment now, bool audited_are_real) {
  const End& subject = egress ? flow.source : flow.destination;
  std::set<Voice> voices;
  for (std::uint32_t i = 0; i < policy.rules.size(); ++i) {
    const Rule& rule = policy.rules[i];
    if (rule.audit && !audited_are_real) continue;
    if (!(egress ? rule.at_source : rule.at_destination)) continue;
    const bool over =
        rule.expires.has_value() && static_cast<std::int64_t>(*rule.expires) <= static_cast<std::int64_t>(now);
    if (over) continue;
    if (!selects(rule.source, flow.source) || !selects(rule.destination, flow.destination) || !serves(rule.ports, flow))
      continue;
    std::size_t unrelated = 0;
    for (const Relation& relation : rule.relations) unrelated += related(relation, flow) ? 0 : 1;
    if (unrelated > 0 || !right_node(rule.peer_node, flow, egress)) continue;
    const std::map<Verdict, int> ranks{{Verdict::Deny, 1}, {Verdict::Allow, 2}, {Verdict::Pass, 3}};
    voices.emplace(static_cast<std::uint32_t>(rule.tier), 0, rule.level.priority, rule.level.index,
                   ranks.at(rule.verdict), i);
  }
  for (std::uint32_t i = 0; i < policy.isolations.size(); ++i) {
    const Isolation& isolation = policy.isolations[i];
    if (!(egress ? isolation.egress : isolation.ingress) || !selects(isolation.subject, subject)) continue;
    voices.emplace(static_cast<std::uint32_t>(isolation.tier), isolation.audit ? 2 : 1, 0, 0, 0, i);
  }
  return voices;
}

struct Heard {
  WouldBe answer;
  bool audited = false;  ///< something audited was heard on the way
};

// Listens tier by tier. An audited isolation denies only where audited things are taken for real.
Heard listen(const Policy& policy, const std::set<Voice>& voices, bool audited_are_real) {
  Heard out;
  std::uint32_t from = 0;  // the first tier that may still speak
  while (true) {
    const auto first = voices.lower_bound(Voice{from, 0, INT64_MIN, 0, 0, 0});
    if (first == voices.end()) break;
    const auto [tier, kind, priority, index, rank, order] = *first;
    if (kind > 0) {
      out.audited = out.audited || kind == 2;
      const Verdict verdict = kind == 1 || audited_are_real ? Verdict::Deny : Verdict::Allow;
      out.answer = {verdict, Reason::Isolation, {}, IsolationId{order}, TierId{tier}};
      return out;
    }
    const Rule& rule = policy.rules[order];
    out.audited = out.audited || rule.audit;
    if (rule.verdict != Verdict::Pass) {
      out.answer = {rule.verdict, Reason::Rule, RuleId{order}, {}, TierId{tier}};
      return out;
    }
    from = rule.pass_to ? static_cast<std::uint32_t>(*rule.pass_to) : tier + 1;
  }
  out.answer = {policy.profile.allow_by_default ? Verdict::Allow : Verdict::Deny, Reason::Profile, {}, {}, {}};
  return out;
}

std::optional<GateDecision> gate(const Policy& policy, const Flow& flow, bool egress, Moment now) {
  const End& subject = egress ? flow.source : flow.destination;
  if (subject.peer->kind == PeerKind::World) return {};
  if (subject.peer->kind == PeerKind::Node && !policy.profile.node_gates) {
    bool guarded = false;
    for (const Guard& guard : policy.guards) guarded = guarded || selects(guard.nodes, subject);
    if (!guarded) return {};
  }
  const Peer& source = *flow.source.peer;
  const Peer& destination = *flow.destination.peer;
  const bool from_own_node = destination.kind == PeerKind::Workload && destination.node.has_value() &&
                             source.kind == PeerKind::Node && source.instance == destination.node;
  if (!egress && policy.profile.own_node_may_enter && from_own_node)
    return GateDecision{Verdict::Allow, Reason::OwnNode, {}, {}, {}, {}};

  const WouldBe answer = listen(policy, voices_of(policy, flow, egress, now, false), false).answer;
  GateDecision out{answer.verdict, answer.reason, answer.rule, answer.isolation, answer.tier, {}};
  const Heard heard = listen(policy, voices_of(policy, flow, egress, now, true), true);
  if (heard.audited) out.would_be = heard.answer;
  return out;
}

}  // namespace

Decision second_opinion(const Policy& policy, const Flow& flow, Moment now) {
  const auto& a = flow.source.peer->instance;
  const auto& b = flow.destination.peer->instance;
  if (a.has_value() && b.has_value() && *a == *b) return {.allowed = true, .self = true, .egress = {}, .ingress = {}};
  Decision out{.allowed = true,
               .self = false,
               .egress = gate(policy, flow, true, now),
               .ingress = gate(policy, flow, false, now)};
  for (const auto& side : {out.egress, out.ingress}) {
    if (side && side->verdict == Verdict::Deny) out.allowed = false;
  }
  return out;
}

}  // namespace weft::test
