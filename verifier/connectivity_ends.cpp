#include "verifier/connectivity_ends.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace weft::verifier {

ClosedEnds::ClosedEnds(const model::Inventory& inventory, const std::vector<model::PortName>& port_names,
                       std::vector<model::LabelKey> keys, std::vector<model::AddressRange> ranges)
    : keys_(std::move(keys)), ranges_(std::move(ranges)) {
  of_instance_.resize(inventory.instances.size());
  for (std::size_t i = 0; i < inventory.instances.size(); ++i) {
    const model::Instance& instance = inventory.instances[i];
    if (instance.host) continue;  // it is its node, which has ends of its own
    const std::vector<std::uint32_t> values = values_of(instance.peer.labels);
    const std::uint32_t ports = ports_of(instance.peer, port_names);
    for (const model::Address& address : instance.addresses) {
      const std::uint32_t kind = kind_of({&instance.peer, address}, range_of(address), ports, values);
      of_instance_[i].push_back({kind, address.family == model::Family::V4, address.family == model::Family::V6});
    }
    // A question that names no address goes with both families.
    if (instance.addresses.empty()) {
      of_instance_[i].push_back({kind_of({&instance.peer, {}}, nothing, ports, values), true, true});
    }
  }
  add_world(inventory);
}

void ClosedEnds::add_world(const model::Inventory& inventory) {
  std::vector<std::vector<model::Address>> owned(ranges_.size());
  for (const model::Instance& instance : inventory.instances) {
    for (const model::Address& address : instance.addresses) owned[range_of(address)].push_back(address);
  }
  const std::vector<std::uint32_t> values = values_of(inventory.world.labels);
  const std::uint32_t ports = 0;  // nobody resolves a named port in the world
  for (std::uint32_t r = 0; r < ranges_.size(); ++r) {
    // The lowest address that nobody owns.
    std::optional<model::Address> free = ranges_[r].first;
    std::ranges::sort(owned[r]);
    for (const model::Address& address : owned[r]) {
      if (!free || address > *free) break;
      if (address == *free) free = *free == ranges_[r].last ? std::nullopt : model::next(*free);
    }
    world_.push_back(free ? kind_of({&inventory.world, *free}, r, ports, values) : nothing);
  }
}

std::uint32_t ClosedEnds::position(const model::LabelKey& key) const {
  const auto found = std::ranges::lower_bound(keys_, key);
  WEFT_ASSERT(found != keys_.end() && *found == key, "the key is one of those in use");
  return static_cast<std::uint32_t>(found - keys_.begin());
}

std::optional<std::uint32_t> ClosedEnds::number_of(std::string_view text) const {
  const auto found = numbers_.find(text);
  return found == numbers_.end() ? std::nullopt : std::optional(found->second);
}

std::uint32_t ClosedEnds::range_of(const model::Address& address) const {
  const auto after =
      std::upper_bound(ranges_.begin(), ranges_.end(), address,
                       [](const model::Address& a, const model::AddressRange& range) { return a < range.first; });
  WEFT_ASSERT(after != ranges_.begin(), "the elementary ranges cover every address");
  return static_cast<std::uint32_t>(std::prev(after) - ranges_.begin());
}

// Labels and keys are both sorted: one walk through both.
std::vector<std::uint32_t> ClosedEnds::values_of(const model::Labels& labels) {
  std::vector<std::uint32_t> out(keys_.size());
  auto label = labels.begin();
  for (std::size_t k = 0; k < keys_.size() && label != labels.end();) {
    const auto order = keys_[k] <=> label->first;
    if (order < 0) {
      ++k;
    } else if (order > 0) {
      ++label;
    } else {
      const auto [found, fresh] = numbers_.emplace(label->second, static_cast<std::uint32_t>(texts_.size()));
      if (fresh) texts_.push_back(label->second);
      out[k] = found->second;
      ++k;
      ++label;
    }
  }
  return out;
}

std::uint32_t ClosedEnds::ports_of(const model::Peer& peer, const std::vector<model::PortName>& in_use) {
  std::vector<model::NamedPort> ports;
  for (const model::NamedPort& port : peer.ports) {
    if (std::ranges::binary_search(in_use, model::PortName{port.protocol, port.name})) ports.push_back(port);
  }
  std::ranges::sort(ports);
  const auto [found, fresh] = port_numbers_.emplace(ports, static_cast<std::uint32_t>(port_lists_.size()));
  if (fresh) port_lists_.push_back(std::move(ports));
  return found->second;
}

