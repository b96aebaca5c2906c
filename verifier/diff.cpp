#include "verifier/diff.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "base/stable_sort.h"
#include "verifier/diff_pairing.h"
#include "verifier/diff_walk.h"
#include "verifier/dump.h"
#include "verifier/plainest.h"
#include "verifier/slice.h"

namespace weft::verifier {

using model::Direction;
using model::Moment;
using model::Policy;
using model::Selector;

Decider decider(const std::optional<model::GateDecision>& gate) {
  if (!gate) return {};
  return {gate->reason, gate->rule, gate->isolation};
}

bool Diff::gains() const {
  return std::ranges::any_of(differences, [](const Difference& each) { return each.gained; });
}

bool Diff::loses() const {
  return std::ranges::any_of(differences, [](const Difference& each) { return !each.gained; });
}

std::optional<Diff::Verdict> Diff::verdict() const {
  if (gains() && loses()) return Verdict::Both;
  if (gained_open || lost_open) return {};
  return gains() ? Verdict::OnlyWidens : loses() ? Verdict::OnlyNarrows : Verdict::Equivalent;
}

namespace {

constexpr std::array<Direction, 2> directions{Direction::Egress, Direction::Ingress};

const std::optional<model::GateDecision>& gate_of(const model::Decision& decision, Direction direction) {
  return direction == Direction::Egress ? decision.egress : decision.ingress;
}

// Some flows about which a changed statement speaks.
struct Region {
  Cover source;
  Cover destination;
  IndexSet services;
};

// The rules of a policy that can have a say, as a policy of their own.
struct Judge {
  Policy policy;
  Part part;  // by place in it: the number in the whole policy

  Decider whole(Decider of_part) const {
    if (of_part.rule) of_part.rule = model::RuleId{part.rules[static_cast<std::size_t>(*of_part.rule)]};
    if (of_part.isolation) {
      of_part.isolation = model::IsolationId{part.isolations[static_cast<std::size_t>(*of_part.isolation)]};
    }
    return of_part;
  }
};

Judge judge_of(const Policy& policy, Part part) {
  Judge out;
  out.policy.profile = policy.profile;
  out.policy.tiers = policy.tiers;
  out.policy.guards = policy.guards;
  for (const std::uint32_t number : part.rules) out.policy.rules.push_back(policy.rules[number]);
  for (const std::uint32_t number : part.isolations) out.policy.isolations.push_back(policy.isolations[number]);
  out.part = std::move(part);
  return out;
}

// The statements that disagree about a flow, or nothing where it is neither gained nor lost in the way asked for.
template <typename Old, typename New>
std::vector<Turn> turns_of(const model::Decision& before, const model::Decision& after, bool gained, const Old& of_old,
                           const New& of_new) {
  if (before.self || after.self || before.allowed == gained || after.allowed != gained) return {};
  std::vector<Turn> out;
  for (const Direction direction : directions) {
    const auto& closed = gate_of(gained ? before : after, direction);
    if (!closed || closed->verdict == model::Verdict::Allow) continue;
    out.push_back({of_old(decider(gate_of(before, direction))), of_new(decider(gate_of(after, direction)))});
  }
  const auto opener = [&](const Turn& turn) { return gained ? turn.after : turn.before; };
  if (out.size() == 2 && opener(out[0]) == opener(out[1])) out.pop_back();
  return out;
}

std::vector<Turn> turns_of(const model::Decision& before, const model::Decision& after, bool gained) {
  return turns_of(before, after, gained, std::identity{}, std::identity{});
}

class Comparison {
 public:
  Comparison(const Policy& before, const Policy& after, const model::Inventory* inventory, const Options& options,
             std::size_t max_alike, const Pairing& pairing, Diff& out)
      : before_(before),
        after_(after),
        options_(options),
        max_alike_(max_alike),
        pairing_(pairing),
        universe_(pairing.both, inventory),
        slicer_(pairing.both, universe_),
        out_(out) {
    for (std::uint32_t i = 0; i < pairing.both.rules.size(); ++i) {
      if (pairing.old_rules[i] != Pairing::none) known_old_[pairing.old_rules[i]] = model::RuleId{i};
      if (pairing.new_rules[i] != Pairing::none) known_new_[pairing.new_rules[i]] = model::RuleId{i};
    }
    for (const model::RuleId id : pairing.changed_rules) {
      const auto i = static_cast<std::size_t>(id);
      for (const auto& [side, numbers] :
           {std::pair{&changed_before_, &pairing.old_rules}, std::pair{&changed_after_, &pairing.new_rules}}) {
        if ((*numbers)[i] != Pairing::none) side->insert(model::RuleId{(*numbers)[i]});
      }
    }
    for (const model::IsolationId id : pairing.changed_isolations) {
      const auto i = static_cast<std::size_t>(id);
      for (const auto& [side, numbers] : {std::pair{&changed_before_, &pairing.old_isolations},
                                          std::pair{&changed_after_, &pairing.new_isolations}}) {
        if ((*numbers)[i] != Pairing::none) side->insert(model::IsolationId{(*numbers)[i]});
      }
    }
  }

