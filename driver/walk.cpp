#include "driver/walk.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/text.h"

namespace weft::driver {
namespace {

using model::Direction;
using model::RuleId;
using model::Verdict;

constexpr std::size_t most_near = 3;

// Deny before allow before pass, and the first in the text among equals: the order of model::evaluate.
auto precedence(const model::Policy& policy, RuleId id) {
  const model::Rule& rule = policy[id];
  const int rank = rule.verdict == Verdict::Deny ? 0 : rule.verdict == Verdict::Allow ? 1 : 2;
  return std::tuple(rule.level, rank, id);
}

class Tracer {
 public:
  Tracer(const model::Policy& policy, Direction direction, const model::Flow& flow, model::Moment now)
      : policy_(policy), direction_(direction), flow_(flow), now_(now) {}

  GateWalk run() {
    GateWalk out;
    out.direction = direction_;
    out.decision = model::evaluate_gate(policy_, direction_, flow_, now_);
    if (!out.decision || out.decision->reason == model::Reason::OwnNode) return out;
    gather();
    std::uint32_t resume = 0;  // the tier at which the walk goes on
    bool decided = false;
    for (std::uint32_t tier = 0; tier < policy_.tiers.size() && !decided; ++tier) {
      TierStep step = std::move(steps_[tier]);
      if (tier < resume) {
        step = {model::TierId{tier}, TierStep::Outcome::Skipped, {}, {}, {}, {}, {}};
      } else {
        decided = judge(step, resume);
      }
      out.steps.push_back(std::move(step));
    }
    check(out);
    if (out.decision->reason != model::Reason::Rule) out.near = near_rules();
    return out;
  }

 private:
  // Every rule that matches, to its tier: in force, audited or expired.
  void gather() {
    for (std::uint32_t tier = 0; tier < policy_.tiers.size(); ++tier) {
      steps_.push_back({model::TierId{tier}, TierStep::Outcome::Silent, {}, {}, {}, {}, {}});
    }
    for (std::uint32_t i = 0; i < policy_.rules.size(); ++i) {
      const model::Rule& rule = policy_.rules[i];
      if (!model::matches(rule, direction_, flow_)) continue;
      TierStep& step = steps_[static_cast<std::size_t>(rule.tier)];
      const bool over = rule.expires && now_ >= *rule.expires;
      (over ? step.expired : rule.audit ? step.audited : step.overruled).push_back(RuleId{i});
    }
  }

  bool judge(TierStep& step, std::uint32_t& resume) {
    std::ranges::sort(step.overruled, {}, [&](RuleId id) { return precedence(policy_, id); });
    if (!step.overruled.empty()) {
      step.rule = step.overruled.front();
      step.overruled.erase(step.overruled.begin());
      const model::Rule& rule = policy_[*step.rule];
      step.outcome = rule.verdict == Verdict::Pass ? TierStep::Outcome::Passed : TierStep::Outcome::Decided;
      if (rule.verdict != Verdict::Pass) return true;
      resume = rule.pass_to ? static_cast<std::uint32_t>(*rule.pass_to) : static_cast<std::uint32_t>(step.tier) + 1;
      return false;
    }
    step.isolation = isolation_of(step.tier);
    if (!step.isolation) return false;
    step.outcome = TierStep::Outcome::Isolation;
    return true;
  }

  // An isolation in force comes before an audited one.
  std::optional<model::IsolationId> isolation_of(model::TierId tier) const {
    const model::End& subject = direction_ == Direction::Egress ? flow_.source : flow_.destination;
    std::optional<model::IsolationId> audited;
    for (std::uint32_t i = 0; i < policy_.isolations.size(); ++i) {
      const model::Isolation& isolation = policy_.isolations[i];
      const bool speaks = direction_ == Direction::Egress ? isolation.egress : isolation.ingress;
      if (isolation.tier != tier || !speaks || !model::matches(isolation.subject, subject)) continue;
      if (!isolation.audit) return model::IsolationId{i};
      if (!audited) audited = model::IsolationId{i};
    }
    return audited;
  }

  void check(const GateWalk& out) const {
    const bool ended = !out.steps.empty() && (out.steps.back().outcome == TierStep::Outcome::Decided ||
                                              out.steps.back().outcome == TierStep::Outcome::Isolation);
    const bool same =
        ended ? out.steps.back().rule == out.decision->rule && out.steps.back().isolation == out.decision->isolation
              : out.decision->reason == model::Reason::Profile;
    WEFT_ASSERT(same, "a walk ends where model::evaluate ends");
  }

  std::vector<RuleId> near_rules() const {
    std::vector<RuleId> out;
    for (std::uint32_t i = 0; i < policy_.rules.size() && out.size() < most_near; ++i) {
      const model::Rule& rule = policy_.rules[i];
      const bool speaks = direction_ == Direction::Egress ? rule.at_source : rule.at_destination;
      if (!speaks || rule.verdict == Verdict::Pass || rule.audit) continue;
      if (!model::matches(rule.source, flow_.source) || !model::matches(rule.destination, flow_.destination)) continue;
      if (!model::matches(rule.ports, flow_)) out.push_back(RuleId{i});
    }
    return out;
  }

