#include "verifier/path_behaviour.h"

#include <algorithm>

namespace weft::verifier {

using model::Selector;

bool asks_for_addresses(const Selector& selector) {
  return selector.kind == Selector::Kind::Address || selector.kind == Selector::Kind::Apiserver ||
         std::ranges::any_of(selector.operands, asks_for_addresses);
}

SourceQuestions::SourceQuestions(const model::Policy& policy, const Slice& slice) {
  add(Selector::workload());
  for (const auto* rules : {&slice.egress, &slice.ingress}) {
    for (const model::RuleId id : *rules) {
      add(policy[id].source);
      for (const model::Relation& relation : policy[id].relations) {
        if (std::ranges::find(keys_, relation.source) == keys_.end()) keys_.push_back(relation.source);
      }
    }
  }
  for (const model::IsolationId id : slice.isolated_sources) add(policy[id].subject);
  for (const model::Guard& guard : policy.guards) add(guard.nodes);
}

Behaviour SourceQuestions::of(const model::End& end) const {
  Behaviour out;
  for (const Selector& selector : selectors_) out.matched.push_back(model::matches(selector, end));
  for (const model::LabelKey& key : keys_) {
    const auto label = end.peer->labels.find(key);
    out.values.push_back(label == end.peer->labels.end() ? std::nullopt : std::optional(label->second));
  }
  return out;
}

z3::expr SourceQuestions::is(Query& query, Side side, const Behaviour& behaviour) const {
  std::vector<z3::expr> parts;
  for (std::size_t i = 0; i < selectors_.size(); ++i) {
    const z3::expr matched = query.matches(side, selectors_[i]);
    parts.push_back(behaviour.matched[i] ? matched : !matched);
  }
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    const auto& value = behaviour.values[i];
    parts.push_back(value ? query.matches(side, Selector::equals(keys_[i], *value))
                          : !query.matches(side, Selector::has(keys_[i])));
  }
  return query.all_of(parts);
}

void SourceQuestions::add(const Selector& selector) {
  if (!asks_for_addresses(selector)) {
    if (known_.insert(to_string(selector)).second) selectors_.push_back(selector);
    return;
  }
  for (const Selector& operand : selector.operands) add(operand);
}

}  // namespace weft::verifier
