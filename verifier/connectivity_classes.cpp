#include "verifier/connectivity_classes.h"

#include <algorithm>
#include <map>
#include <span>
#include <tuple>
#include <utility>

namespace weft::verifier {

ClassSet::ClassSet(const BitSet& members) : count_(members.count()) {
  dense_ = count_ * 32 > members.size();
  if (dense_) {
    bits_ = members;
    return;
  }
  list_.reserve(count_);
  members.each([&](std::uint32_t number) { list_.push_back(number); });
}

bool ClassSet::test(std::uint32_t number) const {
  return dense_ ? bits_.test(number) : std::ranges::binary_search(list_, number);
}

model::PointSet resolved(const model::PortSet& ports, const std::vector<model::NamedPort>& declared) {
  model::PointSet out = ports.points;
  for (const model::NamedPort& port : declared) {
    if (std::ranges::find(ports.names, model::PortName{port.protocol, port.name}) != ports.names.end()) {
      out.add(model::PointSet::of_point(model::service_point(port.protocol, port.port)));
    }
  }
  return out;
}

namespace {

// Kinds that nothing so far tells apart, in blocks. Every split costs no more than the smaller side of the set.
class Partition {
 public:
  explicit Partition(std::size_t size) : block_(size), sizes_{static_cast<std::uint32_t>(size)} {}

  void split(const ClassSet& set) {
    if (const std::vector<std::uint32_t>* list = set.list()) {
      split(*list);
    } else if (2 * set.count() > block_.size()) {
      BitSet others = *set.dense();
      others.invert();
      split(list_of(others));
    } else {
      split(list_of(*set.dense()));
    }
  }

  void split(std::span<const std::uint32_t> members) {
    touched_.clear();
    inside_.resize(sizes_.size());
    for (const std::uint32_t member : members) {
      if (inside_[block_[member]]++ == 0) touched_.push_back(block_[member]);
    }
    moved_to_.resize(sizes_.size(), nothing);
    for (const std::uint32_t block : touched_) {
      if (inside_[block] < sizes_[block]) {
        moved_to_[block] = static_cast<std::uint32_t>(sizes_.size());
        sizes_.push_back(inside_[block]);
        sizes_[block] -= inside_[block];
      }
    }
    for (const std::uint32_t member : members) {
      if (moved_to_[block_[member]] != nothing) block_[member] = moved_to_[block_[member]];
    }
    for (const std::uint32_t block : touched_) {
      inside_[block] = 0;
      moved_to_[block] = nothing;
    }
  }

  std::uint32_t block_of(std::uint32_t kind) const { return block_[kind]; }

 private:
  std::span<const std::uint32_t> list_of(const BitSet& set) {
    list_.clear();
    set.each([&](std::uint32_t number) { list_.push_back(number); });
    return list_;
  }

  std::vector<std::uint32_t> block_;
  std::vector<std::uint32_t> sizes_;
  // Kept between calls: a policy splits thousands of times.
  std::vector<std::uint32_t> touched_, inside_, moved_to_, list_;
};

// What a policy can tell of kinds, as splits.
class Splitter {
 public:
  Splitter(const ClosedEnds& ends, std::span<const ClassSet* const> matching)
      : ends_(ends), matching_(matching), partition_(ends.kinds().size()), gated_(ends.kinds().size()) {}

  void run(const Distinctions& distinctions) {
    split_by_kind_of_peer(distinctions);
    for (const ClassSet* kinds : matching_) partition_.split(*kinds);
    for (const auto& [selector, key] : distinctions.compared) split_by_value(selector, key);
    for (const auto& [selector, names] : distinctions.named) split_by_ports(selector, names);
  }

  std::uint32_t block_of(std::uint32_t kind) const { return partition_.block_of(kind); }
  bool gated(std::uint32_t kind) const { return gated_.test(kind); }

