#include <algorithm>
#include <bit>

#include "base/assert.h"
#include "bundle/abi.h"
#include "plan/identity_layout.h"
#include "plan/plan.h"

namespace weft::plan {

Identity identify(const DecisionPlan& plan, const model::Address& address) {
  const auto after =
      std::upper_bound(plan.identities.begin(), plan.identities.end(), address,
                       [](const model::Address& a, const IdentityRange& r) { return a < r.addresses.first; });
  WEFT_ASSERT(after != plan.identities.begin(), "the identities cover every address");
  return std::prev(after)->identity;
}

Identity identify_by_layout(const DecisionPlan& plan, const model::Address& address) {
  return identify(address.family == model::Family::V4 ? plan.v4 : plan.v6, address);
}

AtomId atom_of(const DecisionPlan& plan, model::ServicePoint service) {
  const auto number = static_cast<std::uint32_t>(service);
  const auto after = std::upper_bound(plan.atoms.begin(), plan.atoms.end(), number,
                                      [](std::uint32_t n, const AtomRange& r) { return n < r.points.first; });
  WEFT_ASSERT(after != plan.atoms.begin(), "the atoms cover every service point");
  return std::prev(after)->atom;
}

namespace {

// Judges conditions between two classes at a moment.
class Conditions {
 public:
  Conditions(const DecisionPlan& plan, const Class& source, const Class& destination, bool own_node, model::Moment now,
             bool audited)
      : plan_(plan), source_(source), destination_(destination), own_node_(own_node), now_(now), audited_(audited) {}

  bool all_hold(const Entry& entry) const {
    return std::ranges::all_of(entry.conditions, [&](std::uint16_t at) {
      return std::visit([&](const auto& condition) { return holds(condition); }, plan_.conditions[at]);
    });
  }

 private:
  bool holds(const Relation& relation) const {
    const std::uint16_t source = source_.values[relation.source];
    const std::uint16_t destination = destination_.values[relation.destination];
    return source != 0 && destination != 0 && (source == destination) == relation.equal;
  }
  bool holds(const Deadline& deadline) const { return now_ < deadline.expires; }
  // The bit of the peer's row says already that it is a node.
  bool holds(const OwnNode& asked) const { return own_node_ == asked.own; }
  bool holds(const Audited&) const { return audited_; }

  const DecisionPlan& plan_;
  const Class& source_;
  const Class& destination_;
  bool own_node_;
  model::Moment now_;
  bool audited_;
};

// The first entry from `from` on whose bit is set in all three rows and whose conditions hold.
template <typename Holds>
std::optional<std::uint32_t> first_match(const Bits& own, const Bits& peer, const Bits& atom, std::uint32_t from,
                                         const Holds& holds) {
  for (std::size_t w = from / 64; w < own.words().size(); ++w) {
    std::uint64_t word = own.words()[w] & peer.words()[w] & atom.words()[w];
    if (w == from / 64) word &= ~std::uint64_t{0} << (from % 64);
    for (; word != 0; word &= word - 1) {
      const std::uint32_t entry =
          static_cast<std::uint32_t>(w * 64) + static_cast<std::uint32_t>(std::countr_zero(word));
      if (holds(entry)) return entry;
    }
  }
  return {};
}

// The peer is a node, and it is the one the subject runs on.
bool is_own_node(Identity own, Identity peer) {
  return own.home != 0 && (own.home & WEFT_HOME_IS_NODE) == 0 && peer.home == (own.home | WEFT_HOME_IS_NODE);
}

}  // namespace

namespace {

// The walk through the entries of a gate, with what is audited in force or not. `visit` sees every entry it comes by.
template <typename Visit>
Answer walk(const DecisionPlan& plan, model::Direction direction, Identity own, Identity peer, AtomId atom,
            model::Moment now, bool audited, const Visit& visit) {
  const bool outbound = direction == model::Direction::Egress;
  const Gate& gate = outbound ? plan.egress : plan.ingress;
  const Class& own_class = plan.classes[static_cast<std::size_t>(own.class_id)];
  const Class& peer_class = plan.classes[static_cast<std::size_t>(peer.class_id)];
  const Conditions conditions(plan, outbound ? own_class : peer_class, outbound ? peer_class : own_class,
                              is_own_node(own, peer), now, audited);
  const auto holds = [&](std::uint32_t entry) { return conditions.all_hold(gate.entries[entry]); };

  const Bits& own_row = gate.own_rows[own_class.row];
  const Bits& peer_row = gate.peer_rows[peer_class.row];
  const Bits& atom_row = gate.atom_rows[static_cast<std::size_t>(atom)];
  std::uint32_t from = 0;
  while (const auto found = first_match(own_row, peer_row, atom_row, from, holds)) {
    const Entry& entry = gate.entries[*found];
    visit(entry);
    if (entry.verdict != model::Verdict::Pass) {
      const bool would_deny = audited && entry.audited && entry.by == Entry::By::Isolation;
      return {*found, would_deny ? model::Verdict::Deny : entry.verdict};
    }
    from = entry.next;
  }
  return {WEFT_ENTRY_UNKNOWN, model::Verdict::Deny};  // nobody's class: its rows are empty
}

bool own_node_enters(const DecisionPlan& plan, model::Direction direction, Identity own, Identity peer) {
  return plan.own_node_may_enter && direction == model::Direction::Ingress && is_own_node(own, peer);
}

}  // namespace

Answer decide(const DecisionPlan& plan, model::Direction direction, Identity own, Identity peer, AtomId atom,
              model::Moment now) {
  if (own_node_enters(plan, direction, own, peer)) return {WEFT_ENTRY_OWN_NODE, model::Verdict::Allow};
  return walk(plan, direction, own, peer, atom, now, false, [](const Entry&) {});
}

std::optional<Answer> would_decide(const DecisionPlan& plan, model::Direction direction, Identity own, Identity peer,
                                   AtomId atom, model::Moment now) {
  if (own_node_enters(plan, direction, own, peer)) return {};
  bool met_audited = false;
  const Answer answer = walk(plan, direction, own, peer, atom, now, true,
                             [&](const Entry& entry) { met_audited = met_audited || entry.audited; });
  return met_audited ? std::optional(answer) : std::nullopt;
}

Answer decide(const DecisionPlan& plan, model::Direction direction, const model::Address& own,
              const model::Address& peer, model::ServicePoint service, model::Moment now) {
  return decide(plan, direction, identify(plan, own), identify(plan, peer), atom_of(plan, service), now);
}

}  // namespace weft::plan
