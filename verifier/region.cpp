#include "verifier/region.h"

#include <algorithm>

namespace weft::verifier {

using model::PeerKind;

namespace {

const IndexSet* find(const Box& box, std::uint32_t key) {
  const auto found = std::ranges::lower_bound(box.labels, key, {}, &std::pair<std::uint32_t, IndexSet>::first);
  return found != box.labels.end() && found->first == key ? &found->second : nullptr;
}

IndexSet without(const IndexSet& set, const IndexSet& removed, std::uint32_t size) {
  return set.common_with(removed.complement(size));
}

bool subset(const IndexSet& narrow, const IndexSet& wide) { return narrow.common_with(wide) == narrow; }

IndexSet all_classes(const Universe& universe, std::uint32_t key) {
  return IndexSet::below(universe.keys()[key].classes());
}

bool contains(const Universe& universe, const Box& wide, const Box& narrow) {
  if ((narrow.kinds & ~wide.kinds) != 0 || (narrow.apiserver & ~wide.apiserver) != 0) return false;
  if (!subset(narrow.addresses, wide.addresses)) return false;
  return std::ranges::all_of(wide.labels, [&](const auto& label) {
    const IndexSet* of_narrow = find(narrow, label.first);
    return subset(of_narrow ? *of_narrow : all_classes(universe, label.first), label.second);
  });
}

bool intersect(const Box& a, const Box& b) {
  if ((a.kinds & b.kinds) == 0 || (a.apiserver & b.apiserver) == 0) return false;
  for (const auto& [key, classes] : a.labels) {
    const IndexSet* of_b = find(b, key);
    if (of_b && !of_b->intersects(classes)) return false;
  }
  return a.addresses.intersects(b.addresses);
}

bool intersect(const Region& a, const Region& b) {
  return a.services.intersects(b.services) && intersect(a.source, b.source) && intersect(a.destination, b.destination);
}

/// The search of `escapes`: out of one taken region after the other, each in every way there is.
class Escape {
 public:
  Escape(const Universe& universe, std::vector<const Region*> taken, std::size_t effort,
         const std::function<bool(const Region&)>& accept)
      : universe_(universe), taken_(std::move(taken)), effort_(effort), accept_(accept) {}

  bool search(const Region& region, std::size_t from) {
    while (from < taken_.size() && !intersect(region, *taken_[from])) ++from;
    if (effort_ == 0) return false;
    --effort_;
    if (from == taken_.size()) return accept_(region);
    const Region& other = *taken_[from];
    const auto next = [&](Region left) {
      settle(universe_, left.source);
      settle(universe_, left.destination);
      return !left.empty() && search(left, from + 1);
    };
    for (Box Region::* end : {&Region::source, &Region::destination}) {
      for (const auto& [key, classes] : (other.*end).labels) {
        const IndexSet* have = find(region.*end, key);
        const std::uint32_t size = universe_.keys()[key].classes();
        IndexSet rest = without(have ? *have : IndexSet::below(size), classes, size);
        if (rest.empty()) continue;
        Region left = region;
        put(left.*end, key, std::move(rest));
        if (next(std::move(left))) return true;
      }
    }
    if (IndexSet rest = without(region.services, other.services,
                                static_cast<std::uint32_t>(universe_.services().size()));
        !rest.empty()) {
      Region left = region;
      left.services = std::move(rest);
      if (next(std::move(left))) return true;
    }
    for (Box Region::* end : {&Region::source, &Region::destination}) {
      const Box& box = region.*end;
      const Box& out = other.*end;
      if (const auto kinds = static_cast<std::uint8_t>(box.kinds & ~out.kinds); kinds != 0) {
        Region left = region;
        (left.*end).kinds = kinds;
        if (next(std::move(left))) return true;
      }
      if (IndexSet rest = without(box.addresses, out.addresses, universe_.address_count()); !rest.empty()) {
        Region left = region;
        (left.*end).addresses = std::move(rest);
        if (next(std::move(left))) return true;
      }
      if (const auto apiserver = static_cast<std::uint8_t>(box.apiserver & ~out.apiserver); apiserver != 0) {
        Region left = region;
        (left.*end).apiserver = apiserver;
        if (next(std::move(left))) return true;
      }
    }
    return false;
  }

 private:
  static void put(Box& box, std::uint32_t key, IndexSet classes) {
    const auto at = std::ranges::lower_bound(box.labels, key, {}, &std::pair<std::uint32_t, IndexSet>::first);
    if (at != box.labels.end() && at->first == key) {
      at->second = std::move(classes);
    } else {
      box.labels.emplace(at, key, std::move(classes));
    }
  }

  const Universe& universe_;
  std::vector<const Region*> taken_;
  std::size_t effort_;
  const std::function<bool(const Region&)>& accept_;
};

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
  if (universe.ns()) {
    for (const Universe::Namespace& listed : universe.namespaces()) {
      if (out.labels[*universe.ns()] != listed.value) continue;
      for (const auto& [key, value] : listed.labels) out.labels[key] = value;
    }
  }
  out.apiserver = (box.apiserver & 0b01) == 0;
  return out;
}

// Two values, equal or different as the relation asks, within what the boxes leave.
void relate(const Universe& universe, const Region& region, const model::Relation& relation, Valuation& flow) {
  const std::uint32_t left = universe.key(relation.source);
  const std::uint32_t right = universe.key(relation.destination);
  const auto candidates = [&](const Box& box, std::uint32_t key) {
    const IndexSet* known = find(box, key);
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
  for (const auto& [family, example] :
       {std::pair{v4, universe.example_address(model::Family::V4)}, {v6, universe.example_address(model::Family::V6)}}) {
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
    if (flow.source.address != flow.destination.address ||
        !universe.single_addresses().contains(flow.source.address)) {
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

bool lies_in_one_of(const Universe& universe, const Region& region, const std::vector<Region>& others) {
  return std::ranges::any_of(others, [&](const Region& other) {
    return subset(region.services, other.services) && contains(universe, other.source, region.source) &&
           contains(universe, other.destination, region.destination);
  });
}

bool escapes(const Universe& universe, const Region& region, const std::vector<std::vector<Region>>& taken,
             std::size_t effort, const std::function<bool(const Region&)>& accept) {
  std::vector<const Region*> all;
  for (const std::vector<Region>& each : taken) {
    for (const Region& other : each) all.push_back(&other);
  }
  return !region.empty() && Escape(universe, std::move(all), effort, accept).search(region, 0);
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
