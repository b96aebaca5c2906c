#include "verifier/closed.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "model/satisfiable.h"
#include "verifier/closed_compare.h"
#include "verifier/closed_misspelt.h"
#include "verifier/closed_names.h"
#include "verifier/connectivity.h"

namespace weft::verifier {

using model::PeerKind;
using model::Selector;

namespace {

// Of an assertion held against the inventory: a moment's work in the largest of them.
constexpr std::size_t max_compared_rows = 2'000;

// ---- selectors that match nobody

bool is_network(const Selector& selector) {
  if (selector.kind == Selector::Kind::Address) return true;
  return std::ranges::any_of(selector.operands, is_network);
}

class Nobody {
 public:
  Nobody(const model::Policy& policy, const model::Inventory& inventory, const Connectivity& connectivity,
         model::Moment now)
      : policy_(policy), inventory_(inventory), connectivity_(connectivity), now_(now), misspellings_(policy, inventory) {}

  std::vector<NobodySelected> find() {
    for (const model::Group& group : policy_.groups) look_at(group);
    for (std::uint32_t i = 0; i < policy_.rules.size(); ++i) {
      const model::Rule& rule = policy_.rules[i];
      if (rule.audit || (rule.expires && *rule.expires <= now_)) continue;  // the classes know nothing of them
      if (!connectivity_.has_sources(model::RuleId{i})) look_at(rule.source, rule.span);
      if (!connectivity_.has_destinations(model::RuleId{i})) look_at(rule.destination, rule.span);
    }
    for (std::uint32_t i = 0; i < policy_.isolations.size(); ++i) {
      const model::Isolation& isolation = policy_.isolations[i];
      if (!connectivity_.has_subjects(model::IsolationId{i})) look_at(isolation.subject, isolation.span);
    }
    return std::move(out_);
  }

 private:
  // No class was made for a group, so its members are looked for.
  void look_at(const model::Group& group) {
    if (is_network(group.selector)) return;
    const std::string text = model::to_string(group.selector);
    if (seen_.contains(text)) return;
    const bool somebody = std::ranges::any_of(inventory_.instances, [&](const model::Instance& instance) {
      return !instance.host && model::matches(group.selector, {&instance.peer, {}});
    });
    if (somebody || model::matches(group.selector, {&inventory_.world, {}})) return;
    if (!exists(group.selector)) return;
    seen_.emplace(text, out_.size());
    out_.push_back({group.name, true, group.span, 0, misspellings_.in(group.selector)});
  }

  // One that nobody matches.
  void look_at(const Selector& selector, Span span) {
    if (selector.kind == Selector::Kind::None) return;  // says so itself
    const std::string text = model::to_string(selector);
    const auto [known, fresh] = seen_.try_emplace(text, out_.size());
    if (!fresh) {
      if (known->second < out_.size() && out_[known->second].span != span) ++out_[known->second].further;
      return;
    }
    if (rests_on_group(selector) || !exists(selector)) {
      known->second = SIZE_MAX;
      return;
    }
    out_.push_back({text, false, span, 0, misspellings_.in(selector)});
  }

  // Some group that must match is said to match nobody.
  bool rests_on_group(const Selector& selector) const {
    if (selector.kind != Selector::Kind::And) return false;
    return std::ranges::any_of(selector.operands, [&](const Selector& operand) {
      const auto known = seen_.find(model::to_string(operand));
      return (known != seen_.end() && known->second != SIZE_MAX) || rests_on_group(operand);
    });
  }

  // What nobody could match in any inventory is told of as that.
  bool exists(const Selector& selector) const {
    return model::satisfiable(selector, policy_.schema).answer != model::Satisfiable::Answer::No;
  }

  const model::Policy& policy_;
  const model::Inventory& inventory_;
  const Connectivity& connectivity_;
  model::Moment now_;
  Misspellings misspellings_;
  std::map<std::string, std::size_t> seen_;  // position in `out_`, or none
  std::vector<NobodySelected> out_;
};

// ---- ranges in which somebody has an address

class Ranges {
 public:
  explicit Ranges(const model::Inventory& inventory) : inventory_(inventory) {
    for (std::uint32_t i = 0; i < inventory.instances.size(); ++i) {
      if (inventory.instances[i].host) continue;
      for (const model::Address& address : inventory.instances[i].addresses) owners_.emplace_back(address, i);
    }
    std::ranges::sort(owners_);
  }

  std::vector<RangeWithOwners> find(const model::Policy& policy) {
    for (const model::Rule& rule : policy.rules) {
      look_at(rule.source, rule.span);
      look_at(rule.destination, rule.span);
    }
    std::erase_if(out_, [](const RangeWithOwners& range) { return range.workloads + range.nodes == 0; });
    return std::move(out_);
  }

 private:
  static bool asks_for_world(const Selector& selector) {
    if (selector.kind == Selector::Kind::World) return true;
    return selector.kind == Selector::Kind::And && std::ranges::any_of(selector.operands, asks_for_world);
  }

