#include "verifier/class_selection.h"

namespace weft::verifier {

using model::Selector;

const std::map<std::string, BitSet, std::less<>>& ClassSelection::by_value(const model::LabelKey& key) {
  const auto known = values_.find(key);
  if (known != values_.end()) return known->second;
  auto& out = values_[key];
  for (std::size_t i = 0; i < classes_.size(); ++i) {
    const model::Labels& labels = classes_[i].example.peer->labels;
    const auto label = labels.find(key);
    if (label == labels.end()) continue;
    out.try_emplace(label->second, classes_.size()).first->second.set(i);
  }
  return out;
}

const BitSet& ClassSelection::each(const Selector& selector) {
  const auto [found, fresh] = others_.try_emplace(model::to_string(selector), classes_.size());
  if (fresh) {
    for (std::size_t i = 0; i < classes_.size(); ++i) {
      if (model::matches(selector, classes_[i].example)) found->second.set(i);
    }
  }
  return found->second;
}

BitSet ClassSelection::of(const Selector& selector) {
  switch (selector.kind) {
    case Selector::Kind::OneOf: {
      BitSet out = none();
      const auto& values = by_value(selector.key);
      for (const std::string& value : selector.values) {
        const auto classes = values.find(value);
        if (classes != values.end()) out |= classes->second;
      }
      return out;
    }
    case Selector::Kind::Not: {
      BitSet out = of(selector.operands[0]);
      out.invert();
      return out;
    }
    case Selector::Kind::And: {
      BitSet out(classes_.size(), true);
      for (const Selector& operand : selector.operands) out &= of(operand);
      return out;
    }
    case Selector::Kind::Or: {
      BitSet out = none();
      for (const Selector& operand : selector.operands) out |= of(operand);
      return out;
    }
    default:
      return each(selector);
  }
}

}  // namespace weft::verifier
