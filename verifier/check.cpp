#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "verifier/before.h"
#include "verifier/closed.h"
#include "verifier/dead.h"
#include "verifier/opposed.h"
#include "verifier/path.h"
#include "verifier/path_closed.h"
#include "verifier/prover.h"
#include "verifier/verifier.h"

namespace weft::verifier {

using model::Direction;
using model::Rule;

namespace {

// Pairs of opposite rules of which each may be a question to the solver. Nobody reads as many conflicts.
constexpr std::size_t most_looks = 10'000;

// The first stretch of time at which the two decide some flow at that gate.
std::optional<Finding> look_at(const model::Policy& policy, const Pair& pair, Direction direction,
                               const Options& options, Prover& prover, std::string& undecided) {
  const Rule& first = policy[pair.first];
  // What decides between policies of one priority is their positions, so only other priorities come before them.
  const PlaceInWalk place{first.tier,
                          pair.kind == Finding::Kind::Conflict ? first.level : model::Level{first.level.priority, 0}};
  const Interval both = *common_time(first, policy[pair.second], options.now);
  const Slice earlier = before(policy, prover.slicer(), place, pair.first, pair.second, direction);
  std::vector<model::Moment> moments = cuts(policy, earlier, options.now);
  if (both.until) std::erase_if(moments, [&](model::Moment moment) { return moment >= *both.until; });
  for (auto moment = moments.begin(); moment != moments.end(); ++moment) {
    const Slice now = in_force(policy, earlier, *moment);
    if (visibly_settles(policy, now, pair.first, pair.second, direction)) continue;
    Answer answer = prover.disjoint(pair.first, pair.second, direction, now, place, *moment);
    bool decisive = true;
    if (std::holds_alternative<Undecided>(answer)) {
      // Perhaps it can at least be told whether they match one flow.
      decisive = false;
      answer = prover.disjoint(pair.first, pair.second, direction, {}, place, *moment);
    }
    if (const auto* unknown = std::get_if<Undecided>(&answer)) undecided = unknown->why;
    auto* shown = std::get_if<Refuted>(&answer);
    if (shown == nullptr) continue;
    Finding out{pair.kind, pair.first, pair.second, direction, std::move(shown->witness), {*moment, both.until}};
    out.decisive = decisive;
    // It lasts while the flow that shows it comes to the two: a pass that leads there may expire before them.
    for (auto later = std::next(moment); decisive && later != moments.end(); ++later) {
      const model::Policy judge = up_to(policy, in_force(policy, earlier, *later), place);
      const auto gate = model::evaluate_gate(judge, direction, out.witness.flow(), *later);
      if (gate && gate->rule == model::RuleId{static_cast<std::uint32_t>(judge.rules.size() - 1)}) continue;
      out.when.until = *later;
      break;
    }
    return out;
  }
  return {};
}

std::optional<Finding> look_at(const model::Policy& policy, const Pair& pair, const Options& options, Prover& prover,
                               std::string& undecided) {
  const Rule& first = policy[pair.first];
  const Rule& second = policy[pair.second];
  for (const Direction direction : {Direction::Egress, Direction::Ingress}) {
    const bool speak = direction == Direction::Egress ? first.at_source && second.at_source
                                                      : first.at_destination && second.at_destination;
    if (!speak) continue;
    if (auto found = look_at(policy, pair, direction, options, prover, undecided)) return found;
  }
  return {};
}

void find_contradictions(const model::Policy& policy, const std::vector<Opposed>& opposed, const Options& options,
                         Prover& prover, Report& report) {
  const std::vector<Pair> pairs =
      contradicting_pairs(policy, opposed, options.now, prover.slicer(), report.statistics.pairs);
  std::set<std::pair<model::BlockId, model::BlockId>> ambiguous;  // said once per pair of policies
  const std::size_t most_found = std::min(options.max_findings, most_looks);
  std::size_t unlooked = 0;
  std::size_t fruitless = 0;
  Span first_unlooked{};
  for (const Pair& pair : pairs) {
    if (cancelled(options.cancellation)) return;
    const Rule& first = policy[pair.first];
    const Rule& second = policy[pair.second];
    const auto blocks = std::minmax(first.block, second.block);
    if (pair.kind == Finding::Kind::AmbiguousPriority && ambiguous.contains(blocks)) continue;
    // Past the limit, further conflicts would only be more warnings; an ambiguity is an error and always looked for.
    const bool enough =
        report.findings.size() >= most_found || fruitless >= 100 * std::min(most_found, most_looks / 100);
    if (pair.kind == Finding::Kind::Conflict && enough) {
      if (unlooked++ == 0) first_unlooked = first.span;
      continue;
    }
    std::string undecided;
    if (auto finding = look_at(policy, pair, options, prover, undecided)) {
      report.findings.push_back(std::move(*finding));
      if (pair.kind == Finding::Kind::AmbiguousPriority) ambiguous.insert(blocks);
    } else if (!undecided.empty()) {
      report.not_checked.push_back(
          {first.span, "whether this rule and one with another verdict match the same flow", undecided});
    } else if (pair.kind == Finding::Kind::Conflict) {
      ++fruitless;
    }
  }
  if (unlooked > 0) {
    report.not_checked.push_back(
        {first_unlooked, fmt::format("{} further pairs of opposite rules that may conflict", unlooked),
         report.findings.size() >= most_found ? fmt::format("{} findings were reported before", report.findings.size())
                                              : fmt::format("{} pairs before turned out to be none", fruitless),
         true});
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

void add_grounds(const model::Policy& policy, std::size_t index, const Options& options, Prover& prover,
                 AssertionResult& result) {
  if (!result.parts.empty()) return;
  const bool always = policy.assertions[index].kind == model::Assertion::Kind::Always;
  const auto* proved = std::get_if<Proved>(&result.answer);
  if (proved && !proved->vacuous && options.explain_proofs) result.grounds = prover.grounds(index, always);
  if (always && std::holds_alternative<Refuted>(result.answer)) result.grounds = prover.grounds(index, false);
}

// Each by what it is about: single flows or chains of them, all there can be or an inventory.
void prove_assertions(const model::Policy& policy, const model::Inventory* inventory, const Universe& universe,
                      const Options& options, Prover& prover, Report& report) {
  Asked asked;
  std::optional<ClosedWorld> closed;
  for (std::size_t i = 0; i < policy.assertions.size(); ++i) {
    const model::Assertion& claim = policy.assertions[i];
    const bool of_flows = !claim.in_inventory && !claim.chain;
    std::vector<TimedAnswer> answers;
    if (claim.in_inventory && inventory == nullptr) {
      answers.emplace_back(Interval{options.now, {}}, Undecided{std::string(no_inventory_given)});
    } else if (claim.in_inventory) {
      if (!closed) closed.emplace(policy, *inventory, options);
      answers = closed->holds(i, asked);
    } else if (claim.chain) {
      answers =
          no_chain(policy, claim, universe, prover.slicer(), options, fmt::format("assertion-{:04}-chain", i), asked);
    } else {
      answers = prover.holds(i);
    }
    report.assertions.push_back(judged(std::move(answers)));
    AssertionResult& result = report.assertions.back();
    if (result.parts.empty() && std::holds_alternative<Proved>(result.answer))
      result.grounds = std::move(asked.grounds);
    asked.grounds.reset();
    if (of_flows) add_grounds(policy, i, options, prover, report.assertions.back());
  }
  report.statistics.questions += asked.questions;
  report.internal_errors.insert(report.internal_errors.end(), asked.internal_errors.begin(),
                                asked.internal_errors.end());
}

}  // namespace

bool Report::has_errors() const {
  return std::ranges::any_of(findings, [](const Finding& f) { return f.kind == Finding::Kind::AmbiguousPriority; }) ||
         std::ranges::any_of(assertions,
                             [](const AssertionResult& a) { return std::holds_alternative<Refuted>(a.answer); });
}

bool Report::has_undecided() const {
  const bool gaps = std::ranges::any_of(not_checked, [](const NotChecked& gap) { return !gap.only_a_warning; });
  return gaps || std::ranges::any_of(
                     assertions, [](const AssertionResult& a) { return std::holds_alternative<Undecided>(a.answer); });
}

Report check(const model::Policy& policy, const model::Inventory* inventory, const Options& options) {
  Report report;
  report.now = options.now;
  report.audited_rules = static_cast<std::size_t>(std::ranges::count_if(policy.rules, &Rule::audit));
  report.audited_isolations =
      static_cast<std::size_t>(std::ranges::count_if(policy.isolations, &model::Isolation::audit));

  for (std::uint32_t i = 0; options.expires_soon && i < policy.rules.size(); ++i) {
    const std::optional<model::Moment> end = policy.rules[i].expires;
    if (end && *end > options.now && *end <= *options.expires_soon) report.expiring.push_back(model::RuleId{i});
  }

  const std::vector<Opposed> opposed = opposed_rules(policy);
  const bool may_be_dead = options.look_for_dead && !(policy.rules.empty() && policy.isolations.empty());
  if (!opposed.empty() || !policy.assertions.empty() || may_be_dead) {
    const Universe universe(policy, inventory);
    Prover prover(policy, universe, options);
    find_contradictions(policy, opposed, options, prover, report);
    prove_assertions(policy, inventory, universe, options, prover, report);
    report.internal_errors.insert(report.internal_errors.end(), prover.internal_errors().begin(),
                                  prover.internal_errors().end());
    report.statistics.questions += prover.questions();
    if (options.look_for_dead) find_dead(policy, universe, prover.slicer(), options, report);
  }
  if (inventory != nullptr && !cancelled(options.cancellation))
    look_in_inventory(policy, *inventory, options.memory, report);
  return report;
}

}  // namespace weft::verifier
