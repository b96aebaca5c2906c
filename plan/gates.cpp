#include "plan/gates.h"

#include <algorithm>
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

// The services of a rule as this kind of destination resolves them.
model::PointSet resolved(const model::PortSet& ports, const EndKind& destination) {
  model::PointSet out = ports.points;
  for (const model::NamedPort& port : destination.ports) {
    if (std::ranges::find(ports.names, model::PortName{port.protocol, port.name}) != ports.names.end()) {
      out.add(model::PointSet::of_point(model::service_point(port.protocol, port.port)));
    }
  }
  return out;
}

class Draft {
 public:
  Draft(const model::Policy& policy, model::Direction direction, const Vocabulary& vocabulary,
        const Conditions& conditions, const std::vector<EndKind>& kinds)
      : policy_(policy), direction_(direction), vocabulary_(vocabulary), conditions_(conditions), kinds_(kinds) {}

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
        [](const EndKind&) { return true; });
    resolve_passes();
    open_missing_gates();
    return std::move(entries_);
  }

 private:
  // An entry about every peer and every service, for the subjects it selects.
  template <typename Selects>
  void add(Entry entry, Selects selects) {
    DraftEntry draft{std::move(entry), {}, std::vector<bool>(kinds_.size(), true), model::PointSet::any()};
    for (const EndKind& kind : kinds_) draft.own.push_back(selects(kind));
    entries_.push_back(std::move(draft));
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
    std::vector<bool> source, destination;
    for (const EndKind& kind : kinds_) {
      source.push_back(kind.matches.test(vocabulary_.rule_source[number]) &&
                       has_all(kind, number, &Relation::source));
      destination.push_back(kind.matches.test(vocabulary_.rule_destination[number]) &&
                            has_all(kind, number, &Relation::destination));
    }
    // Destinations by what the services of the rule mean at them; without named ports that is one group.
    std::map<model::PointSet, std::vector<bool>> groups;
    if (rule.ports.names.empty()) {
      groups.emplace(rule.ports.points, std::move(destination));
    } else {
      for (std::size_t k = 0; k < kinds_.size(); ++k) {
        if (!destination[k]) continue;
        auto& group = groups.try_emplace(resolved(rule.ports, kinds_[k]), kinds_.size()).first->second;
        group[k] = true;
      }
      if (groups.empty()) groups.emplace(rule.ports.points, std::vector<bool>(kinds_.size()));
    }
    for (auto& [services, members] : groups) {
      DraftEntry draft;
      draft.entry = {.verdict = rule.verdict, .by = Entry::By::Rule, .rule = model::RuleId{number}, .tier = rule.tier,
                     .conditions = conditions_.of_rule[number], .audited = rule.audit, .logged = rule.log.has_value()};
      draft.own = direction_ == model::Direction::Egress ? source : members;
      draft.peer = direction_ == model::Direction::Egress ? members : source;
      draft.services = services;
      entries_.push_back(std::move(draft));
    }
  }

  // True if the end has every key that the relations of the rule compare on that side.
  bool has_all(const EndKind& kind, std::uint32_t rule, std::uint16_t Relation::* side) const {
    return std::ranges::all_of(conditions_.of_rule[rule], [&](std::uint16_t at) {
      const auto* relation = std::get_if<Relation>(&conditions_.all[at]);
      return !relation || kind.related.test(relation->*side);
    });
  }

  void add_isolations(model::TierId tier, bool audited) {
    for (std::uint32_t i = 0; i < policy_.isolations.size(); ++i) {
      const model::Isolation& isolation = policy_.isolations[i];
      const bool speaks = direction_ == model::Direction::Egress ? isolation.egress : isolation.ingress;
      if (isolation.tier != tier || !speaks || isolation.audit != audited) continue;
      const std::uint32_t selector = vocabulary_.isolation_subject[i];
      add({.verdict = audited ? model::Verdict::Allow : model::Verdict::Deny,
           .by = Entry::By::Isolation,
           .isolation = model::IsolationId{i},
           .tier = tier,
           .audited = audited},
          [&](const EndKind& kind) { return kind.matches.test(selector); });
    }
  }

  // A subject without a gate matches one entry and no other, so that this entry can stand last: in front it would be the
  // first match of every two rows, and tell nothing about where the deciding rule is.
  void open_missing_gates() {
    for (DraftEntry& draft : entries_) {
      for (std::size_t k = 0; k < draft.own.size(); ++k) draft.own[k] = draft.own[k] && kinds_[k].gated;
    }
    add({.verdict = model::Verdict::Allow, .by = Entry::By::NoGate}, [](const EndKind& kind) { return !kind.gated; });
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
  const std::vector<EndKind>& kinds_;
  std::vector<DraftEntry> entries_;
  std::vector<std::uint32_t> tier_starts_;  ///< entry number by tier, and one past the last tier
};

}  // namespace

std::vector<DraftEntry> draft_gate(const model::Policy& policy, model::Direction direction,
                                   const Vocabulary& vocabulary, const Conditions& conditions,
                                   const std::vector<EndKind>& kinds) {
  return Draft(policy, direction, vocabulary, conditions, kinds).run();
}

}  // namespace weft::plan
