#include "codegen/places.h"

#include <algorithm>
#include <set>

#include "model/service.h"

namespace weft::codegen {
namespace {

// True if the rule names some values of the protocol and not all of them.
bool tells_apart(const model::PortSet& ports, std::uint8_t protocol) {
  if (std::ranges::find(ports.names, protocol, &model::PortName::protocol) != ports.names.end()) return true;
  const model::PointSet all = model::PointSet::of_protocol(protocol);
  return ports.points.intersects(all) && !ports.points.contains(all);
}

}  // namespace

Places places_of(const plan::DecisionPlan& plan, const Options& options) {
  Places out;
  out.conditions.resize(plan.conditions.size());
  if (!options.origin) return out;
  const auto& [policy, sources] = *options.origin;
  const auto place = [&](Span span) {
    const Source& source = (*sources)[span.source];
    return Place{&source, source.position(span.begin)};
  };

  std::vector<std::set<model::RuleId>> asking(plan.conditions.size());
  for (const plan::Gate* gate : {&plan.egress, &plan.ingress}) {
    for (const plan::Entry& entry : gate->entries) {
      for (const std::uint16_t condition : entry.conditions) {
        if (entry.rule) asking[condition].insert(*entry.rule);
      }
    }
  }
  for (std::size_t i = 0; i < asking.size(); ++i) {
    if (!asking[i].empty()) out.conditions[i] = place((*policy)[*asking[i].begin()].span);
  }
  for (const std::uint8_t protocol : {model::protocol::tcp, model::protocol::udp, model::protocol::sctp,
                                      model::protocol::icmp, model::protocol::icmp6}) {
    const auto rule =
        std::ranges::find_if(policy->rules, [&](const model::Rule& each) { return tells_apart(each.ports, protocol); });
    if (rule != policy->rules.end()) out.protocols.emplace(protocol, place(rule->span));
  }
  return out;
}

}  // namespace weft::codegen
