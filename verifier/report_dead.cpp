#include "verifier/report_dead.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "verifier/diagnostics.h"
#include "verifier/report_text.h"

namespace weft::verifier {

using model::Direction;
using model::RuleId;

namespace {

// More of them would not be read.
constexpr std::size_t max_labels = 4;

class DeadReporter {
 public:
  DeadReporter(const model::Policy& policy, const Sources& sources, Diagnostics& diagnostics, const Diagnostics& said)
      : policy_(policy), sources_(sources), diagnostics_(diagnostics), said_(said) {}

  void say(const Dead& dead) {
    const std::string_view what = word(policy_, dead.what);
    const auto place = place_in(sources_, span_of(policy_, dead.what));
    switch (dead.kind) {
      case Dead::Kind::Shadowed: {
        Diagnostic& out = diagnostics_.report(shadowed, place, what);
        show(out, dead, "decides before it");
        if (dead.blockers.empty()) {
          out.note(dead.why).suggest("take another profile, if nodes are to be judged like others, or delete it");
          remove(out, dead, Applicability::MaybeIncorrect);
          return;
        }
        out.suggest(hidden_by_order(dead) ? "put it before them, narrow them, or delete it"
                                          : "narrow what decides before it, or delete it");
        remove(out, dead, Applicability::MaybeIncorrect);
        return;
      }
      case Dead::Kind::Overridden: {
        Diagnostic& out = diagnostics_.report(overridden, place);
        show(out, dead, "denies it");
        out.suggest("narrow the `deny`, give the policy of the `allow` a priority before it, or delete the `allow`");
        remove(out, dead, Applicability::MaybeIncorrect);
        return;
      }
      case Dead::Kind::Redundant: {
        Diagnostic& out = diagnostics_.report(
            redundant, place, what, dead.blockers.size() == 1 ? "another statement says" : "others together say");
        show(out, dead, "says the same");
        remove(out, dead, can_go(dead) ? Applicability::MachineApplicable : Applicability::MaybeIncorrect);
        return;
      }
      case Dead::Kind::Contradictory: {
        if (is_said_of(place, "W1046")) return;  // a statement without a gate, known without a proof
        Diagnostic& out = diagnostics_.report(contradictory, place, what, dead.why);
        show_use(out, dead.what);
        out.note("in the open world: whatever labels and addresses there may be")
            .suggest("compare what it asks for: parts of it exclude each other");
        return;
      }
    }
  }

  void say(const Unreachable& whole) {
    const bool tier = std::holds_alternative<model::TierId>(whole.what);
    const auto& [name, span] = std::visit(
        [&](auto id) { return std::pair<std::string, Span>(policy_[id].name, policy_[id].span); }, whole.what);
    const std::string_view what = tier ? "tier" : "policy";
    if (whole.blockers.empty()) {
      diagnostics_
          .report(unreachable, place_in(sources_, span), what, name,
                  tier                    ? "no policy is in it"
                  : says_something(whole) ? "all that it says is about `none`"
                                          : "it says nothing")
          .suggest(fmt::format("fill the {}, or delete it", what));
      return;
    }
    Diagnostic& out = diagnostics_.report(unreachable, place_in(sources_, span), what, name,
                                          "whatever it speaks of is decided before");
    label(out, whole.blockers, "decides before it");
    show(out, whole.example);
    out.suggest(tier ? "put the tier before those that decide, or narrow what they match"
                     : "narrow what decides before it, move it to an earlier tier or priority, or delete it");
  }

 private:
  void show(Diagnostic& out, const Dead& dead, std::string_view what_they_do) {
    show_use(out, dead.what);
    label(out, dead.blockers, what_they_do);
    show(out, dead.example);
  }

  void label(Diagnostic& out, const std::vector<Statement>& blockers, std::string_view what_they_do) {
    const std::size_t shown = blockers.size() > max_labels ? max_labels - 1 : blockers.size();
    for (std::size_t i = 0; i < shown; ++i) {
      const Statement& each = blockers[i];
      const std::string tier = policy_.tiers.size() > 1 ? fmt::format(", in tier `{}`", name_of_tier(each)) : "";
      add_label(out, sources_, span_of(policy_, each), fmt::format("{}{}", what_they_do, tier));
      show_use(out, each);
    }
    if (shown < blockers.size()) {
      out.note(fmt::format("{} others have a part in it, the first at {}", blockers.size() - shown,
                           sources_.location(span_of(policy_, blockers[shown]))));
    }
  }

  void show(Diagnostic& out, const std::optional<Witness>& example) {
    if (example) {
      out.note("for example " + describe(*example));
      out.note(describe_gate(*example, Direction::Egress, policy_, sources_));
      out.note(describe_gate(*example, Direction::Ingress, policy_, sources_));
    }
    out.note("in the open world: so it is for every workload there may be");
  }

  bool says_something(const Unreachable& whole) const {
    const auto of_it = [&](const auto& statement) { return statement.block == std::get<model::BlockId>(whole.what); };
    return std::ranges::any_of(policy_.rules, of_it) || std::ranges::any_of(policy_.isolations, of_it);
  }

  bool is_said_of(const std::optional<Span>& place, std::string_view code) const {
    return std::ranges::any_of(said_.all(),
                               [&](const Diagnostic& each) { return each.code == code && each.span == place; });
  }

  void show_use(Diagnostic& out, Statement statement) {
    const auto used_at = std::visit([&](auto id) { return policy_[id].used_at; }, statement);
    if (used_at) add_label(out, sources_, *used_at, "in this use of its template");
  }

  const std::string& name_of_tier(Statement statement) const {
    return policy_[std::visit([&](auto id) { return policy_[id].tier; }, statement)].name;
  }

  // In one ordered policy, the order is the remedy.
  bool hidden_by_order(const Dead& dead) const {
    const model::BlockId block = block_of(policy_, dead.what);
    return policy_[block].ordered && std::ranges::all_of(dead.blockers, [&](const Statement& each) {
             return std::holds_alternative<RuleId>(each) && block_of(policy_, each) == block;
           });
  }

  // Deleting it is nobody's decision: what says the same stands beside it, and nothing else speaks of it.
  bool can_go(const Dead& dead) const {
    const auto* id = std::get_if<RuleId>(&dead.what);
    if (!id) return false;
    const model::Rule& rule = policy_[*id];
    const bool beside = std::ranges::all_of(dead.blockers, [&](const Statement& each) {
      const auto* other = std::get_if<RuleId>(&each);
      return other && policy_[*other].block == rule.block && !policy_[*other].used_at;
    });
    const bool by_itself = std::ranges::count(policy_.rules, rule.block, &model::Rule::block) > 1;
    return beside && by_itself && rule.id.empty() && rule.because.empty() && rule.annotations.empty() && !rule.log;
  }

  void remove(Diagnostic& out, const Dead& dead, Applicability applicability) {
    const auto edit = deletion(policy_, sources_, dead.what);
    if (!edit) return;
    out.fix({fmt::format("delete this {}", word(policy_, dead.what)), {*edit}, applicability});
  }

  const model::Policy& policy_;
  const Sources& sources_;
  Diagnostics& diagnostics_;
  const Diagnostics& said_;
};

}  // namespace

void report_dead(const Report& report, const model::Policy& policy, const Sources& sources, Diagnostics& diagnostics,
                 const Diagnostics& said) {
  DeadReporter reporter(policy, sources, diagnostics, said);
  for (const Unreachable& whole : report.unreachable) reporter.say(whole);
  for (const Dead& dead : report.dead) reporter.say(dead);
}

}  // namespace weft::verifier
