#include "driver/label_use.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

namespace weft::driver {
namespace {

using model::LabelKey;
using model::Selector;

constexpr std::size_t many_values = 16;

bool compares_label(const Selector& selector) {
  return selector.kind == Selector::Kind::OneOf || selector.kind == Selector::Kind::Has ||
         selector.kind == Selector::Kind::Glob;
}

void keys_of(const Selector& selector, std::set<LabelKey>& keys) {
  if (compares_label(selector)) keys.insert(selector.key);
  for (const Selector& operand : selector.operands) keys_of(operand, keys);
}

// Everything that is asked about one key, and the answers its values get.
class Comparisons {
 public:
  void add(const Selector& selector) {
    if (!seen_.insert(model::to_string(selector)).second) return;
    const std::uint32_t number = next_++;
    if (selector.kind == Selector::Kind::OneOf) {
      for (const std::string& value : selector.values) by_value_[value].push_back(number);
    } else if (selector.kind == Selector::Kind::Glob) {
      globs_.emplace_back(number, selector.values.front());
    } else {
      presence_ = number;
    }
  }
  void compare_as_is() { as_is_ = true; }

  /// Equal numbers for values that nothing tells apart; the absent value is one of them.
  std::uint32_t kind_of(const std::string* value) {
    const auto found = value == nullptr ? kinds_.end() : kinds_.find(*value);
    if (found != kinds_.end()) return found->second;
    const std::uint32_t kind = number_of(value);
    if (value != nullptr) kinds_.emplace(*value, kind);
    return kind;
  }

 private:
  std::uint32_t number_of(const std::string* value) {
    std::vector<std::uint32_t> answers;  // those that say yes
    std::string text;
    if (value != nullptr) {
      if (const auto asked = by_value_.find(*value); asked != by_value_.end()) answers = asked->second;
      for (const auto& [number, pattern] : globs_) {
        if (model::glob_matches(pattern, *value)) answers.push_back(number);
      }
      if (presence_) answers.push_back(*presence_);
      if (as_is_) text = "=" + *value;
    }
    std::ranges::sort(answers);
    return numbers_.emplace(std::pair(std::move(answers), std::move(text)), static_cast<std::uint32_t>(numbers_.size()))
        .first->second;
  }

  std::set<std::string> seen_;
  std::uint32_t next_ = 0;
  std::unordered_map<std::string, std::vector<std::uint32_t>> by_value_;
  std::vector<std::pair<std::uint32_t, std::string>> globs_;
  std::optional<std::uint32_t> presence_;
  bool as_is_ = false;
  std::unordered_map<std::string, std::uint32_t> kinds_;
  std::map<std::pair<std::vector<std::uint32_t>, std::string>, std::uint32_t> numbers_;
};

using Identity = std::vector<std::uint32_t>;  // the kind of peer, then of each used key

struct IdentityHash {
  std::size_t operator()(const Identity& identity) const {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const std::uint32_t part : identity) hash = (hash ^ part) * 0x100000001b3;
    return static_cast<std::size_t>(hash ^ (hash >> 29));
  }
};

class Reporter {
 public:
  Reporter(const model::Policy& policy, const model::Inventory& inventory) : policy_(policy), inventory_(inventory) {}

  LabelReport report() {
    count_uses();
    count_peers();
    count_without();
    for (auto& [key, used] : used_) out_.used.push_back(std::move(used));
    std::ranges::sort(out_.used, {},
                      [](const LabelReport::Used& used) { return std::tie(used.identities_without, used.key); });
    for (auto& [key, unused] : unused_) {
      unused.values = values_[key].size();
      unused.high_cardinality = unused.values > many_values && unused.values * 2 > unused.peers;
      if (const auto claims = assertions_.find(key); claims != assertions_.end()) unused.assertions = claims->second;
      out_.unused.push_back(std::move(unused));
    }
    std::ranges::sort(out_.unused, [](const LabelReport::Unused& one, const LabelReport::Unused& other) {
      return std::tie(other.values, one.key) < std::tie(one.values, other.key);
    });
    return std::move(out_);
  }

 private:
  LabelReport::Used& use(const LabelKey& key) {
    LabelReport::Used& used = used_[key];
    used.key = key;
    return used;
  }