std::uint32_t ClosedEnds::kind_of(const model::End& end, std::uint32_t range, std::uint32_t ports,
                                  const std::vector<std::uint32_t>& values) {
  const bool apiserver = end.address && end.peer->apiserver.contains(*end.address);
  std::uint64_t hash = 0x9E37'79B9'7F4A'7C15;
  const auto mix = [&](std::uint64_t number) {
    hash ^= number + 0x9E37'79B9'7F4A'7C15 + (hash << 12) + (hash >> 4);
    hash *= 0xBF58'476D'1CE4'E5B9;
    hash ^= hash >> 31;
  };
  mix(static_cast<std::uint64_t>(end.peer->kind));
  mix(range);
  mix(apiserver ? 1 : 0);
  mix(ports);
  for (const std::uint32_t value : values) mix(value);

  const auto [first, last] = by_hash_.equal_range(hash);
  for (auto at = first; at != last; ++at) {
    const ClosedKind& kind = kinds_[at->second];
    if (kind.kind == end.peer->kind && kind.range == range && kind.apiserver == apiserver && kind.ports == ports &&
        std::equal(values.begin(), values.end(),
                   values_.begin() + static_cast<std::ptrdiff_t>(at->second * keys_.size()))) {
      return at->second;
    }
  }
  const auto number = static_cast<std::uint32_t>(kinds_.size());
  kinds_.push_back({end.peer->kind, range, apiserver, ports, end});
  values_.insert(values_.end(), values.begin(), values.end());
  by_hash_.emplace(hash, number);
  return number;
}

Selection::Selection(const ClosedEnds& ends)
    : ends_(ends),
      postings_(ends.keys().size()),
      workloads_(ends.kinds().size()),
      nodes_(ends.kinds().size()),
      world_(ends.kinds().size()),
      apiserver_(ends.kinds().size()) {
  for (std::uint32_t at = 0; at < ends.kinds().size(); ++at) {
    const ClosedKind& kind = ends.kinds()[at];
    (kind.kind == model::PeerKind::Workload ? workloads_
     : kind.kind == model::PeerKind::Node   ? nodes_
                                            : world_)
        .set(at);
    if (kind.apiserver) apiserver_.set(at);
    if (kind.range != nothing) by_range_.push_back({kind.range, at});
    for (std::uint32_t key = 0; key < ends.keys().size(); ++key) {
      // A label comparison is about the peers that carry such labels.
      const bool of_node = ends.keys()[key].scope == model::KeyScope::Node;
      if (kind.kind != (of_node ? model::PeerKind::Node : model::PeerKind::Workload)) continue;
      if (const std::uint32_t value = ends.value(at, key)) postings_[key].push_back({value, at});
    }
  }
  for (std::vector<Posting>& of_key : postings_) std::ranges::sort(of_key);
  std::ranges::sort(by_range_);
}

void Selection::add_values(BitSet& out, const model::LabelKey& key, std::uint32_t value) const {
  for (const Posting& posting : std::ranges::equal_range(postings_[ends_.position(key)], value, {}, &Posting::value)) {
    out.set(posting.kind);
  }
}

BitSet Selection::matching(const model::Selector& selector) const {
  using Kind = model::Selector::Kind;
  switch (selector.kind) {
    case Kind::None:
      return BitSet(ends_.kinds().size());
    case Kind::Any:
      return BitSet(ends_.kinds().size(), true);
    case Kind::Workload:
      return workloads_;
    case Kind::Node:
      return nodes_;
    case Kind::World:
      return world_;
    case Kind::Apiserver:
      return apiserver_;
    case Kind::OneOf: {
      BitSet out(ends_.kinds().size());
      for (const std::string& text : selector.values) {
        if (const auto value = ends_.number_of(text)) add_values(out, selector.key, *value);
      }
      return out;
    }
    case Kind::Has: {
      BitSet out(ends_.kinds().size());
      for (const Posting& posting : postings_[ends_.position(selector.key)]) out.set(posting.kind);
      return out;
    }
    case Kind::Glob: {
      BitSet out(ends_.kinds().size());
      std::uint32_t last = 0;  // postings of one value stand together: it is matched once
      bool fits = false;
      for (const Posting& posting : postings_[ends_.position(selector.key)]) {
        if (posting.value != last) fits = model::glob_matches(selector.values[0], ends_.text_of(posting.value));
        last = posting.value;
        if (fits) out.set(posting.kind);
      }
      return out;
    }
    case Kind::Address: {
      // Networks of the policy begin and end where elementary ranges do.
      BitSet out(ends_.kinds().size());
      for (const model::AddressRange& range : selector.addresses.ranges()) {
        auto at = std::ranges::lower_bound(by_range_, ends_.range_of(range.first), {}, &Posting::value);
        for (const std::uint32_t last = ends_.range_of(range.last); at != by_range_.end() && at->value <= last; ++at) {
          out.set(at->kind);
        }
      }
      return out;
    }
    case Kind::Not: {
      BitSet out = matching(selector.operands[0]);
      out.invert();
      return out;
    }
    case Kind::And: {
      if (selector.operands.empty()) return BitSet(ends_.kinds().size(), true);
      BitSet out = matching(selector.operands[0]);
      for (std::size_t i = 1; i < selector.operands.size(); ++i) out &= matching(selector.operands[i]);
      return out;
    }
    case Kind::Or: {
      BitSet out(ends_.kinds().size());
      for (const model::Selector& operand : selector.operands) out |= matching(operand);
      return out;
    }
  }
  std::unreachable();
}

}  // namespace weft::verifier
