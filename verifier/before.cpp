#include "verifier/before.h"

#include <algorithm>
#include <tuple>

namespace weft::verifier {

using model::Direction;
using model::Rule;
using model::RuleId;
using model::Selector;
using model::Verdict;

Slice before(const model::Policy& policy, const Slicer& slicer, PlaceInWalk place, RuleId first, RuleId second,
             Direction direction) {
  const bool egress = direction == Direction::Egress;
  Slice out;
  for (std::uint32_t i = 0; i < policy.rules.size(); ++i) {
    const Rule& rule = policy.rules[i];
    if (rule.audit || !(egress ? rule.at_source : rule.at_destination)) continue;
    if (std::tie(rule.tier, rule.level) >= std::tie(place.tier, place.level)) continue;
    const RuleId id{i};
    if (!slicer.may_overlap(id, first) || !slicer.may_overlap(id, second)) continue;
    (egress ? out.egress : out.ingress).push_back(id);
  }
  const auto subject = [&](RuleId id) -> const Cover& {
    return egress ? slicer.cover_of(id).source : slicer.cover_of(id).destination;
  };
  for (std::uint32_t i = 0; i < policy.isolations.size(); ++i) {
    const model::Isolation& isolation = policy.isolations[i];
    if (!(egress ? isolation.egress : isolation.ingress) || isolation.tier >= place.tier) continue;
    const Cover& cover = slicer.cover_of(model::IsolationId{i});
    if (!cover.intersects(subject(first)) || !cover.intersects(subject(second))) continue;
    (egress ? out.isolated_sources : out.isolated_destinations).push_back(model::IsolationId{i});
  }
  return out;
}

bool visibly_settles(const model::Policy& policy, const Slice& slice, RuleId first, RuleId second,
                     Direction direction) {
  const bool egress = direction == Direction::Egress;
  const std::vector<RuleId>& rules = egress ? slice.egress : slice.ingress;
  // A pass might lead around it.
  if (std::ranges::any_of(rules, [&](RuleId id) { return policy[id].verdict == Verdict::Pass; })) return false;
  const Rule& a = policy[first];
  const Rule& b = policy[second];
  const auto covers = [](const Selector& wide, const Selector& one, const Selector& other) {
    return wide.kind == Selector::Kind::Any || wide == one || wide == other;
  };
  const auto ends_walk = [&](RuleId id) {
    const Rule& rule = policy[id];
    const auto all_of = [&](const model::PortSet& ports) {
      return ports.names.empty() && rule.ports.points.contains(ports.points);
    };
    return rule.relations.empty() && rule.peer_node == model::PeerNode::Any &&
           covers(rule.source, a.source, b.source) && covers(rule.destination, a.destination, b.destination) &&
           (rule.ports == a.ports || rule.ports == b.ports || all_of(a.ports) || all_of(b.ports) ||
            rule.ports.points == model::PointSet::any());
  };
  return std::ranges::any_of(rules, ends_walk) ||
         std::ranges::any_of(egress ? slice.isolated_sources : slice.isolated_destinations, [&](auto id) {
           return egress ? covers(policy[id].subject, a.source, b.source)
                         : covers(policy[id].subject, a.destination, b.destination);
         });
}

model::Policy up_to(const model::Policy& policy, const Slice& slice, PlaceInWalk place) {
  model::Policy out;
  out.profile = policy.profile;
  out.tiers = policy.tiers;
  out.guards = policy.guards;
  for (const auto* rules : {&slice.egress, &slice.ingress}) {
    for (const RuleId id : *rules) out.rules.push_back(policy[id]);
  }
  for (const auto* isolations : {&slice.isolated_sources, &slice.isolated_destinations}) {
    for (const model::IsolationId id : *isolations) out.isolations.push_back(policy[id]);
  }
  Rule here;
  here.verdict = Verdict::Deny;
  here.source = here.destination = Selector::any();
  here.ports.points = model::PointSet::any();
  here.tier = place.tier;
  here.level = place.level;
  out.rules.push_back(std::move(here));
  return out;
}

}  // namespace weft::verifier
