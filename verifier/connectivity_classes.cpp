#include "verifier/connectivity_classes.h"

#include <algorithm>
#include <map>
#include <set>
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

  void split(const BitSet& set) {
    if (const std::size_t count = set.count(); 2 * count > set.size()) {
      BitSet others = set;
      others.invert();
      split(list_of(others));
    } else {
      split(list_of(set));
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
  Splitter(const model::Policy& policy, const plan::Vocabulary& vocabulary, const ClosedEnds& ends)
      : policy_(policy),
        vocabulary_(vocabulary),
        ends_(ends),
        all_(numbers(ends.kinds().size())),
        selection_(ends, all_),
        partition_(ends.kinds().size()),
        gated_(ends.kinds().size()) {}

  void run(const std::vector<bool>& in_force) {
    split_by_kind_of_peer();
    for (const model::Selector* selector : vocabulary_.selectors) partition_.split(selection_.matching(*selector));
    for (std::size_t r = 0; r < policy_.rules.size(); ++r) {
      if (!in_force[r]) continue;
      const model::Rule& rule = policy_.rules[r];
      for (const model::Relation& relation : rule.relations) {
        split_by_value(vocabulary_.rule_source[r], relation.source);
        split_by_value(vocabulary_.rule_destination[r], relation.destination);
      }
      if (!rule.ports.names.empty()) split_by_ports(vocabulary_.rule_destination[r], rule.ports);
    }
  }

  std::uint32_t block_of(std::uint32_t kind) const { return partition_.block_of(kind); }
  bool gated(std::uint32_t kind) const { return gated_.test(kind); }

 private:
  static std::vector<std::uint32_t> numbers(std::size_t size) {
    std::vector<std::uint32_t> out(size);
    for (std::uint32_t i = 0; i < size; ++i) out[i] = i;
    return out;
  }

  void split_by_kind_of_peer() {
    const BitSet workloads = selection_.matching(model::Selector::workload());
    const BitSet nodes = selection_.matching(model::Selector::node());
    partition_.split(workloads);
    partition_.split(nodes);
    BitSet guarded(ends_.kinds().size());
    for (const model::Guard& guard : policy_.guards) guarded |= selection_.matching(guard.nodes);
    if (policy_.profile.node_gates) guarded |= nodes;
    guarded &= nodes;
    partition_.split(guarded);
    gated_ = guarded;
    gated_ |= workloads;
  }

  // Values count only where a rule that compares them speaks.
  void split_by_value(std::uint32_t selector, const model::LabelKey& key) {
    const std::uint32_t column = ends_.position(key);
    if (!compared_.emplace(selector, column).second) return;
    std::map<std::uint32_t, std::vector<std::uint32_t>> by_value;
    selection_.matching(*vocabulary_.selectors[selector]).each([&](std::uint32_t kind) {
      if (const std::uint32_t value = ends_.value(kind, column)) by_value[value].push_back(kind);
    });
    for (const auto& [value, kinds] : by_value) partition_.split(kinds);
  }

  void split_by_ports(std::uint32_t selector, const model::PortSet& ports) {
    if (!named_.emplace(selector, ports.names).second) return;
    std::map<model::PointSet, std::vector<std::uint32_t>> by_meaning;
    std::map<std::uint32_t, model::PointSet> meanings;
    selection_.matching(*vocabulary_.selectors[selector]).each([&](std::uint32_t kind) {
      const std::uint32_t list = ends_.kinds()[kind].ports;
      const auto [meaning, fresh] = meanings.try_emplace(list);
      if (fresh) meaning->second = resolved({{}, ports.names}, ends_.port_lists()[list]);
      by_meaning[meaning->second].push_back(kind);
    });
    for (const auto& [meaning, kinds] : by_meaning) partition_.split(kinds);
  }

  const model::Policy& policy_;
  const plan::Vocabulary& vocabulary_;
  const ClosedEnds& ends_;
  std::vector<std::uint32_t> all_;
  Selection selection_;
  Partition partition_;
  BitSet gated_;
  std::set<std::pair<std::uint32_t, std::uint32_t>> compared_;
  std::set<std::pair<std::uint32_t, std::vector<model::PortName>>> named_;
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

ClosedClasses closed_classes(const model::Policy& policy, const model::Inventory& inventory,
                             const plan::Vocabulary& vocabulary, const ClosedEnds& ends,
                             const std::vector<bool>& in_force) {
  Splitter splitter(policy, vocabulary, ends);
  splitter.run(in_force);

  ClosedClasses out;
  Numbering numbering(out, ends, splitter);
  add_instances(out, inventory, ends, splitter, numbering);
  add_world(out, ends, splitter, numbering);

  const Selection selection(ends, out.kind_of);
  for (const model::Selector* selector : vocabulary.selectors) {
    out.selected.emplace_back(selection.matching(*selector));
  }
  return out;
}

}  // namespace weft::verifier
