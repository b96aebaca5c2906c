#include "driver/rows.h"

#include <algorithm>
#include <bit>
#include <tuple>

namespace weft::driver {

using model::Direction;
using model::RuleId;
using model::Verdict;

namespace {

constexpr std::size_t word_bits = 64;

void set(std::vector<std::uint64_t>& row, std::size_t position) {
  row[position / word_bits] |= std::uint64_t{1} << (position % word_bits);
}

// An isolation in force comes before an audited one; of several alike the first.
std::optional<model::IsolationId> isolation_of(const model::Policy& policy, model::TierId tier, Direction direction,
                                               const model::End& subject) {
  std::optional<model::IsolationId> audited;
  for (std::uint32_t i = 0; i < policy.isolations.size(); ++i) {
    const model::Isolation& isolation = policy.isolations[i];
    const bool speaks = direction == Direction::Egress ? isolation.egress : isolation.ingress;
    if (isolation.tier != tier || !speaks || !model::matches(isolation.subject, subject)) continue;
    if (!isolation.audit) return model::IsolationId{i};
    if (!audited) audited = model::IsolationId{i};
  }
  return audited;
}

}  // namespace

struct Rows::Question {
  Direction direction;
  const EndRows& source;
  const EndRows& destination;
  model::Flow flow;