  void run() {
    find_regions();
    const auto [old_part, new_part] = parts();
    out_.compared_rules = std::max(old_part.rules.size(), new_part.rules.size());
    const std::vector<Moment> moments = moments_of(old_part, new_part);
    for (std::size_t i = 0; i < moments.size(); ++i) {
      compare(moments[i], i, in_force(before_, old_part, moments[i]), in_force(after_, new_part, moments[i]));
    }
    sort_stably(out_.differences, {},
                [](const Difference& each) { return std::tuple(!each.gained, each.when.from, each.turns); });
  }

 private:
  void find_regions() {
    const Policy& both = pairing_.both;
    const Cover any(universe_, Selector::any());
    const IndexSet all = cover(universe_, {model::PointSet::any(), {}});
    for (const model::RuleId id : pairing_.changed_rules) {
      const RuleCover& of_rule = slicer_.cover_of(id);
      regions_.push_back({of_rule.source, of_rule.destination, of_rule.services});
    }
    for (const model::IsolationId id : pairing_.changed_isolations) {
      if (both[id].egress) regions_.push_back({slicer_.cover_of(id), any, all});
      if (both[id].ingress) regions_.push_back({any, slicer_.cover_of(id), all});
    }
    const Cover nodes(universe_, Selector::node());
    std::vector<Cover> gates;
    for (const Selector& guarded : pairing_.changed_guards) {
      gates.emplace_back(universe_, Selector::all_of({Selector::node(), guarded}));
    }
    if (pairing_.nodes_changed) gates.push_back(nodes);
    for (const Cover& gate : gates) {
      regions_.push_back({gate, any, all});
      regions_.push_back({any, gate, all});
    }
    if (pairing_.own_node_changed) regions_.push_back({nodes, Cover(universe_, Selector::workload()), all});
    if (pairing_.default_changed) regions_.push_back({any, any, all});
  }

  // What overlaps some region, of each of the two policies.
  std::pair<Part, Part> parts() const {
    const Policy& both = pairing_.both;
    Part of_old, of_new;
    for (std::uint32_t i = 0; i < both.rules.size(); ++i) {
      const RuleCover& cover = slicer_.cover_of(model::RuleId{i});
      const bool touched = std::ranges::any_of(regions_, [&](const Region& region) {
        return cover.services.intersects(region.services) && cover.source.intersects(region.source) &&
               cover.destination.intersects(region.destination);
      });
      if (!touched) continue;
      if (pairing_.old_rules[i] != Pairing::none) of_old.rules.push_back(pairing_.old_rules[i]);
      if (pairing_.new_rules[i] != Pairing::none) of_new.rules.push_back(pairing_.new_rules[i]);
    }
    for (std::uint32_t i = 0; i < both.isolations.size(); ++i) {
      const model::Isolation& isolation = both.isolations[i];
      const Cover& cover = slicer_.cover_of(model::IsolationId{i});
      const bool touched = std::ranges::any_of(regions_, [&](const Region& region) {
        return (isolation.egress && cover.intersects(region.source)) ||
               (isolation.ingress && cover.intersects(region.destination));
      });
      if (!touched) continue;
      if (pairing_.old_isolations[i] != Pairing::none) of_old.isolations.push_back(pairing_.old_isolations[i]);
      if (pairing_.new_isolations[i] != Pairing::none) of_new.isolations.push_back(pairing_.new_isolations[i]);
    }
    // In source order, by which the first of several is the one that decides.
    for (Part* part : {&of_old, &of_new}) {
      std::ranges::sort(part->rules);
      std::ranges::sort(part->isolations);
    }
    return {std::move(of_old), std::move(of_new)};
  }

