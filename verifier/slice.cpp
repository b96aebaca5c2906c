#include "verifier/slice.h"

#include <algorithm>
#include <set>

namespace weft::verifier {

using model::Relation;

// A relation holds only where the key is present.
Cover cover(const Universe& universe, const model::Selector& selector, const std::vector<Relation>& relations,
            model::LabelKey Relation::* end) {
  if (relations.empty()) return Cover(universe, selector);
  std::vector<model::Selector> all{selector};
  for (const Relation& relation : relations) all.push_back(model::Selector::has(relation.*end));
  return Cover(universe, model::Selector::all_of(std::move(all)));
}

namespace {

// True if some relation of the one says what a relation of the other denies.
bool contradict(const std::vector<Relation>& a, const std::vector<Relation>& b) {
  return std::ranges::any_of(a, [&](const Relation& relation) {
    return std::ranges::find(b, Relation{relation.source, relation.destination, !relation.equal}) != b.end();
  });
}

// True if the one is about the own node of a subject, and the other about the other nodes at the same gate.
bool contradict(const model::Rule& a, const model::Rule& b) {
  using model::PeerNode;
  return a.at_source == b.at_source && a.peer_node != b.peer_node && a.peer_node != PeerNode::Any &&
         b.peer_node != PeerNode::Any;
}

}  // namespace

Slice in_force(const model::Policy& policy, const Slice& slice, model::Moment now) {
  Slice out = slice;
  for (auto* rules : {&out.egress, &out.ingress}) {
    std::erase_if(*rules, [&](model::RuleId id) { return policy[id].expires && *policy[id].expires <= now; });
  }
  return out;
}

std::vector<model::Moment> cuts(const model::Policy& policy, const Slice& slice, model::Moment now) {
  std::set<model::Moment> out{now};
  for (const auto* rules : {&slice.egress, &slice.ingress}) {
    for (const model::RuleId id : *rules) {
      if (policy[id].expires && *policy[id].expires > now) out.insert(*policy[id].expires);
    }
  }
  return {out.begin(), out.end()};
}

Slicer::Slicer(const model::Policy& policy, const Universe& universe)
    : policy_(policy), universe_(universe), rules_(policy.rules.size()), isolations_(policy.isolations.size()) {}

const RuleCover& Slicer::cover_of(model::RuleId id) const {
  auto& known = rules_[static_cast<std::size_t>(id)];
  if (known) return *known;
  const model::Rule& rule = policy_[id];
  if (rule.audit) {
    const Cover nothing(universe_, model::Selector::none());
    return known.emplace(RuleCover{nothing, nothing, {}});
  }
  return known.emplace(RuleCover{cover(universe_, rule.source, rule.relations, &Relation::source),
                                 cover(universe_, rule.destination, rule.relations, &Relation::destination),
                                 cover(universe_, rule.ports)});
}

const Cover& Slicer::cover_of(model::IsolationId id) const {
  auto& known = isolations_[static_cast<std::size_t>(id)];
  return known ? *known : known.emplace(universe_, policy_[id].subject);
}

Slice Slicer::slice(const Cover& source, const Cover& destination, const IndexSet& services) const {
  Slice out;
  for (std::uint32_t i = 0; i < rules_.size(); ++i) {
    const RuleCover& cover = cover_of(model::RuleId{i});
    if (!cover.services.intersects(services) || !cover.source.intersects(source) ||
        !cover.destination.intersects(destination)) {
      continue;
    }
    if (policy_.rules[i].at_source) out.egress.push_back(model::RuleId{i});
    if (policy_.rules[i].at_destination) out.ingress.push_back(model::RuleId{i});
  }
  for (std::uint32_t i = 0; i < isolations_.size(); ++i) {
    const model::Isolation& isolation = policy_.isolations[i];
    if (isolation.egress && cover_of(model::IsolationId{i}).intersects(source))
      out.isolated_sources.push_back(model::IsolationId{i});
    if (isolation.ingress && cover_of(model::IsolationId{i}).intersects(destination)) {
      out.isolated_destinations.push_back(model::IsolationId{i});
    }
  }
  return out;
}

bool Slicer::may_overlap(model::RuleId a, model::RuleId b) const {
  const RuleCover& left = cover_of(a);
  const RuleCover& right = cover_of(b);
  if (contradict(policy_[a].relations, policy_[b].relations)) return false;
  if (contradict(policy_[a], policy_[b])) return false;
  return left.services.intersects(right.services) && left.source.intersects(right.source) &&
         left.destination.intersects(right.destination);
}

}  // namespace weft::verifier
