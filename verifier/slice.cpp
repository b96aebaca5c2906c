#include "verifier/slice.h"

namespace weft::verifier {

Slicer::Slicer(const model::Policy& policy, const Universe& universe) : policy_(policy) {
  for (const model::Rule& rule : policy.rules) {
    rules_.push_back({Cover(universe, rule.source), Cover(universe, rule.destination), cover(universe, rule.ports)});
  }
  for (const model::Isolation& isolation : policy.isolations) isolations_.emplace_back(universe, isolation.subject);
}

Slice Slicer::slice(const Cover& source, const Cover& destination, const IndexSet& services) const {
  Slice out;
  for (std::uint32_t i = 0; i < rules_.size(); ++i) {
    const RuleCover& cover = rules_[i];
    if (!cover.services.intersects(services) || !cover.source.intersects(source) ||
        !cover.destination.intersects(destination)) {
      continue;
    }
    if (policy_.rules[i].at_source) out.egress.push_back(model::RuleId{i});
    if (policy_.rules[i].at_destination) out.ingress.push_back(model::RuleId{i});
  }
  for (std::uint32_t i = 0; i < isolations_.size(); ++i) {
    const model::Isolation& isolation = policy_.isolations[i];
    if (isolation.egress && isolations_[i].intersects(source)) out.isolated_sources.push_back(model::IsolationId{i});
    if (isolation.ingress && isolations_[i].intersects(destination)) {
      out.isolated_destinations.push_back(model::IsolationId{i});
    }
  }
  return out;
}

bool Slicer::may_overlap(model::RuleId a, model::RuleId b) const {
  const RuleCover& left = rules_[static_cast<std::size_t>(a)];
  const RuleCover& right = rules_[static_cast<std::size_t>(b)];
  return left.services.intersects(right.services) && left.source.intersects(right.source) &&
         left.destination.intersects(right.destination);
}

}  // namespace weft::verifier