  const EndRows& subject() const { return direction == Direction::Egress ? source : destination; }
};

Rows::Rows(const model::Policy& policy, model::Moment now) : policy_(policy) {
  for (std::uint32_t i = 0; i < policy.rules.size(); ++i) {
    const model::Rule& rule = policy.rules[i];
    if (!rule.expires || now < *rule.expires) order_.push_back(RuleId{i});
  }
  std::ranges::sort(order_, {}, [&](RuleId id) {
    const model::Rule& rule = policy[id];
    const int rank = rule.verdict == Verdict::Deny ? 0 : rule.verdict == Verdict::Allow ? 1 : 2;
    return std::tuple(rule.tier, rule.level, rank, id);
  });
  for (std::uint32_t tier = 0; tier <= policy.tiers.size(); ++tier) {
    const auto first =
        std::ranges::lower_bound(order_, model::TierId{tier}, {}, [&](RuleId id) { return policy[id].tier; });
    tier_begin_.push_back(static_cast<std::size_t>(first - order_.begin()));
  }
  words_ = (order_.size() + word_bits - 1) / word_bits;
  for (auto* masks : {&speaking_, &in_force_}) {
    for (auto& mask : *masks) mask.resize(words_);
  }
  for (std::size_t position = 0; position < order_.size(); ++position) {
    const model::Rule& rule = policy[order_[position]];
    for (const Direction direction : {Direction::Egress, Direction::Ingress}) {
      if (!(direction == Direction::Egress ? rule.at_source : rule.at_destination)) continue;
      set(speaking_[static_cast<std::size_t>(direction)], position);
      if (!rule.audit) set(in_force_[static_cast<std::size_t>(direction)], position);
    }
  }
  // Expired ones count here, too: the second walk then meets none of them.
  audits_ = std::ranges::any_of(policy.rules, &model::Rule::audit) ||
            std::ranges::any_of(policy.isolations, &model::Isolation::audit);
}

EndRows Rows::of(const model::End& end) const {
  EndRows out;
  out.end = end;
  out.has_gates = model::has_gates(policy_, end);
  out.as_source.resize(words_);
  out.as_destination.resize(words_);
  for (std::size_t position = 0; position < order_.size(); ++position) {
    const model::Rule& rule = policy_[order_[position]];
    if (model::matches(rule.source, end)) set(out.as_source, position);
    if (model::matches(rule.destination, end)) set(out.as_destination, position);
  }
  for (const Direction direction : {Direction::Egress, Direction::Ingress}) {
    for (std::uint32_t tier = 0; tier < policy_.tiers.size(); ++tier) {
      out.isolations[static_cast<std::size_t>(direction)].push_back(
          isolation_of(policy_, model::TierId{tier}, direction, end));
    }
  }
  return out;
}

model::Decision Rows::decide(const EndRows& source, const EndRows& destination, model::ServicePoint service) const {
  model::Decision out;
  const auto& of_source = source.end.peer->instance;
  out.self = of_source && of_source == destination.end.peer->instance;
  if (!out.self) {
    const model::Flow flow{source.end, destination.end, service};
    out.egress = gate({Direction::Egress, source, destination, flow});
    out.ingress = gate({Direction::Ingress, source, destination, flow});
  }
  const auto opens = [](const auto& gate) { return !gate || gate->verdict == Verdict::Allow; };
  out.allowed = opens(out.egress) && opens(out.ingress);
  return out;
}

std::optional<model::GateDecision> Rows::gate(const Question& question) const {
  if (!question.subject().has_gates) return {};
  const model::Peer& source = *question.source.end.peer;
  const model::Peer& destination = *question.destination.end.peer;
  if (policy_.profile.own_node_may_enter && question.direction == Direction::Ingress &&
      source.kind == model::PeerKind::Node && destination.kind == model::PeerKind::Workload && destination.node &&
      destination.node == source.instance) {
    return model::GateDecision{Verdict::Allow, model::Reason::OwnNode, {}, {}, {}};
  }
  bool met_audited = false;
  const model::WouldBe answer = walk(question, false, met_audited);
  model::GateDecision out{answer.verdict, answer.reason, answer.rule, answer.isolation, answer.tier};
  if (!audits_) return out;
  met_audited = false;
  const model::WouldBe would_be = walk(question, true, met_audited);
  if (met_audited) out.would_be = would_be;
  return out;
}

model::WouldBe Rows::walk(const Question& question, bool audited_in_force, bool& met_audited) const {
  const auto& isolations = question.subject().isolations[static_cast<std::size_t>(question.direction)];
  for (std::size_t at = 0; at < policy_.tiers.size();) {
    const model::TierId tier{static_cast<std::uint32_t>(at)};
    if (const auto rule = deciding_rule(question, at, audited_in_force)) {
      const model::Rule& decider = policy_[*rule];
      met_audited = met_audited || decider.audit;
      if (decider.verdict != Verdict::Pass) return {decider.verdict, model::Reason::Rule, rule, {}, tier};
      at = decider.pass_to ? static_cast<std::size_t>(*decider.pass_to) : at + 1;
      continue;
    }
    if (const auto isolation = isolations[at]) {
      const bool audited = policy_[*isolation].audit;
      met_audited = met_audited || audited;
      const Verdict verdict = audited && !audited_in_force ? Verdict::Allow : Verdict::Deny;
      return {verdict, model::Reason::Isolation, {}, isolation, tier};
    }
    ++at;
  }
  return {policy_.profile.allow_by_default ? Verdict::Allow : Verdict::Deny, model::Reason::Profile, {}, {}, {}};
}

std::optional<RuleId> Rows::deciding_rule(const Question& question, std::size_t tier, bool audited_in_force) const {
  const auto& mask = (audited_in_force ? speaking_ : in_force_)[static_cast<std::size_t>(question.direction)];
  const std::size_t begin = tier_begin_[tier], end = tier_begin_[tier + 1];
  for (std::size_t word = begin / word_bits; word * word_bits < end; ++word) {
    std::uint64_t bits = question.source.as_source[word] & question.destination.as_destination[word] & mask[word];
    for (; bits != 0; bits &= bits - 1) {
      const std::size_t position = word * word_bits + static_cast<std::size_t>(std::countr_zero(bits));
      if (position < begin) continue;
      if (position >= end) return {};
      // The service tells most apart; what else a rule may ask of a flow is asked where the meaning is.
      const model::Rule& rule = policy_[order_[position]];
      if (!model::matches(rule.ports, question.flow)) continue;
      if (model::matches(rule, question.direction, question.flow)) return order_[position];
    }
  }
  return {};
}

}  // namespace weft::driver
