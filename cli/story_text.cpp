#include "cli/story_text.h"

#include <fmt/format.h>

#include "base/text.h"
#include "cli/test_text.h"
#include "model/moment.h"

namespace weft::cli {
namespace {

using driver::Change;
using driver::GateWalk;
using driver::TierStep;
using model::Direction;
using model::Verdict;

std::string_view verdict_word(Verdict verdict) {
  return verdict == Verdict::Allow ? "allowed" : verdict == Verdict::Deny ? "denied" : "passed on";
}

std::string_view verb(Verdict verdict) {
  return verdict == Verdict::Allow ? "allows" : verdict == Verdict::Deny ? "denies" : "passes";
}

class Teller {
 public:
  Teller(const model::Policy& policy, const Sources& sources) : policy_(policy), sources_(sources) {}

  std::string tell(const driver::FlowStory& story) {
    line(1, fmt::format("from  {}", story.source));
    line(1, fmt::format("to    {}", story.destination));
    if (story.walk.self) {
      line(1, "both are the same instance, whose traffic to itself passes no gate");
      return std::move(out_);
    }
    gate(story.walk.egress);
    gate(story.walk.ingress);
    changes(story);
    return std::move(out_);
  }

 private:
  void line(std::size_t level, const std::string& text) { out_ += std::string(2 * level, ' ') + text + '\n'; }

  std::string quoted(Span span) const { return fmt::format("`{}`", on_one_line(sources_.text(span))); }

  template <typename Statement>
  std::string named(const Statement& statement) const {
    const std::string& block = policy_[statement.block].name;
    return fmt::format("{} of policy `{}` ({})", quoted(statement.span), printable(block),
                       sources_.location(statement.span));
  }

  void gate(const GateWalk& walk) {
    const bool leaving = walk.direction == Direction::Egress;
    const std::string where = leaving ? "leaving the source" : "entering the destination";
    out_ += '\n';
    if (!walk.decision) return line(1, where + ": no gate stands there, so nothing is asked");
    line(1, fmt::format("{}: {}", where, verdict_word(walk.decision->verdict)));
    if (walk.decision->reason == model::Reason::OwnNode) {
      return line(2, fmt::format("profile `{}` lets the node in that a workload runs on", policy_.profile.name));
    }
    for (const TierStep& step : walk.steps) tier(step);
    if (walk.decision->reason == model::Reason::Profile) {
      line(2, fmt::format("no tier decides, so profile `{}` does: it {} what nothing speaks of", policy_.profile.name,
                          verb(walk.decision->verdict)));
    }
    for (const model::RuleId id : walk.near) {
      if (policy_[id].verdict == walk.decision->verdict) continue;  // would change nothing, whatever its services
      line(2, fmt::format("near: {} speaks of these two, and of another service", named(policy_[id])));
    }
    would_be(*walk.decision);
  }

  void would_be(const model::GateDecision& decision) {
    if (!decision.would_be || decision.would_be->verdict == decision.verdict) return;
    line(2, fmt::format("without `audit` it would be {}", verdict_word(decision.would_be->verdict)));
  }

  void tier(const TierStep& step) {
    const std::string name = fmt::format("tier `{}`: ", policy_[step.tier].name);
    switch (step.outcome) {
      case TierStep::Outcome::Silent:
        line(2, name + "no rule and no isolation speaks of this flow");
        break;
      case TierStep::Outcome::Skipped:
        line(2, name + "passed over");
        break;
      case TierStep::Outcome::Decided:
      case TierStep::Outcome::Passed: {
        const model::Rule& rule = policy_[*step.rule];
        line(2, fmt::format("{}{} {} it{}", name, named(rule), verb(rule.verdict), passed_to(rule)));
        break;
      }
      case TierStep::Outcome::Isolation: {
        const model::Isolation& isolation = policy_[*step.isolation];
        line(2, fmt::format("{}no rule allows it, and {} {}", name, named(isolation),
                            isolation.audit ? "only records that" : "denies what no rule of the tier allows"));
        break;
      }
    }
    for (const model::RuleId id : step.overruled) {
      line(3, fmt::format("{} matches, too: {}", named(policy_[id]), why_later(policy_[*step.rule], policy_[id])));
    }
    for (const model::RuleId id : step.audited) {
      line(3, fmt::format("{} matches, and is only audited", named(policy_[id])));
    }
    for (const model::RuleId id : step.expired) {
      line(3, fmt::format("{} matched until {}, when it expired", named(policy_[id]),
                          model::to_string(*policy_[id].expires)));
    }
  }