 private:
  void split_by_kind_of_peer(const Distinctions& distinctions) {
    const std::size_t size = ends_.kinds().size();
    BitSet workloads(size), nodes(size), guarded(size, distinctions.node_gates);
    for (std::uint32_t kind = 0; kind < size; ++kind) {
      if (ends_.kinds()[kind].kind == model::PeerKind::Workload) workloads.set(kind);
      if (ends_.kinds()[kind].kind == model::PeerKind::Node) nodes.set(kind);
    }
    for (const std::uint32_t selector : distinctions.guarded) {
      matching_[selector]->each([&](std::uint32_t kind) { guarded.set(kind); });
    }
    guarded &= nodes;
    for (const BitSet* set : {&workloads, &nodes, &guarded}) partition_.split(ClassSet(*set));
    gated_ = guarded;
    gated_ |= workloads;
  }

  // Values count only where a rule that compares them speaks.
  void split_by_value(std::uint32_t selector, const model::LabelKey& key) {
    const std::uint32_t column = ends_.position(key);
    std::map<std::uint32_t, std::vector<std::uint32_t>> by_value;
    matching_[selector]->each([&](std::uint32_t kind) {
      if (const std::uint32_t value = ends_.value(kind, column)) by_value[value].push_back(kind);
    });
    for (const auto& [value, kinds] : by_value) partition_.split(kinds);
  }

  void split_by_ports(std::uint32_t selector, const std::vector<model::PortName>& names) {
    std::map<model::PointSet, std::vector<std::uint32_t>> by_meaning;
    std::map<std::uint32_t, model::PointSet> meanings;
    matching_[selector]->each([&](std::uint32_t kind) {
      const std::uint32_t list = ends_.kinds()[kind].ports;
      const auto [meaning, fresh] = meanings.try_emplace(list);
      if (fresh) meaning->second = resolved({{}, names}, ends_.port_lists()[list]);
      by_meaning[meaning->second].push_back(kind);
    });
    for (const auto& [meaning, kinds] : by_meaning) partition_.split(kinds);
  }

  const ClosedEnds& ends_;
  std::span<const ClassSet* const> matching_;
  Partition partition_;
  BitSet gated_;
};

// Numbers classes in the order in which somebody of them comes along.
class Numbering {
 public:
  Numbering(ClosedClasses& out, const ClosedEnds& ends, const Splitter& splitter)
      : out_(out), ends_(ends), splitter_(splitter) {}

  std::uint32_t class_of(std::uint32_t kind, bool v4, bool v6, const model::End& example) {
    const auto [found, fresh] =
        numbers_.emplace(std::tuple(splitter_.block_of(kind), v4, v6), static_cast<std::uint32_t>(out_.classes.size()));
    if (fresh) {
      const ClosedKind& like = ends_.kinds()[kind];
      out_.classes.push_back({like.kind, splitter_.gated(kind), v4, v6, {}, {}, example});
      out_.kind_of.push_back(kind);
    }
    return found->second;
  }

