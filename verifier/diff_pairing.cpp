#include "verifier/diff_pairing.h"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <unordered_map>

#include "base/stable_sort.h"

namespace weft::verifier {

using model::Policy;
using model::Rule;
using model::Selector;
using model::Verdict;

namespace {

using Numbers = std::vector<std::uint32_t>;

void mix(std::size_t& hash, std::size_t value) { hash ^= value + 0x9e3779b97f4a7c15ULL + (hash << 6) + (hash >> 2); }

void mix(std::size_t& hash, const Selector& selector) {
  const std::hash<std::string> text;
  mix(hash, static_cast<std::size_t>(selector.kind));
  mix(hash, text(selector.key.name));
  for (const std::string& value : selector.values) mix(hash, text(value));
  mix(hash, selector.addresses.ranges().size());
  for (const Selector& operand : selector.operands) mix(hash, operand);
}

// The tiers of two policies side by side. A place is a pair of tiers that mean the same, in the order of both.
class Tiers {
 public:
  Tiers(const Policy& before, const Policy& after)
      : old_(before.tiers.size(), Pairing::none), new_(after.tiers.size(), Pairing::none) {
    const std::size_t rows = before.tiers.size();
    const std::size_t columns = after.tiers.size();
    // The longest row of names that both have in one order.
    std::vector<Numbers> length(rows + 1, Numbers(columns + 1, 0));
    for (std::size_t i = rows; i-- > 0;) {
      for (std::size_t j = columns; j-- > 0;) {
        length[i][j] = before.tiers[i].name == after.tiers[j].name ? length[i + 1][j + 1] + 1
                                                                   : std::max(length[i + 1][j], length[i][j + 1]);
      }
    }
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < rows || j < columns) {
      // What stands between two common names: tier by tier where there are equally many, which were renamed.
      std::size_t next_i = i;
      std::size_t next_j = j;
      while (next_i < rows && next_j < columns && before.tiers[next_i].name != after.tiers[next_j].name) {
        ++(length[next_i + 1][next_j] >= length[next_i][next_j + 1] ? next_i : next_j);
      }
      if (next_i == rows || next_j == columns) {
        next_i = rows;
        next_j = columns;
      }
      if (next_i - i == next_j - j) {
        for (; i < next_i; ++i, ++j) pair(i, j);
      }
      i = next_i;
      j = next_j;
      if (i < rows && j < columns) pair(i++, j++);
    }
  }

  std::uint32_t count() const { return count_; }
  /// The place of a tier, or `none`.
  std::uint32_t of_old(std::size_t tier) const { return old_[tier]; }
  std::uint32_t of_new(std::size_t tier) const { return new_[tier]; }
  /// Where a walk goes on that is sent to that tier, as far as paired statements can tell: `count` is the profile.
  std::uint32_t from_old(std::size_t tier) const { return following(old_, tier); }
  std::uint32_t from_new(std::size_t tier) const { return following(new_, tier); }

 private:
  void pair(std::size_t i, std::size_t j) { old_[i] = new_[j] = count_++; }

  std::uint32_t following(const Numbers& places, std::size_t tier) const {
    for (; tier < places.size(); ++tier) {
      if (places[tier] != Pairing::none) return places[tier];
    }
    return count_;
  }

  Numbers old_;
  Numbers new_;
  std::uint32_t count_ = 0;
};

// One rule of one of the policies, for comparison.
struct Entry {
  const Rule* rule = nullptr;
  std::uint32_t number = 0;
  std::uint32_t place = 0;    // of its tier
  std::uint32_t pass_to = 0;  // a place
  // Where it comes in its tier; passes of one level go by the source, as the first one says where to.
  std::tuple<model::Level, int, std::uint32_t> order;

  std::size_t hash() const {
    std::size_t out = place;
    mix(out, static_cast<std::size_t>(rule->verdict));
    mix(out, rule->source);
    mix(out, rule->destination);
    mix(out, rule->ports.points.ranges().size());
    return out;
  }