  std::vector<Moment> moments_of(const Part& old_part, const Part& new_part) const {
    std::set<Moment> out{options_.now};
    for (const auto& [policy, part] : {std::pair{&before_, &old_part}, std::pair{&after_, &new_part}}) {
      for (const std::uint32_t number : part->rules) {
        const auto& expires = policy->rules[number].expires;
        if (expires && *expires > options_.now) out.insert(*expires);
      }
    }
    return {out.begin(), out.end()};
  }

  static Part in_force(const Policy& policy, Part part, Moment now) {
    std::erase_if(part.rules, [&](std::uint32_t number) {
      return policy.rules[number].expires && *policy.rules[number].expires <= now;
    });
    return part;
  }

  // A flow about which some changed statement speaks: what the parts were cut for.
  z3::expr in_a_region(Query& query) const {
    const Policy& both = pairing_.both;
    std::vector<z3::expr> any;
    for (const model::RuleId id : pairing_.changed_rules) any.push_back(query.matches(id));
    for (const model::IsolationId id : pairing_.changed_isolations) {
      if (both[id].egress) any.push_back(query.matches(Side::Source, both[id].subject));
      if (both[id].ingress) any.push_back(query.matches(Side::Destination, both[id].subject));
    }
    for (const Side side : {Side::Source, Side::Destination}) {
      for (const Selector& guarded : pairing_.changed_guards) {
        any.push_back(query.matches(side, Selector::node()) && query.matches(side, guarded));
      }
      if (pairing_.nodes_changed) any.push_back(query.matches(side, Selector::node()));
    }
    if (pairing_.own_node_changed) any.push_back(query.own_node(model::Direction::Ingress));
    if (pairing_.default_changed) any.push_back(query.yes());
    return query.any_of(any);
  }

  struct Formulas {
    std::vector<GateFormula> before;  // by direction
    std::vector<GateFormula> after;

    // The condition under which a flow belongs to a group; that it is gained or lost is asked for besides.
    z3::expr grouped(Query& query, const std::vector<Turn>& turns, bool gained) const {
      const std::vector<GateFormula>& closing = gained ? before : after;
      const std::vector<GateFormula>& opening = gained ? after : before;
      const auto takes = [&](std::size_t gate, const Turn& turn) {
        return !closing[gate].allows() && before[gate].decided_by(turn.before) && after[gate].decided_by(turn.after);
      };
      if (turns.size() == 2) return takes(0, turns[0]) && takes(1, turns[1]);
      const Decider& opener = gained ? turns[0].after : turns[0].before;
      return query.any_of({takes(0, turns[0]) && (closing[1].allows() || opening[1].decided_by(opener)),
                           closing[0].allows() && takes(1, turns[0])});
    }

    z3::expr involves(Query& query, const Decider& statement, bool of_after, bool gained) const {
      const std::vector<GateFormula>& closing = gained ? before : after;
      const std::vector<GateFormula>& side = of_after ? after : before;
      return query.any_of({!closing[0].allows() && side[0].decided_by(statement),
                           !closing[1].allows() && side[1].decided_by(statement)});
    }
  };

  // A statement that only one of the policies has.
  bool is_changed(const Decider& decider, bool of_after) const {
    const std::set<Statement>& changed = of_after ? changed_after_ : changed_before_;
    if (decider.rule) return changed.contains(*decider.rule);
    return decider.isolation && changed.contains(*decider.isolation);
  }

  // One more than is wanted of a kind tells that there are more, and then they are passed over.
  void pass_over(Query& query, const Formulas& formulas, const z3::expr& wanted, const Difference& last) {
    for (const bool of_after : {true, false}) {
      const auto has = [&](const Difference& each, const Decider& statement) {
        return each.gained == last.gained && !each.when.until && std::ranges::any_of(each.turns, [&](const Turn& turn) {
                 return (of_after ? turn.after : turn.before) == statement;
               });
      };
      for (const Turn& turn : last.turns) {
        const Decider& statement = of_after ? turn.after : turn.before;
        if (!is_changed(statement, of_after)) continue;
        const auto alike = [&](const Difference& each) { return has(each, statement); };
        if (static_cast<std::size_t>(std::ranges::count_if(out_.differences, alike)) <= max_alike_) continue;
        query.require(!wanted || !formulas.involves(query, statement, of_after, last.gained));
        for (Difference& each : out_.differences) each.more = each.more || alike(each);
      }
    }
  }