  std::string passed_to(const model::Rule& rule) const {
    if (rule.verdict != Verdict::Pass) return "";
    const std::size_t next =
        rule.pass_to ? static_cast<std::size_t>(*rule.pass_to) : static_cast<std::size_t>(rule.tier) + 1;
    return next < policy_.tiers.size() ? fmt::format(" on to tier `{}`", policy_.tiers[next].name)
                                       : " on to the profile";
  }

  // What puts one rule of a tier before another.
  static std::string why_later(const model::Rule& first, const model::Rule& later) {
    if (first.level.priority != later.level.priority) {
      return fmt::format("its priority {} comes after {}", later.level.priority, first.level.priority);
    }
    if (first.level.index != later.level.index) return "it comes later in an `ordered` policy";
    if (first.verdict == later.verdict) return "it says the same";
    return fmt::format("at one level `{}` comes before `{}`", word(first.verdict), word(later.verdict));
  }

  static std::string_view word(Verdict verdict) {
    return verdict == Verdict::Allow ? "allow" : verdict == Verdict::Deny ? "deny" : "pass";
  }

  void changes(const driver::FlowStory& story) {
    if (story.changes.empty()) return;
    out_ += '\n';
    line(1, fmt::format("to {} it{}:", story.walk.allowed ? "forbid" : "allow",
                        story.changes.size() > 1 ? ", all of these" : ""));
    for (const Change& change : story.changes) this->change(change, story.walk.allowed);
    line(1, fmt::format("tried on a copy: the flow is then {}", story.walk.allowed ? "denied" : "allowed"));
  }

  void change(const Change& change, bool allowed) {
    switch (change.kind) {
      case Change::Kind::Renew:
        return line(2, fmt::format("give {} a later deadline", named(policy_[*change.rule])));
      case Change::Kind::Enforce:
        return line(2, fmt::format("drop `audit` from {}",
                                   change.rule ? named(policy_[*change.rule]) : named(policy_[*change.isolation])));
      case Change::Kind::Widen:
        return line(2, fmt::format("add `{}` to the services of {}", change.text, named(policy_[*change.rule])));
      case Change::Kind::Narrow:
        return line(2, fmt::format("narrow {}, which {} it, or take it out", named(policy_[*change.rule]),
                                   allowed ? "allows" : "denies"));
      case Change::Kind::Add:
        break;
    }
    const std::string where = change.block ? fmt::format("to policy `{}` ({})", printable(policy_[*change.block].name),
                                                         sources_.location(policy_[*change.block].span))
                                           : fmt::format("in a policy of tier `{}`", policy_[change.tier].name);
    line(2, fmt::format("add {}:", where));
    line(3, change.text);
    std::string whom;
    if (change.sources > 0) whom = counted(change.sources, "source", "sources");
    if (change.destinations > 0) {
      whom += (whom.empty() ? "" : " and ") + counted(change.destinations, "destination", "destinations");
    }
    if (!whom.empty()) line(3, fmt::format("it speaks of {} of the inventory", whom));
  }

  const model::Policy& policy_;
  const Sources& sources_;
  std::string out_;
};

}  // namespace

std::string story_text(const driver::FlowStory& story, const model::Policy& policy, const Sources& sources) {
  return Teller(policy, sources).tell(story);
}

}  // namespace weft::cli