  const model::Policy& policy_;
  Direction direction_;
  const model::Flow& flow_;
  model::Moment now_;
  std::vector<TierStep> steps_;
};

// A rule on one line: the first of its text, marked where there is more.
std::string one_line(std::string_view text) {
  const std::size_t end = text.find('\n');
  std::string out = printable(text.substr(0, end));
  while (out.ends_with(' ')) out.pop_back();
  return end == std::string_view::npos ? out : out + " …";
}

class Writer {
 public:
  Writer(const model::Policy& policy, const Sources& sources) : policy_(policy), sources_(sources) {}

  std::vector<std::string> write(const Walk& walk) {
    if (walk.self) {
      line(0, "no gate: a workload's traffic to itself passes none");
      return std::move(out_);
    }
    gate(walk.egress);
    gate(walk.ingress);
    return std::move(out_);
  }

 private:
  void line(std::size_t level, std::string text) { out_.push_back(std::string(2 * level, ' ') + std::move(text)); }

  std::string place(const auto& statement) const {
    return fmt::format("`{}` at {}: {}", policy_[statement.block].name, sources_.location(statement.span),
                       one_line(sources_.text(statement.span)));
  }

  void gate(const GateWalk& walk) {
    const std::string_view end = walk.direction == Direction::Egress ? "source" : "destination";
    if (!walk.decision) return line(0, fmt::format("gate at {}: none, which allows", end));
    line(0, fmt::format("gate at {}: {}", end, to_string(walk.decision->verdict)));
    if (walk.decision->reason == model::Reason::OwnNode) {
      return line(1, fmt::format("profile `{}`: a workload's own node may enter", policy_.profile.name));
    }
    for (const TierStep& step : walk.steps) tier(step);
    if (walk.decision->reason == model::Reason::Profile) {
      line(1, fmt::format("after the last tier: {} by profile `{}`", to_string(walk.decision->verdict),
                          policy_.profile.name));
    }
    for (const RuleId id : walk.near) line(1, fmt::format("not this service: {}", place(policy_[id])));
  }

  void tier(const TierStep& step) {
    const std::string name = fmt::format("tier `{}`", policy_[step.tier].name);
    switch (step.outcome) {
      case TierStep::Outcome::Silent:
        line(1, name + ": nothing speaks of this flow");
        break;
      case TierStep::Outcome::Skipped:
        line(1, name + ": passed over");
        break;
      case TierStep::Outcome::Decided:
      case TierStep::Outcome::Passed:
        line(1, fmt::format("{}: {} by {}", name, to_string(policy_[*step.rule].verdict), place(policy_[*step.rule])));
        break;
      case TierStep::Outcome::Isolation: {
        const model::Isolation& isolation = policy_[*step.isolation];
        line(1, fmt::format("{}: {} by isolation in {}", name, isolation.audit ? "allow (audited)" : "deny",
                            place(isolation)));
        break;
      }
    }
    for (const RuleId id : step.overruled) line(2, fmt::format("overruled: {}", place(policy_[id])));
    for (const RuleId id : step.audited) line(2, fmt::format("audited only: {}", place(policy_[id])));
    for (const RuleId id : step.expired) line(2, fmt::format("expired: {}", place(policy_[id])));
  }

  const model::Policy& policy_;
  const Sources& sources_;
  std::vector<std::string> out_;
};

}  // namespace

Walk walk(const model::Policy& policy, const model::Flow& flow, model::Moment now) {
  const model::Decision decision = model::evaluate(policy, flow, now);
  Walk out;
  out.allowed = decision.allowed;
  out.self = decision.self;
  out.ingress.direction = Direction::Ingress;
  if (out.self) return out;
  out.egress = Tracer(policy, Direction::Egress, flow, now).run();
  out.ingress = Tracer(policy, Direction::Ingress, flow, now).run();
  return out;
}

std::vector<std::string> lines_of(const Walk& walk, const model::Policy& policy, const Sources& sources) {
  return Writer(policy, sources).write(walk);
}

std::string describe_end(const std::string& name, const model::End& end, const std::vector<model::LabelKey>& keys) {
  std::string labels;
  for (const auto& [key, value] : end.peer->labels) {
    if (std::ranges::find(keys, key) == keys.end()) continue;
    labels += fmt::format("{}{}: \"{}\"", labels.empty() ? "" : ", ", model::to_string(key), printable(value));
  }
  std::string out = printable(name);
  if (!labels.empty()) out += fmt::format("{}{{{}}}", out.empty() ? "" : " ", labels);
  if (end.address && out != model::to_string(*end.address)) out += fmt::format(" {}", model::to_string(*end.address));
  return out;
}

}  // namespace weft::driver