  void compare(Moment now, std::size_t interval, Part old_part, Part new_part) {
    if (stopped()) return;
    close_what_ended(now);
    const GateFormula::Named of_old = [&](std::uint32_t number) { return known_old_.at(number); };
    const GateFormula::Named of_new = [&](std::uint32_t number) { return known_new_.at(number); };
    try {
      const Cancellation::Work work(options_.cancellation, [this] { context_.interrupt(); });
      Query query(context_, pairing_.both, universe_);
      query.limit(options_.rlimit);
      Formulas formulas;
      for (const Direction direction : directions) {
        const char* name = direction == Direction::Egress ? "egress" : "ingress";
        formulas.before.emplace_back(query, before_, old_part, of_old, direction, fmt::format("old.{}", name));
        formulas.after.emplace_back(query, after_, new_part, of_new, direction, fmt::format("new.{}", name));
      }
      query.require(in_a_region(query));
      const z3::expr allowed_before =
          query.named("old.allows", formulas.before[0].allows() && formulas.before[1].allows());
      const z3::expr allowed_after =
          query.named("new.allows", formulas.after[0].allows() && formulas.after[1].allows());
      const Judge old_judge = judge_of(before_, std::move(old_part));
      const Judge new_judge = judge_of(after_, std::move(new_part));
      for (const bool gained : {true, false}) {
        const z3::expr wanted = query.named(
            gained ? "gained" : "lost", gained ? allowed_after && !allowed_before : allowed_before && !allowed_after);
        dump(query, wanted, gained, interval);
        enumerate(query, formulas, wanted, gained, now, old_judge, new_judge);
      }
    } catch (const z3::exception& error) {
      leave_open(true, error.msg());
      leave_open(false, error.msg());
    }
  }

  // A difference lasts as long as its flow shows it.
  void close_what_ended(Moment now) {
    for (Difference& each : out_.differences) {
      if (each.when.until) continue;
      const model::Flow flow = each.witness.flow();
      if (turns_of(model::evaluate(before_, flow, now), model::evaluate(after_, flow, now), each.gained) !=
          each.turns) {
        each.when.until = now;
      }
    }
  }

  void enumerate(Query& query, const Formulas& formulas, const z3::expr& wanted, bool gained, Moment now,
                 const Judge& old_judge, const Judge& new_judge) {
    std::size_t listed = 0;
    for (const Difference& known : out_.differences) {
      if (known.gained != gained || known.when.until) continue;
      query.require(!wanted || !formulas.grouped(query, known.turns, gained));
      ++listed;
    }
    const std::vector<Difference> known = out_.differences;
    for (const Difference& each : known) {
      if (each.gained == gained && !each.when.until) pass_over(query, formulas, wanted, each);
    }
    for (;;) {
      if (stopped()) return;
      if (listed >= options_.max_findings) {
        ++out_.unlisted;
        return;
      }
      ++out_.questions;
      z3::expr_vector assumptions(context_);
      assumptions.push_back(wanted);
      switch (query.solver.check(assumptions)) {
        case z3::unsat:
          if (query.inexact_key()) {
            leave_open(gained, fmt::format("the patterns on `{}` combine in more ways than can be told apart",
                                           *query.inexact_key()));
          }
          return;
        case z3::unknown:
          leave_open(gained, fmt::format("the solver gave up within its limit of {} units ({})", options_.rlimit,
                                         query.solver.reason_unknown()));
          return;
        case z3::sat:
          break;
      }
      auto found = difference(query.valuation(query.solver.get_model()), gained, now, old_judge, new_judge);
      if (!found) return;
      query.require(!wanted || !formulas.grouped(query, found->turns, gained));
      out_.differences.push_back(std::move(*found));
      ++listed;
      const Difference last = out_.differences.back();
      pass_over(query, formulas, wanted, last);
    }
  }

  // The plainest flow of the group that the solver's flow belongs to, replayed through both policies.
  std::optional<Difference> difference(const Valuation& valuation, bool gained, Moment now, const Judge& old_judge,
                                       const Judge& new_judge) {
    const auto shown_by = [&](const Witness& witness) {
      return turns_of(
          model::evaluate(old_judge.policy, witness.flow(), now), witness.decision, gained,
          [&](const Decider& each) { return old_judge.whole(each); },
          [&](const Decider& each) { return new_judge.whole(each); });
    };
    const Witness first = universe_.concrete(valuation, now, new_judge.policy);
    Difference out;
    out.gained = gained;
    out.turns = shown_by(first);
    out.when.from = now;
    if (universe_.legal(valuation) && !out.turns.empty()) {
      out.witness = plainest(universe_, valuation, now, new_judge.policy, after_,
                             [&](const Witness& witness) { return shown_by(witness) == out.turns; });
      out.before = model::evaluate(before_, out.witness.flow(), now);
      if (turns_of(out.before, out.witness.decision, gained) == out.turns) return out;
    }
    out_.internal_errors.push_back(fmt::format("the solver's answer to what is {} does not reproduce: {}",
                                               gained ? "gained" : "lost", describe(first)));
    leave_open(gained, "the solver and the evaluator disagree");
    return {};
  }