  bool says_the_same(const Entry& other) const {
    const Rule& a = *rule;
    const Rule& b = *other.rule;
    return place == other.place && pass_to == other.pass_to && a.verdict == b.verdict && a.at_source == b.at_source &&
           a.at_destination == b.at_destination && a.expires == b.expires && a.ports == b.ports &&
           a.relations == b.relations && a.peer_node == b.peer_node && a.source == b.source &&
           a.destination == b.destination;
  }
};

std::vector<Entry> entries(const Policy& policy, model::Moment now,
                           const std::function<std::uint32_t(std::size_t)>& place_of,
                           const std::function<std::uint32_t(std::size_t)>& goes_on_at) {
  std::vector<Entry> out;
  for (std::uint32_t i = 0; i < policy.rules.size(); ++i) {
    const Rule& rule = policy.rules[i];
    if (rule.audit || (rule.expires && *rule.expires <= now)) continue;
    const auto tier = static_cast<std::size_t>(rule.tier);
    Entry entry{&rule, i, place_of(tier), 0, {}};
    const bool passes = rule.verdict == Verdict::Pass;
    if (passes) entry.pass_to = goes_on_at(rule.pass_to ? static_cast<std::size_t>(*rule.pass_to) : tier + 1);
    const int rank = rule.verdict == Verdict::Deny ? 0 : passes ? 2 : 1;
    entry.order = {rule.level, rank, passes ? i : 0};
    out.push_back(entry);
  }
  return out;
}

struct Couple {
  const Entry* before = nullptr;
  const Entry* after = nullptr;
};

// The couples that stand in the same order on both sides: as many as possible of one tier.
std::vector<Couple> in_order(std::vector<Couple> couples) {
  std::ranges::sort(couples, [](const Couple& a, const Couple& b) {
    return std::tie(a.before->order, a.after->order) < std::tie(b.before->order, b.after->order);
  });
  // The longest row whose places in the new policy never fall; `last[k]` ends the best row of k + 1 couples.
  Numbers last;
  Numbers previous(couples.size(), Pairing::none);
  for (std::uint32_t i = 0; i < couples.size(); ++i) {
    const auto at = std::ranges::upper_bound(last, couples[i].after->order, {},
                                             [&](std::uint32_t k) { return couples[k].after->order; });
    if (at != last.begin()) previous[i] = *std::prev(at);
    if (at == last.end()) {
      last.push_back(i);
    } else {
      *at = i;
    }
  }
  std::vector<Couple> out;
  for (std::uint32_t i = last.empty() ? Pairing::none : last.back(); i != Pairing::none; i = previous[i]) {
    out.push_back(couples[i]);
  }
  return out;
}

void pair_rules(const Policy& before, const Policy& after, const Tiers& tiers, model::Moment now, Pairing& out) {
  const std::vector<Entry> olds = entries(
      before, now, [&](std::size_t tier) { return tiers.of_old(tier); },
      [&](std::size_t tier) { return tiers.from_old(tier); });
  std::vector<Entry> news = entries(
      after, now, [&](std::size_t tier) { return tiers.of_new(tier); },
      [&](std::size_t tier) { return tiers.from_new(tier); });

  // Equal contents, one to one; among repeats the first in order to the first in order.
  std::unordered_map<std::size_t, std::vector<const Entry*>> by_content;
  for (const Entry& entry : olds) by_content[entry.hash()].push_back(&entry);
  for (auto& [hash, same] : by_content) {
    sort_stably(same, {}, [](const Entry* entry) { return entry->order; });
  }
  std::vector<const Entry*> in_turn;
  for (const Entry& entry : news) in_turn.push_back(&entry);
  sort_stably(in_turn, {}, [](const Entry* entry) { return entry->order; });
  std::vector<std::vector<Couple>> by_place(tiers.count());
  for (const Entry* entry : in_turn) {
    if (entry->place == Pairing::none) continue;
    const auto found = by_content.find(entry->hash());
    if (found == by_content.end()) continue;
    const auto twin = std::ranges::find_if(found->second, [&](const Entry* e) { return e->says_the_same(*entry); });
    if (twin == found->second.end()) continue;
    by_place[entry->place].push_back({*twin, entry});
    found->second.erase(twin);
  }

  Numbers twin_of_old(before.rules.size(), Pairing::none);
  Numbers twin_of_new(after.rules.size(), Pairing::none);
  for (std::vector<Couple>& couples : by_place) {
    for (const Couple& couple : in_order(std::move(couples))) {
      twin_of_old[couple.before->number] = couple.after->number;
      twin_of_new[couple.after->number] = couple.before->number;
    }
  }
  const auto add = [&](const Rule& rule, std::uint32_t of_old, std::uint32_t of_new) {
    const model::RuleId id{static_cast<std::uint32_t>(out.both.rules.size())};
    if (of_old == Pairing::none || of_new == Pairing::none) out.changed_rules.push_back(id);
    out.both.rules.push_back(rule);
    out.old_rules.push_back(of_old);
    out.new_rules.push_back(of_new);
  };
  for (const Entry& entry : olds) add(*entry.rule, entry.number, twin_of_old[entry.number]);
  for (const Entry& entry : news) {
    if (twin_of_new[entry.number] == Pairing::none) add(*entry.rule, Pairing::none, entry.number);
  }
}

void pair_isolations(const Policy& before, const Policy& after, const Tiers& tiers, Pairing& out) {
  // An order among them is of no consequence, but for audited ones, which come behind.
  const auto equal = [&](const model::Isolation& a, const model::Isolation& b) {
    const std::uint32_t place = tiers.of_old(static_cast<std::size_t>(a.tier));
    return place != Pairing::none && place == tiers.of_new(static_cast<std::size_t>(b.tier)) && a.egress == b.egress &&
           a.ingress == b.ingress && a.audit == b.audit && a.subject == b.subject;
  };
  const auto add = [&](const model::Isolation& isolation, std::uint32_t of_old, std::uint32_t of_new) {
    const model::IsolationId id{static_cast<std::uint32_t>(out.both.isolations.size())};
    if (of_old == Pairing::none || of_new == Pairing::none) out.changed_isolations.push_back(id);
    out.both.isolations.push_back(isolation);
    out.old_isolations.push_back(of_old);
    out.new_isolations.push_back(of_new);
  };
  std::unordered_map<std::size_t, Numbers> of_new;
  const auto hash_of = [](const model::Isolation& isolation) {
    std::size_t hash = 0;
    mix(hash, isolation.subject);
    return hash;
  };
  for (std::uint32_t i = 0; i < after.isolations.size(); ++i) of_new[hash_of(after.isolations[i])].push_back(i);
  std::vector<bool> taken(after.isolations.size(), false);
  for (std::uint32_t i = 0; i < before.isolations.size(); ++i) {
    const model::Isolation& isolation = before.isolations[i];
    std::uint32_t twin = Pairing::none;
    const auto same = of_new.find(hash_of(isolation));
    if (same != of_new.end()) {
      const auto found = std::ranges::find_if(same->second, [&](std::uint32_t other) {
        return !taken[other] && equal(isolation, after.isolations[other]);
      });
      if (found != same->second.end()) {
        twin = *found;
        taken[twin] = true;
      }
    }
    add(isolation, i, twin);
  }
  for (std::uint32_t i = 0; i < after.isolations.size(); ++i) {
    if (!taken[i]) add(after.isolations[i], Pairing::none, i);
  }
}

void pair_guards(const Policy& before, const Policy& after, Pairing& out) {
  const auto has = [](const Policy& policy, const Selector& nodes) {
    return std::ranges::any_of(policy.guards, [&](const model::Guard& guard) { return guard.nodes == nodes; });
  };
  for (const auto& [policy, other] : {std::pair{&before, &after}, std::pair{&after, &before}}) {
    for (const model::Guard& guard : policy->guards) {
      out.both.guards.push_back(guard);
      if (!has(*other, guard.nodes)) out.changed_guards.push_back(guard.nodes);
    }
  }
}

// Every value that one of the two allows.
void join_vocabularies(const Policy& before, const Policy& after, Pairing& out) {
  out.both.schema = before.schema;
  for (const auto& [key, domain] : after.schema) {
    const auto [known, is_new] = out.both.schema.emplace(key, domain);
    if (is_new) continue;
    auto& values = known->second.values;
    if (!values) continue;
    if (!domain.values) {
      values.reset();
      continue;
    }
    for (const std::string& value : *domain.values) {
      if (std::ranges::find(*values, value) == values->end()) values->push_back(value);
    }
    std::ranges::sort(*values);
  }
}

}  // namespace

bool Pairing::same() const {
  return changed_rules.empty() && changed_isolations.empty() && changed_guards.empty() && !default_changed &&
         !own_node_changed && !nodes_changed;
}

Pairing pair_up(const Policy& before, const Policy& after, model::Moment now) {
  Pairing out;
  out.both.profile = after.profile;
  out.both.tiers = after.tiers;
  const Tiers tiers(before, after);
  pair_rules(before, after, tiers, now, out);
  pair_isolations(before, after, tiers, out);
  pair_guards(before, after, out);
  join_vocabularies(before, after, out);
  out.default_changed = before.profile.allow_by_default != after.profile.allow_by_default;
  out.own_node_changed = before.profile.own_node_may_enter != after.profile.own_node_may_enter;
  out.nodes_changed = before.profile.node_gates != after.profile.node_gates;
  return out;
}

}  // namespace weft::verifier
