#include "plan/conditions.h"

#include <algorithm>
#include <set>

namespace weft::plan {
namespace {

template <typename List, typename Item>
std::uint16_t position(const List& sorted, const Item& item) {
  return static_cast<std::uint16_t>(std::ranges::lower_bound(sorted, item) - sorted.begin());
}

}  // namespace

Conditions conditions_of(const model::Policy& policy) {
  Conditions out;
  std::set<model::LabelKey> keys;
  for (const model::Rule& rule : policy.rules) {
    for (const model::Relation& relation : rule.relations) {
      keys.insert(relation.source);
      keys.insert(relation.destination);
    }
  }
  out.keys.assign(keys.begin(), keys.end());

  std::vector<std::set<Condition>> asked(policy.rules.size());
  std::set<Condition> all;
  for (std::size_t i = 0; i < policy.rules.size(); ++i) {
    const model::Rule& rule = policy.rules[i];
    for (const model::Relation& relation : rule.relations) {
      asked[i].insert(
          Relation{position(out.keys, relation.source), position(out.keys, relation.destination), relation.equal});
    }
    if (rule.expires) asked[i].insert(Deadline{*rule.expires});
    if (rule.audit) asked[i].insert(Audited{});
    if (rule.peer_node != model::PeerNode::Any) asked[i].insert(OwnNode{rule.peer_node == model::PeerNode::Own});
    all.insert(asked[i].begin(), asked[i].end());
  }
  out.all.assign(all.begin(), all.end());
  for (const std::set<Condition>& conditions : asked) {
    std::vector<std::uint16_t>& numbers = out.of_rule.emplace_back();
    for (const Condition& condition : conditions) numbers.push_back(position(out.all, condition));
  }
  return out;
}

}  // namespace weft::plan