 private:
  ClosedClasses& out_;
  const ClosedEnds& ends_;
  const Splitter& splitter_;
  std::map<std::tuple<std::uint32_t, bool, bool>, std::uint32_t> numbers_;
};

struct Families {
  bool v4 = false, v6 = false;
};

void add_instances(ClosedClasses& out, const model::Inventory& inventory, const ClosedEnds& ends,
                   const Splitter& splitter, Numbering& numbering) {
  out.of_end.resize(inventory.instances.size());
  out.of_instance.resize(inventory.instances.size());
  for (std::uint32_t i = 0; i < inventory.instances.size(); ++i) {
    // All ends of an instance that are alike are one member, of the families of all of them.
    std::map<std::uint32_t, Families> alike;
    for (const ClosedEnds::InstanceEnd& end : ends.of_instance()[i]) {
      Families& families = alike[splitter.block_of(end.kind)];
      families.v4 = families.v4 || end.v4;
      families.v6 = families.v6 || end.v6;
    }
    std::vector<std::uint32_t>& mine = out.of_instance[i];
    const model::Instance& instance = inventory.instances[i];
    for (std::size_t e = 0; e < ends.of_instance()[i].size(); ++e) {
      const ClosedEnds::InstanceEnd& end = ends.of_instance()[i][e];
      const Families& families = alike[splitter.block_of(end.kind)];
      const model::End example{&instance.peer,
                               instance.addresses.empty() ? std::nullopt : std::optional(instance.addresses[e])};
      const std::uint32_t number = numbering.class_of(end.kind, families.v4, families.v6, example);
      out.of_end[i].push_back(number);
      if (std::ranges::find(mine, number) != mine.end()) continue;
      mine.push_back(number);
      out.classes[number].members.push_back(model::InstanceId{i});
    }
    std::ranges::sort(mine);
  }
  for (std::size_t i = 0; i < inventory.instances.size(); ++i) {
    const auto& host = inventory.instances[i].host;
    if (host) out.of_instance[i] = out.of_instance[static_cast<std::size_t>(*host)];
  }
}

void add_world(ClosedClasses& out, const ClosedEnds& ends, const Splitter& splitter, Numbering& numbering) {
  std::map<std::uint32_t, Families> alike;
  for (std::size_t r = 0; r < ends.ranges().size(); ++r) {
    if (ends.world()[r] == nothing) continue;
    Families& families = alike[splitter.block_of(ends.world()[r])];
    (ends.ranges()[r].first.family == model::Family::V4 ? families.v4 : families.v6) = true;
  }
  for (std::size_t r = 0; r < ends.ranges().size(); ++r) {
    const std::uint32_t kind = ends.world()[r];
    out.of_range.push_back(nothing);
    if (kind == nothing) continue;
    const Families& families = alike[splitter.block_of(kind)];
    const std::uint32_t number = numbering.class_of(kind, families.v4, families.v6, ends.kinds()[kind].example);
    out.of_range.back() = number;
    std::vector<model::AddressRange>& addresses = out.classes[number].addresses;
    const model::AddressRange& range = ends.ranges()[r];
    if (!addresses.empty() && model::next(addresses.back().last) == range.first) {
      addresses.back().last = range.last;
    } else {
      addresses.push_back(range);
    }
  }
}

}  // namespace

Distinctions distinctions_of(const model::Policy& policy, const plan::Vocabulary& vocabulary,
                             const std::vector<bool>& in_force) {
  Distinctions out;
  for (std::size_t r = 0; r < policy.rules.size(); ++r) {
    if (!in_force[r]) continue;
    const model::Rule& rule = policy.rules[r];
    for (const model::Relation& relation : rule.relations) {
      out.compared.emplace(vocabulary.rule_source[r], relation.source);
      out.compared.emplace(vocabulary.rule_destination[r], relation.destination);
    }
    if (!rule.ports.names.empty()) out.named.emplace(vocabulary.rule_destination[r], rule.ports.names);
  }
  out.guarded.insert(vocabulary.guard_nodes.begin(), vocabulary.guard_nodes.end());
  out.node_gates = policy.profile.node_gates;
  return out;
}

ClosedClasses closed_classes(const model::Inventory& inventory, const ClosedEnds& ends,
                             const Distinctions& distinctions, std::span<const ClassSet* const> matching) {
  Splitter splitter(ends, matching);
  splitter.run(distinctions);

  ClosedClasses out;
  Numbering numbering(out, ends, splitter);
  add_instances(out, inventory, ends, splitter, numbering);
  add_world(out, ends, splitter, numbering);

  // A selector matches a class where it matches the kind that stands for it; one kind may stand for several, by family.
  const std::size_t size = out.classes.size();
  std::vector<std::vector<std::uint32_t>> stands_for(ends.kinds().size());
  for (std::uint32_t c = 0; c < size; ++c) stands_for[out.kind_of[c]].push_back(c);
  out.selected.reserve(matching.size());
  BitSet members(size);
  for (const ClassSet* kinds : matching) {
    kinds->each([&](std::uint32_t kind) {
      for (const std::uint32_t c : stands_for[kind]) members.set(c);
    });
    out.selected.emplace_back(members);
    kinds->each([&](std::uint32_t kind) {
      for (const std::uint32_t c : stands_for[kind]) members.clear(c);
    });
  }
  return out;
}

}  // namespace weft::verifier
