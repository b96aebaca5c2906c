#include "verifier/closed_misspelt.h"

#include <algorithm>
#include <set>

#include "base/text.h"

namespace weft::verifier {

using model::Selector;

namespace {

// Each may look at everybody, and an editor asks anew after every key.
constexpr std::size_t max_selectors = 25;
// Beyond so many values, finding the nearest costs more than it helps.
constexpr std::size_t max_values = 5'000;

Selector with(const Selector& selector, const Misspelt& misspelt) {
  Selector out = selector;
  if (out.kind == Selector::Kind::OneOf && out.key == misspelt.key) {
    std::ranges::replace(out.values, misspelt.written, misspelt.meant);
    std::ranges::sort(out.values);
    const auto rest = std::ranges::unique(out.values);
    out.values.erase(rest.begin(), rest.end());
  }
  for (Selector& operand : out.operands) operand = with(operand, misspelt);
  return out;
}

}  // namespace

std::optional<Misspelt> Misspellings::in(const Selector& selector) {
  if (asked_ == max_selectors) return {};
  std::vector<Misspelt> found;
  look_at(selector, found);
  if (found.size() != 1) return {};
  ++asked_;
  if (!matches_somebody(with(selector, found[0]))) return {};
  return found[0];
}

const std::vector<std::string>& Misspellings::values(const model::LabelKey& key) {
  const auto [known, fresh] = values_.try_emplace(key);
  if (!fresh) return known->second;
  std::set<std::string> all;
  for (const model::Instance& instance : inventory_.instances) {
    const auto label = instance.peer.labels.find(key);
    if (!instance.host && label != instance.peer.labels.end()) all.insert(label->second);
  }
  known->second.assign(all.begin(), all.end());
  return known->second;
}

void Misspellings::look_at(const Selector& selector, std::vector<Misspelt>& out) {
  if (selector.kind == Selector::Kind::Not) return;
  for (const Selector& operand : selector.operands) look_at(operand, out);
  if (selector.kind != Selector::Kind::OneOf) return;
  const std::vector<std::string>& known = values(selector.key);
  if (known.size() > max_values) return;
  const auto domain = policy_.schema.find(selector.key);
  for (const std::string& value : selector.values) {
    if (std::ranges::binary_search(known, value)) continue;
    const std::string near = nearest(value, known);
    if (near.empty()) continue;
    const bool declared = domain == policy_.schema.end() || !domain->second.values ||
                          std::ranges::find(*domain->second.values, near) != domain->second.values->end();
    Misspelt found{selector.key, value, near};
    if (declared && std::ranges::find(out, found) == out.end()) out.push_back(std::move(found));
  }
}

bool Misspellings::matches_somebody(const Selector& selector) const {
  return std::ranges::any_of(inventory_.instances, [&](const model::Instance& instance) {
    if (instance.host) return false;
    if (instance.addresses.empty()) return model::matches(selector, {&instance.peer, {}});
    return std::ranges::any_of(instance.addresses, [&](const model::Address& address) {
      return model::matches(selector, {&instance.peer, address});
    });
  });
}

}  // namespace weft::verifier