  // True if somebody asked for the end; what was not looked at by then is open.
  bool stopped() {
    if (!cancelled(options_.cancellation)) return false;
    for (const bool gained : {true, false}) leave_open(gained, "the comparison was cancelled");
    return true;
  }

  void leave_open(bool gained, std::string why) {
    (gained ? out_.gained_open : out_.lost_open) = true;
    const char* what = gained ? "which flows are gained" : "which flows are lost";
    const bool known = std::ranges::any_of(out_.not_checked, [&](const NotChecked& gap) { return gap.what == what; });
    if (!known) out_.not_checked.push_back({{}, what, std::move(why)});
  }

  void dump(Query& query, const z3::expr& wanted, bool gained, std::size_t interval) const {
    if (!options_.dump_smt) return;
    std::error_code ignored;  // a missing file shows itself; a dump must not change the answer
    std::filesystem::create_directories(*options_.dump_smt, ignored);
    std::string name = gained ? "diff-gained" : "diff-lost";
    if (interval > 0) name += fmt::format("-{}", interval);
    std::ofstream file(*options_.dump_smt / (name + ".smt2"), std::ios::binary);
    file << "; sat: the model is a flow that is " << (gained ? "gained" : "lost") << "\n(set-logic QF_BV)\n"
         << smt_of(query.solver) << "(assert " << wanted << ")\n(check-sat)\n";
  }

  const Policy& before_;
  const Policy& after_;
  const Options& options_;
  std::size_t max_alike_;
  const Pairing& pairing_;
  Universe universe_;
  Slicer slicer_;
  Diff& out_;
  z3::context context_;
  std::map<std::uint32_t, model::RuleId> known_old_;  // the rule of `both`
  std::map<std::uint32_t, model::RuleId> known_new_;
  std::set<Statement> changed_before_;  // those of the old policy that the new one lacks
  std::set<Statement> changed_after_;
  std::vector<Region> regions_;
};

std::size_t audited_in(const Policy& policy) {
  return static_cast<std::size_t>(std::ranges::count_if(policy.rules, &model::Rule::audit) +
                                  std::ranges::count_if(policy.isolations, &model::Isolation::audit));
}

std::vector<VocabularyChange> vocabulary_changes(const Policy& before, const Policy& after) {
  std::set<model::LabelKey> keys;
  for (const Policy* policy : {&before, &after}) {
    for (const auto& [key, domain] : policy->schema) keys.insert(key);
  }
  std::vector<VocabularyChange> out;
  for (const model::LabelKey& key : keys) {
    const auto of = [&](const Policy& policy) {
      const auto declared = policy.schema.find(key);
      return declared == policy.schema.end() ? std::nullopt : std::optional(declared->second);
    };
    VocabularyChange change{key, of(before), of(after)};
    const auto values = [](const std::optional<model::KeyDomain>& domain) {
      std::optional<std::set<std::string>> of_key;
      if (domain->values) of_key.emplace(domain->values->begin(), domain->values->end());
      return of_key;
    };
    if (change.before && change.after && values(change.before) == values(change.after)) continue;
    out.push_back(std::move(change));
  }
  return out;
}

}  // namespace

std::vector<Turn> turns_of(const model::Decision& before, const model::Decision& after) {
  return turns_of(before, after, after.allowed);
}

Diff diff(const Policy& before, const Policy& after, const model::Inventory* inventory, const Options& options,
          std::size_t max_alike) {
  Diff out;
  out.audited = audited_in(before) + audited_in(after);
  out.vocabulary = vocabulary_changes(before, after);
  const Pairing pairing = pair_up(before, after, options.now);
  out.changed_rules = pairing.changed_rules.size();
  if (!pairing.same()) Comparison(before, after, inventory, options, max_alike, pairing, out).run();
  return out;
}

}  // namespace weft::verifier