  static bool asks_for_labels(const Selector& selector) {
    if (selector.kind == Selector::Kind::OneOf || selector.kind == Selector::Kind::Has ||
        selector.kind == Selector::Kind::Glob) {
      return true;
    }
    return std::ranges::any_of(selector.operands, asks_for_labels);
  }

  void look_at(const Selector& selector, Span span) { look_at(selector, span, nullptr); }

  // What is excepted matches nobody, so only parts that match are looked at. `all` is what has to match with the part.
  void look_at(const Selector& selector, Span span, const Selector* all) {
    if (selector.kind == Selector::Kind::And || selector.kind == Selector::Kind::Or) {
      const Selector* conjunction = all == nullptr && selector.kind == Selector::Kind::And ? &selector : all;
      for (const Selector& operand : selector.operands) look_at(operand, span, conjunction);
      return;
    }
    if (selector.kind != Selector::Kind::Address || holds_a_family(selector.addresses)) return;
    RangeWithOwners out;
    out.world_only = all != nullptr && asks_for_world(*all);
    out.with_labels = !out.world_only && all != nullptr && asks_for_labels(*all);
    out.range = out.with_labels
                    ? model::to_string(*all)
                    : model::to_string(out.world_only ? Selector::world_address(selector.addresses) : selector);
    out.span = span;
    const auto [known, fresh] = seen_.try_emplace(out.range, out_.size());
    if (!fresh) {
      if (out_[known->second].span != span) ++out_[known->second].further;
      return;
    }
    // Those of the world have no labels by which they could be told apart.
    const Selector* matching = out.world_only ? nullptr : all;
    std::set<std::uint32_t> counted;
    for (const model::AddressRange& range : selector.addresses.ranges()) {
      auto at = std::ranges::lower_bound(owners_, std::pair{range.first, std::uint32_t{0}});
      for (; at != owners_.end() && at->first <= range.last; ++at) {
        const model::Instance& owner = inventory_.instances[at->second];
        if (matching != nullptr && !model::matches(*matching, {&owner.peer, at->first})) continue;
        if (!counted.insert(at->second).second) continue;
        if (counted.size() == 1) {
          out.example = owner.name;
          out.example_address = at->first;
        }
        ++(owner.peer.kind == PeerKind::Workload ? out.workloads : out.nodes);
      }
    }
    out_.push_back(std::move(out));
  }

  // Who writes all addresses there are means everybody, or everybody outside.
  static bool holds_a_family(const model::AddressSet& set) {
    return std::ranges::any_of(set.ranges(), [](const model::AddressRange& range) {
      return range.first == model::lowest(range.first.family) && range.last == model::highest(range.first.family);
    });
  }

  const model::Inventory& inventory_;
  std::vector<std::pair<model::Address, std::uint32_t>> owners_;
  std::map<std::string, std::size_t> seen_;  // by what is said of it: position in `out_`
  std::vector<RangeWithOwners> out_;
};

}  // namespace

model::Policy with_assertions_told_apart(const model::Policy& policy) {
  model::Policy out = policy;
  if (policy.assertions.empty()) return out;
  const model::TierId tier{static_cast<std::uint32_t>(out.tiers.size())};
  const model::BlockId block{static_cast<std::uint32_t>(out.blocks.size())};
  out.tiers.push_back({"assertions", {}});
  model::PolicyBlock last;
  last.tier = tier;
  out.blocks.push_back(std::move(last));
  const auto add = [&](const Selector& source, const Selector& destination, const model::Assertion& assertion) {
    model::Rule rule;
    rule.verdict = model::Verdict::Pass;
    rule.source = source;
    rule.destination = destination;
    rule.ports = assertion.ports;
    rule.relations = assertion.relations;
    rule.tier = tier;
    rule.block = block;
    out.rules.push_back(std::move(rule));
  };
  for (const model::Assertion& assertion : policy.assertions) {
    add(assertion.source, assertion.destination, assertion);
    if (assertion.avoiding) add(*assertion.avoiding, *assertion.avoiding, assertion);
  }
  return out;
}

ClosedFindings find_closed(const model::Policy& policy, const model::Inventory& inventory,
                           const Connectivity& connectivity, model::Moment now,
                           std::vector<std::string>& internal_errors) {
  ClosedFindings out;
  out.nobody = Nobody(policy, inventory, connectivity, now).find();
  out.ranges = Ranges(inventory).find(policy);
  out.no_names = workloads_without_names(policy, inventory, connectivity, now, internal_errors);
  return out;
}

void look_in_inventory(const model::Policy& policy, const model::Inventory& inventory, InventoryMemory* memory,
                       Report& report) {
  if (inventory.instances.empty()) return;
  std::optional<model::Policy> told_apart;  // a copy only where there is something to tell apart
  if (!policy.assertions.empty()) told_apart = with_assertions_told_apart(policy);
  const Connectivity connectivity(told_apart ? *told_apart : policy, inventory, report.now, memory);
  report.closed = find_closed(policy, inventory, connectivity, report.now, report.internal_errors);
  compare_with_inventory(policy, inventory, connectivity, report.now, report.assertions, max_compared_rows,
                         report.internal_errors);
}

}  // namespace weft::verifier
