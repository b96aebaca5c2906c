#pragma once

#include <optional>

#include "model/peer.h"
#include "model/policy.h"

namespace weft::model {

/// What decided at a gate when no rule did.
enum class Reason : std::uint8_t {
  Rule,       ///< a rule: see `rule`
  Isolation,  ///< the subject is isolated and no rule of the tier matched: deny, or allow where it is audited
  Profile,    ///< the profile's default after the last tier
  OwnNode,    ///< the profile lets a workload's own node in
};

/// What a gate would have answered had audited rules and isolations been in force.
struct WouldBe {
  Verdict verdict = Verdict::Deny;
  Reason reason = Reason::Profile;
  std::optional<RuleId> rule;
  std::optional<IsolationId> isolation;
  std::optional<TierId> tier;

  bool operator==(const WouldBe&) const = default;
};

/// The verdict of one gate, which is never `pass`.
struct GateDecision {
  Verdict verdict = Verdict::Deny;
  Reason reason = Reason::Profile;
  std::optional<RuleId> rule;            ///< with Reason::Rule: the first in source order among the deciding ones
  std::optional<IsolationId> isolation;  ///< with Reason::Isolation: the first in source order
  std::optional<TierId> tier;            ///< where it was decided; none after the last tier
  std::optional<WouldBe> would_be{};     ///< where an audited rule or isolation would have taken part in the walk

  bool operator==(const GateDecision&) const = default;
};

/// The verdict on a flow. A gate that does not exist is absent and allows.
struct Decision {
  bool allowed = false;
  bool self = false;                    ///< an instance talking to itself: no gate
  std::optional<GateDecision> egress;   ///< at the source
  std::optional<GateDecision> ingress;  ///< at the destination

  bool operator==(const Decision&) const = default;
};

/// Before every deadline: all rules are in force.
inline constexpr Moment before_all{INT64_MIN};

/// THE MEANING of a policy. Every other engine is tested against this one. `now` is when the flow happens.
Decision evaluate(const Policy& policy, const Flow& flow, Moment now = before_all);

/// The verdict of one gate, or nothing where the gate does not exist.
std::optional<GateDecision> evaluate_gate(const Policy& policy, Direction direction, const Flow& flow,
                                          Moment now = before_all);

/// True if the peer has gates: every workload, and the nodes that the profile or a `guard` names.
bool has_gates(const Policy& policy, const End& end);

/// True if the rule speaks at that gate about this flow, whatever the time and whether or not it is audited.
bool matches(const Rule& rule, Direction direction, const Flow& flow);

/// True if the peer of the gate is the node on which its subject, a workload, runs.
bool is_own_node(Direction direction, const Flow& flow);

/// True if the node at the other end of the gate is one that the rule asks for.
bool holds(PeerNode asked, Direction direction, const Flow& flow);

/// True if both ends have the keys and the values compare as the relation asks.
bool holds(const Relation& relation, const Flow& flow);

/// True if the service of the flow is in the set, named ports resolved by what the destination declares.
bool matches(const PortSet& ports, const Flow& flow);

}  // namespace weft::model
