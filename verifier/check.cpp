#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "verifier/prover.h"
#include "verifier/verifier.h"

namespace weft::verifier {

using model::Direction;
using model::Rule;
using model::RuleId;
using model::Verdict;

namespace {

// Two rules whose verdicts a reader cannot both have meant, should one flow match them.
struct Pair {
  RuleId first;
  RuleId second;
  Finding::Kind kind;
};

// Silenced by its author.
bool expects_conflict(const Rule& rule) {
  return std::ranges::any_of(rule.annotations, [](const model::Annotation& annotation) {
    return annotation.name == "expect" && std::ranges::find(annotation.values, "conflict") != annotation.values.end();
  });
}

// While both are in force, if ever from `now` on.
std::optional<Interval> common_time(const Rule& a, const Rule& b, model::Moment now) {
  Interval out{now, {}};
  for (const Rule* rule : {&a, &b}) {
    if (!rule->expires) continue;
    if (*rule->expires <= now) return {};
    if (!out.until || *rule->expires < *out.until) out.until = rule->expires;
  }
  return out;
}

std::optional<Finding::Kind> contradiction(const model::Policy& policy, const Rule& a, const Rule& b) {
  if (a.tier != b.tier || a.verdict == b.verdict || a.level.priority != b.level.priority) return {};
  const bool share_a_gate = (a.at_source && b.at_source) || (a.at_destination && b.at_destination);
  if (!share_a_gate) return {};
  const model::PolicyBlock& left = policy[a.block];
  const model::PolicyBlock& right = policy[b.block];
  if (a.block != b.block && (left.ordered || right.ordered) && left.priority_stated && right.priority_stated) {
    return Finding::Kind::AmbiguousPriority;
  }
  // Rules of one ordered policy are never of one level: their order is what its author says. A pass gives way by its nature.
  if (a.level != b.level || a.verdict == Verdict::Pass || b.verdict == Verdict::Pass) return {};
  if (expects_conflict(a) || expects_conflict(b)) return {};
  return Finding::Kind::Conflict;
}

// Those that may match one flow, as far as can be told without the solver. Quadratic in the rules of one tier and
// priority, so the cheap tests go first and nothing is kept of the others but their number.
std::vector<Pair> contradicting_pairs(const model::Policy& policy, model::Moment now, const Slicer& slicer,
                                      std::size_t& considered) {
  // Only rules of one tier and priority can contradict each other, and only where both are in force.
  std::map<std::pair<model::TierId, std::int64_t>, std::vector<std::uint32_t>> together;
  for (std::uint32_t i = 0; i < policy.rules.size(); ++i) {
    if (policy.rules[i].audit) continue;
    together[{policy.rules[i].tier, policy.rules[i].level.priority}].push_back(i);
  }
  std::vector<Pair> out;
  for (const auto& [level, rules] : together) {
    for (std::size_t i = 0; i < rules.size(); ++i) {
      for (std::size_t j = i + 1; j < rules.size(); ++j) {
        const auto kind = contradiction(policy, policy.rules[rules[i]], policy.rules[rules[j]]);
        if (!kind || !common_time(policy.rules[rules[i]], policy.rules[rules[j]], now)) continue;
        ++considered;
        const Pair pair{RuleId{rules[i]}, RuleId{rules[j]}, *kind};
        if (slicer.may_overlap(pair.first, pair.second)) out.push_back(pair);
      }
    }
  }
  std::ranges::sort(out, {}, [](const Pair& pair) { return std::pair{pair.first, pair.second}; });
  return out;
}

void find_contradictions(const model::Policy& policy, const Options& options, Prover& prover, Report& report) {
  const std::vector<Pair> pairs = contradicting_pairs(policy, options.now, prover.slicer(), report.statistics.pairs);
  std::set<std::pair<model::BlockId, model::BlockId>> ambiguous;  // said once per pair of policies
  std::size_t unlooked = 0;
  Span first_unlooked{};
  for (const Pair& pair : pairs) {
    const Rule& first = policy[pair.first];
    const Rule& second = policy[pair.second];
    const auto blocks = std::minmax(first.block, second.block);
    if (pair.kind == Finding::Kind::AmbiguousPriority && ambiguous.contains(blocks)) continue;
    // Past the limit, further conflicts would only be more warnings; an ambiguity is an error and always looked for.
    if (pair.kind == Finding::Kind::Conflict && report.findings.size() >= options.max_findings) {
      if (unlooked++ == 0) first_unlooked = first.span;
      continue;
    }
    std::string undecided;
    for (const Direction direction : {Direction::Egress, Direction::Ingress}) {
      const bool speak = direction == Direction::Egress ? first.at_source && second.at_source
                                                        : first.at_destination && second.at_destination;
      if (!speak) continue;
      Answer answer = prover.disjoint(pair.first, pair.second, direction);
      if (const auto* unknown = std::get_if<Undecided>(&answer)) undecided = unknown->why;
      if (auto* shown = std::get_if<Refuted>(&answer)) {
        report.findings.push_back({pair.kind, pair.first, pair.second, direction, std::move(shown->witness),
                                   *common_time(first, second, options.now)});
        if (pair.kind == Finding::Kind::AmbiguousPriority) ambiguous.insert(blocks);
        undecided.clear();
        break;
      }
    }
    if (!undecided.empty()) {
      report.not_checked.push_back(
          {first.span, "whether this rule and one with another verdict match the same flow", undecided});
    }
  }
  if (unlooked > 0) {
    report.not_checked.push_back({first_unlooked,
                                  fmt::format("{} further pairs of opposite rules that may conflict", unlooked),
                                  fmt::format("{} findings were reported before", report.findings.size()), true});
  }
}

// One answer for all time: broken once is broken, and what is open at some time is open.
AssertionResult judged(std::vector<TimedAnswer> parts) {
  const auto worst = std::ranges::max_element(parts, {}, [](const TimedAnswer& part) {
    return std::holds_alternative<Refuted>(part.answer) ? 2 : std::holds_alternative<Undecided>(part.answer) ? 1 : 0;
  });
  AssertionResult out{worst->answer};
  const bool by_time = parts.size() > 1 || parts[0].when.until.has_value();
  if (by_time) out.parts = std::move(parts);
  return out;
}

}  // namespace

bool Report::has_errors() const {
  return std::ranges::any_of(findings, [](const Finding& f) { return f.kind == Finding::Kind::AmbiguousPriority; }) ||
         std::ranges::any_of(assertions,
                             [](const AssertionResult& a) { return std::holds_alternative<Refuted>(a.answer); });
}

bool Report::has_undecided() const {
  const bool gaps = std::ranges::any_of(not_checked, [](const NotChecked& gap) { return !gap.only_a_warning; });
  return gaps || std::ranges::any_of(assertions, [](const AssertionResult& a) {
    return std::holds_alternative<Undecided>(a.answer);
  });
}

Report check(const model::Policy& policy, const model::Inventory* inventory, const Options& options) {
  Report report;
  const Universe universe(policy, inventory);
  Prover prover(policy, universe, options);

  find_contradictions(policy, options, prover, report);
  for (std::size_t i = 0; i < policy.assertions.size(); ++i) report.assertions.push_back(judged(prover.holds(i)));
  report.audited_rules = static_cast<std::size_t>(std::ranges::count_if(policy.rules, &Rule::audit));
  report.audited_isolations =
      static_cast<std::size_t>(std::ranges::count_if(policy.isolations, &model::Isolation::audit));

  report.internal_errors = prover.internal_errors();
  report.statistics.questions = prover.questions();
  return report;
}

}  // namespace weft::verifier