  void learn(const Selector& selector) {
    if (compares_label(selector)) comparisons_[selector.key].add(selector);
    for (const Selector& operand : selector.operands) learn(operand);
  }

  void count_uses() {
    for (const model::Rule& rule : policy_.rules) {
      std::set<LabelKey> keys;
      for (const Selector* selector : {&rule.source, &rule.destination}) {
        learn(*selector);
        keys_of(*selector, keys);
      }
      for (const model::Relation& relation : rule.relations) {
        for (const LabelKey& key : std::set{relation.source, relation.destination}) {
          comparisons_[key].compare_as_is();
          ++use(key).relations;
          keys.insert(key);
        }
      }
      for (const LabelKey& key : keys) ++use(key).rules;
    }
    for (const model::Isolation& isolation : policy_.isolations) {
      std::set<LabelKey> keys;
      learn(isolation.subject);
      keys_of(isolation.subject, keys);
      for (const LabelKey& key : keys) ++use(key).isolations;
    }
    for (const model::Guard& guard : policy_.guards) {
      std::set<LabelKey> keys;
      learn(guard.nodes);
      keys_of(guard.nodes, keys);
      for (const LabelKey& key : keys) ++use(key).guards;
    }
    for (const model::Assertion& assertion : policy_.assertions) {
      std::set<LabelKey> keys;
      keys_of(assertion.source, keys);
      keys_of(assertion.destination, keys);
      if (assertion.avoiding) keys_of(*assertion.avoiding, keys);
      for (const model::Relation& relation : assertion.relations) {
        keys.insert(relation.source);
        keys.insert(relation.destination);
      }
      for (const LabelKey& key : keys) ++assertions_[key];
    }
    for (const model::Group& group : policy_.groups) {
      std::set<LabelKey> keys;
      keys_of(group.selector, keys);
      for (const LabelKey& key : keys) {
        if (const auto found = used_.find(key); found != used_.end()) found->second.groups.push_back(group.name);
      }
    }
  }

  void count_peers() {
    std::vector<std::set<std::uint32_t>> told(used_.size());
    for (const model::Instance& instance : inventory_.instances) {
      if (instance.host) continue;  // no peer of its own
      const model::Peer& peer = instance.peer;
      ++(peer.kind == model::PeerKind::Node ? out_.nodes : out_.workloads);
      for (const auto& [key, value] : peer.labels) {
        values_[key].insert(value);
        if (used_.contains(key)) continue;
        LabelReport::Unused& unused = unused_[key];
        unused.key = key;
        ++unused.peers;
      }
      Identity identity{static_cast<std::uint32_t>(peer.kind)};
      std::size_t position = 0;
      for (const auto& [key, used] : used_) {
        const auto label = peer.labels.find(key);
        identity.push_back(comparisons_[key].kind_of(label == peer.labels.end() ? nullptr : &label->second));
        told[position++].insert(identity.back());
      }
      identities_.insert(std::move(identity));
    }
    out_.identities = identities_.size();
    std::size_t position = 0;
    for (auto& [key, used] : used_) {
      used.values = values_[key].size();
      used.told_apart = told[position++].size();
      if (const auto claims = assertions_.find(key); claims != assertions_.end()) used.assertions = claims->second;
    }
  }

  // Identities that differ in one key only become one. Works on identities, of which there are far fewer than peers.
  void count_without() {
    std::size_t position = 1;
    for (auto& [key, used] : used_) {
      std::unordered_set<Identity, IdentityHash> left;
      for (Identity identity : identities_) {
        identity[position] = 0;
        left.insert(std::move(identity));
      }
      used.identities_without = left.size();
      ++position;
    }
  }

  const model::Policy& policy_;
  const model::Inventory& inventory_;
  LabelReport out_;
  std::map<LabelKey, LabelReport::Used> used_;
  std::map<LabelKey, LabelReport::Unused> unused_;
  std::map<LabelKey, std::size_t> assertions_;
  std::map<LabelKey, Comparisons> comparisons_;
  std::map<LabelKey, std::unordered_set<std::string_view>> values_;
  std::unordered_set<Identity, IdentityHash> identities_;
};

}  // namespace

LabelReport report_labels(const model::Policy& policy, const model::Inventory& inventory) {
  return Reporter(policy, inventory).report();
}

}  // namespace weft::driver
