#include "verifier/region.h"

#include <algorithm>

namespace weft::verifier {

using model::PeerKind;

namespace {

IndexSet all_classes(const Universe& universe, std::uint32_t key) {
  return IndexSet::below(universe.keys()[key].classes());
}

// The plainest end of a box.
EndValue end_in(const Universe& universe, const Box& box) {
  EndValue out;
  out.labels.assign(universe.keys().size(), 0);
  for (const PeerKind kind : {PeerKind::Workload, PeerKind::World, PeerKind::Node}) {
    out.kind = kind;
    if ((box.kinds & kind_bit(kind)) != 0) break;
  }
  for (const auto& [key, classes] : box.labels) {
    const PeerKind bearer = universe.keys()[key].of_node() ? PeerKind::Node : PeerKind::Workload;
    if (out.kind == bearer) out.labels[key] = classes.lowest();
  }
  if (const auto* listed = universe.ns() ? universe.namespace_of(out.labels[*universe.ns()]) : nullptr) {
    for (const auto& [key, value] : listed->labels) out.labels[key] = value;
  }
  out.apiserver = (box.apiserver & 0b01) == 0;
  return out;
}

// Two values, equal or different as the relation asks, within what the boxes leave.
void relate(const Universe& universe, const Region& region, const model::Relation& relation, Valuation& flow) {
  const std::uint32_t left = universe.key(relation.source);
  const std::uint32_t right = universe.key(relation.destination);
  const auto candidates = [&](const Box& box, std::uint32_t key) {
    const IndexSet* known = classes_in(box, key);
    const IndexSet classes = known ? *known : all_classes(universe, key);
    std::vector<std::uint32_t> out;
    for (const auto& [first, last] : classes.intervals()) {
      for (std::uint32_t value = std::max(first, 1U); value <= last && out.size() < 64; ++value) out.push_back(value);
    }
    return out;
  };
  const std::vector<std::uint32_t> destinations = candidates(region.destination, right);
  for (const std::uint32_t source : candidates(region.source, left)) {
    for (const std::uint32_t destination : destinations) {
      const bool same = universe.keys()[left].values[source - 1] == universe.keys()[right].values[destination - 1];
      if (same != relation.equal) continue;
      flow.source.labels[left] = source;
      flow.destination.labels[right] = destination;
      return;
    }
  }
}

// Addresses of one family for both ends, and not one that is a single peer for both.
bool put_addresses(const Universe& universe, const Region& region, Valuation& flow) {
  const IndexSet v4 = IndexSet::below(universe.first_v6());
  const IndexSet v6 = v4.complement(universe.address_count());
  for (const auto& [family, example] : {std::pair{v4, universe.example_address(model::Family::V4)},
                                        {v6, universe.example_address(model::Family::V6)}}) {
    const IndexSet sources = region.source.addresses.common_with(family);
    const IndexSet destinations = region.destination.addresses.common_with(family);
    if (sources.empty() || destinations.empty()) continue;
    const auto pick = [&](const IndexSet& set, const IndexSet& other) {
      if (set.contains(example)) return example;
      const IndexSet apart = set.common_with(other.complement(universe.address_count()));
      return apart.empty() ? set.lowest() : apart.lowest();
    };
    flow.source.address = pick(sources, destinations);
    flow.destination.address = pick(destinations, sources);
    if (flow.source.address != flow.destination.address || !universe.single_addresses().contains(flow.source.address)) {
      return true;
    }
  }
  return false;
}

}  // namespace

std::vector<Region> regions_of(const RuleCover& cover) {
  std::vector<Region> out;
  if (cover.services.empty()) return out;
  for (const Box& source : cover.source.boxes()) {
    for (const Box& destination : cover.destination.boxes()) out.push_back({source, destination, cover.services});
  }
  return out;
}

std::optional<Valuation> flow_in(const Universe& universe, const Region& region,
                                 const std::vector<model::Relation>& relations, const model::PortSet* ports) {
  if (region.empty()) return {};
  Valuation out = universe.blank();
  out.source = end_in(universe, region.source);
  out.destination = end_in(universe, region.destination);
  for (const model::Relation& relation : relations) relate(universe, region, relation, out);
  out.service = region.services.lowest();
  if (ports != nullptr) {
    const IndexSet points = universe.services(ports->points).common_with(region.services);
    if (!points.empty()) out.service = points.lowest();
    for (const model::PortName& name : ports->names) {
      if (!points.empty()) break;
      const IndexSet there = universe.services_of_protocol(name.protocol).common_with(region.services);
      if (there.empty()) continue;
      out.service = there.lowest();
      out.declares[universe.name(name)] = true;
      break;
    }
  }
  if (universe.uses_addresses() && !put_addresses(universe, region, out)) return {};
  if (!universe.legal(out)) return {};
  return out;
}

}  // namespace weft::verifier
