#include "plan/candidates.h"

#include <algorithm>

namespace weft::plan {
namespace {

// The parts that have to hold of a label for the whole to hold.
void add_demands(const model::Selector& selector, std::vector<const model::Selector*>& out) {
  if (selector.kind == model::Selector::Kind::OneOf) out.push_back(&selector);
  if (selector.kind != model::Selector::Kind::And) return;
  for (const model::Selector& operand : selector.operands) add_demands(operand, out);
}

}  // namespace

Candidates::Candidates(const std::vector<const model::Selector*>& selectors) {
  std::vector<std::vector<const model::Selector*>> demands(selectors.size());
  std::map<model::LabelKey, std::unordered_map<std::string, std::uint32_t>> sharers;
  for (std::size_t i = 0; i < selectors.size(); ++i) {
    add_demands(*selectors[i], demands[i]);
    for (const model::Selector* demand : demands[i]) {
      for (const std::string& value : demand->values) ++sharers[demand->key][value];
    }
  }
  // Of several demands the one whose values fewest selectors share leaves most ends out.
  const auto shared = [&](const model::Selector* demand) {
    std::uint32_t out = 0;
    for (const std::string& value : demand->values) out += sharers.at(demand->key).at(value);
    return out;
  };
  for (std::uint32_t i = 0; i < selectors.size(); ++i) {
    if (demands[i].empty()) {
      of_any_.push_back(i);
      continue;
    }
    const model::Selector* chosen = *std::ranges::min_element(demands[i], {}, shared);
    for (const std::string& value : chosen->values) of_value_[chosen->key][value].push_back(i);
  }
}

}  // namespace weft::plan
