#include "plan/vocabulary.h"

#include <algorithm>
#include <string>
#include <unordered_map>

namespace weft::plan {
namespace {

class Collector {
 public:
  explicit Collector(Vocabulary& out) : out_(out) {}

  std::uint32_t selector(const model::Selector& selector) {
    // Printing is exact, so equal text means equal meaning; it spares an ordering on trees.
    const auto [found, fresh] =
        numbers_.emplace(model::to_string(selector), static_cast<std::uint32_t>(out_.selectors.size()));
    if (fresh) {
      out_.selectors.push_back(&selector);
      leaves(selector);
    }
    return found->second;
  }

  void finish() {
    out_.keys.assign(keys_.begin(), keys_.end());
    out_.port_names.assign(names_.begin(), names_.end());
  }

  void names(const model::PortSet& ports) { names_.insert(ports.names.begin(), ports.names.end()); }

 private:
  void leaves(const model::Selector& selector) {
    using Kind = model::Selector::Kind;
    if (selector.kind == Kind::OneOf || selector.kind == Kind::Has || selector.kind == Kind::Glob) {
      keys_.insert(selector.key);
    }
    if (selector.kind == Kind::Address) out_.networks.push_back(&selector.addresses);
    if (selector.kind == Kind::Apiserver) out_.uses_apiserver = true;
    for (const model::Selector& operand : selector.operands) leaves(operand);
  }

  Vocabulary& out_;
  std::unordered_map<std::string, std::uint32_t> numbers_;
  std::set<model::LabelKey> keys_;
  std::set<model::PortName> names_;
};

}  // namespace

Vocabulary vocabulary_of(const model::Policy& policy, const std::function<bool(const model::Rule&)>& speaks) {
  Vocabulary out;
  Collector collect(out);
  for (const model::Rule& rule : policy.rules) {
    if (speaks && !speaks(rule)) {
      out.rule_source.push_back(not_used);
      out.rule_destination.push_back(not_used);
      continue;
    }
    out.rule_source.push_back(collect.selector(rule.source));
    out.rule_destination.push_back(collect.selector(rule.destination));
    collect.names(rule.ports);
  }
  for (const model::Isolation& isolation : policy.isolations) {
    out.isolation_subject.push_back(collect.selector(isolation.subject));
  }
  for (const model::Guard& guard : policy.guards) out.guard_nodes.push_back(collect.selector(guard.nodes));
  collect.finish();
  return out;
}

std::vector<model::AddressRange> elementary_ranges(const Vocabulary& vocabulary, const model::Inventory& inventory) {
  // Every place where a network begins, and the place after each end.
  std::set<model::Address> starts{model::lowest(model::Family::V4), model::lowest(model::Family::V6)};
  const auto cut = [&](const model::AddressSet& set) {
    for (const model::AddressRange& range : set.ranges()) {
      starts.insert(range.first);
      if (const auto after = model::next(range.last)) starts.insert(*after);
    }
  };
  for (const model::AddressSet* network : vocabulary.networks) cut(*network);
  if (vocabulary.uses_apiserver) cut(inventory.apiserver);

  std::vector<model::AddressRange> out;
  for (auto at = starts.begin(); at != starts.end(); ++at) {
    const auto after = std::next(at);
    const bool ends_family = after == starts.end() || after->family != at->family;
    out.push_back({*at, ends_family ? model::highest(at->family) : *model::previous(*after)});
  }
  return out;
}

}  // namespace weft::plan
