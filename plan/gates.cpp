#include "plan/gates.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <tuple>

#include "bundle/abi.h"

namespace weft::plan {
namespace {

int rank(model::Verdict verdict) {
  switch (verdict) {
    case model::Verdict::Deny:
      return 0;
    case model::Verdict::Allow:
      return 1;
    case model::Verdict::Pass:
      return 2;
  }
  return 3;
}

// The services of a rule as a destination that declares these ports resolves them.
model::PointSet resolved(const model::PortSet& ports, const std::vector<model::NamedPort>& declared) {
  model::PointSet out = ports.points;
  for (const model::NamedPort& port : declared) {
    if (std::ranges::find(ports.names, model::PortName{port.protocol, port.name}) != ports.names.end()) {
      out.add(model::PointSet::of_point(model::service_point(port.protocol, port.port)));
    }
  }
  return out;
}

class Draft {
 public:
  Draft(const model::Policy& policy, model::Direction direction, const Vocabulary& vocabulary,
        const Conditions& conditions, const Ends& ends, KindSets& sets)
      : policy_(policy),
        direction_(direction),
        vocabulary_(vocabulary),
        conditions_(conditions),
        ends_(ends),
        sets_(sets) {}

  std::vector<DraftEntry> run() {
    entries_.resize(WEFT_ENTRY_FIRST);
    for (std::uint32_t tier = 0; tier < policy_.tiers.size(); ++tier) {
      tier_starts_.push_back(static_cast<std::uint32_t>(entries_.size()));
      add_rules(model::TierId{tier});
      // One in force comes before an audited one, whatever their order in the source.
      add_isolations(model::TierId{tier}, false);
      add_isolations(model::TierId{tier}, true);
    }
    tier_starts_.push_back(static_cast<std::uint32_t>(entries_.size()));
    add({.verdict = policy_.profile.allow_by_default ? model::Verdict::Allow : model::Verdict::Deny,
         .by = Entry::By::Profile},
        KindSets::everybody);
    // A subject without a gate matches this entry and no other, so that it can stand last: in front it would be the
    // first match of every two rows, and tell nothing about where the deciding rule is.
    add({.verdict = model::Verdict::Allow, .by = Entry::By::NoGate}, KindSets::everybody);
    resolve_passes();
    return std::move(entries_);
  }

 private:
  // An entry about every peer and every service, for these subjects.
  void add(Entry entry, std::uint32_t own) {
    entries_.push_back({std::move(entry), own, KindSets::everybody, model::PointSet::any()});
  }

  void add_rules(model::TierId tier) {
    std::vector<std::uint32_t> rules;
    for (std::uint32_t i = 0; i < policy_.rules.size(); ++i) {
      const model::Rule& rule = policy_.rules[i];
      const bool speaks = direction_ == model::Direction::Egress ? rule.at_source : rule.at_destination;
      if (rule.tier == tier && speaks) rules.push_back(i);
    }
    std::ranges::sort(rules, {}, [&](std::uint32_t i) {
      return std::tuple(policy_.rules[i].level, rank(policy_.rules[i].verdict), i);
    });
    for (const std::uint32_t i : rules) add_rule(i);
  }

  void add_rule(std::uint32_t number) {
    const model::Rule& rule = policy_.rules[number];
    const std::uint32_t source = with_keys(vocabulary_.rule_source[number], number, &Relation::source);
    const std::uint32_t destination = with_keys(vocabulary_.rule_destination[number], number, &Relation::destination);
    if (rule.ports.names.empty()) {
      add_entry(number, source, destination, rule.ports.points);
      return;
    }
    // Destinations by what the services of the rule mean at them.
    std::map<std::uint32_t, model::PointSet> meanings;  // by list of declared ports
    std::map<model::PointSet, KindList> groups;
    for (const std::uint32_t kind : sets_[destination]) {
      const std::uint32_t list = ends_.kinds[kind].ports;
      const auto [meaning, fresh] = meanings.try_emplace(list);
      if (fresh) meaning->second = resolved(rule.ports, ends_.port_lists[list]);
      groups[meaning->second].push_back(kind);
    }
    if (groups.empty()) groups.try_emplace(rule.ports.points);
    for (auto& [services, kinds] : groups) {
      add_entry(number, source, sets_.add_part(destination, std::move(kinds)), services);
    }
  }

  void add_entry(std::uint32_t number, std::uint32_t source, std::uint32_t destination,
                 const model::PointSet& services) {
    const model::Rule& rule = policy_.rules[number];
    const bool outbound = direction_ == model::Direction::Egress;
    DraftEntry draft;
    draft.entry = {.verdict = rule.verdict,
                   .by = Entry::By::Rule,
                   .rule = model::RuleId{number},
                   .tier = rule.tier,
                   .conditions = conditions_.of_rule[number],
                   .audited = rule.audit,
                   .logged = rule.log.has_value()};
    draft.own = outbound ? source : destination;
    draft.peer = outbound ? destination : source;
    draft.services = services;
    entries_.push_back(std::move(draft));
  }

  // The kinds a selector matches that have every key which the relations of the rule compare on that side.
  std::uint32_t with_keys(std::uint32_t selector, std::uint32_t rule, std::uint16_t Relation::* side) {
    std::vector<std::uint16_t> keys;
    for (const std::uint16_t at : conditions_.of_rule[rule]) {
      const auto* relation = std::get_if<Relation>(&conditions_.all[at]);
      if (relation) keys.push_back(relation->*side);
    }
    if (keys.empty()) return selector;
    KindList out;
    std::ranges::copy_if(sets_[selector], std::back_inserter(out), [&](std::uint32_t kind) {
      return std::ranges::all_of(keys, [&](std::uint16_t key) { return ends_.kinds[kind].related.test(key); });
    });
    return sets_.add_part(selector, std::move(out));
  }

  void add_isolations(model::TierId tier, bool audited) {
    for (std::uint32_t i = 0; i < policy_.isolations.size(); ++i) {
      const model::Isolation& isolation = policy_.isolations[i];
      const bool speaks = direction_ == model::Direction::Egress ? isolation.egress : isolation.ingress;
      if (isolation.tier != tier || !speaks || isolation.audit != audited) continue;
      add({.verdict = audited ? model::Verdict::Allow : model::Verdict::Deny,
           .by = Entry::By::Isolation,
           .isolation = model::IsolationId{i},
           .tier = tier,
           .audited = audited},
          vocabulary_.isolation_subject[i]);
    }
  }

  void resolve_passes() {
    for (DraftEntry& draft : entries_) {
      if (draft.entry.verdict != model::Verdict::Pass) continue;
      const model::Rule& rule = policy_[*draft.entry.rule];
      const std::uint32_t to =
          rule.pass_to ? static_cast<std::uint32_t>(*rule.pass_to) : static_cast<std::uint32_t>(rule.tier) + 1;
      draft.entry.next = tier_starts_[to];
    }
  }

  const model::Policy& policy_;
  model::Direction direction_;
  const Vocabulary& vocabulary_;
  const Conditions& conditions_;
  const Ends& ends_;
  KindSets& sets_;
  std::vector<DraftEntry> entries_;
  std::vector<std::uint32_t> tier_starts_;  ///< entry number by tier, and one past the last tier
};

}  // namespace

std::uint32_t KindSets::add_part(std::uint32_t of, KindList kinds) {
  const auto [found, fresh] = numbers_.emplace(Part(selector_of(of), std::move(kinds)), size());
  if (fresh) parts_.push_back(&found->first);
  return found->second;
}

std::vector<DraftEntry> draft_gate(const model::Policy& policy, model::Direction direction,
                                   const Vocabulary& vocabulary, const Conditions& conditions, const Ends& ends,
                                   KindSets& sets) {
  return Draft(policy, direction, vocabulary, conditions, ends, sets).run();
}

}  // namespace weft::plan
