#include "driver/test_runner.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "driver/sight.h"
#include "driver/test_ends.h"
#include "plan/atoms.h"

namespace weft::driver {
namespace {

using model::Direction;
using model::Expectation;
using model::GateDecision;
using model::Verdict;

bool opens(const std::optional<GateDecision>& gate) { return !gate || gate->verdict == Verdict::Allow; }

bool decides(const Expectation::By& by, const GateDecision& gate, const model::Policy& policy) {
  using What = Expectation::By::What;
  switch (by.what) {
    case What::Block:
      return (gate.rule && policy[*gate.rule].block == by.block) ||
             (gate.isolation && policy[*gate.isolation].block == by.block);
    case What::Rule:
      return gate.rule && gate.rule == by.rule;
    case What::Isolation:
      return gate.reason == model::Reason::Isolation;
    case What::Profile:
      return gate.reason == model::Reason::Profile;
    case What::OwnNode:
      return gate.reason == model::Reason::OwnNode;
    case What::Self:
      return false;  // where a workload talks to itself there is no gate
  }
  return false;
}

// What became of one flow, as far as an expectation is concerned.
enum class Outcome { AsExpected, WrongVerdict, WrongDecider };

Outcome compare(const Expectation& expected, const model::Decision& decision, const model::Policy& policy) {
  const bool at_source = expected.gate != Direction::Ingress;
  const bool at_destination = expected.gate != Direction::Egress;
  const bool allowed = (!at_source || opens(decision.egress)) && (!at_destination || opens(decision.ingress));
  if (allowed != expected.allowed) return Outcome::WrongVerdict;
  if (!expected.by) return Outcome::AsExpected;
  if (expected.by->what == Expectation::By::What::Self) {
    return decision.self ? Outcome::AsExpected : Outcome::WrongDecider;
  }
  const Verdict verdict = allowed ? Verdict::Allow : Verdict::Deny;
  const auto answers = [&](const std::optional<GateDecision>& gate) {
    return gate && gate->verdict == verdict && decides(*expected.by, *gate, policy);
  };
  const bool named = (at_source && answers(decision.egress)) || (at_destination && answers(decision.ingress));
  return named ? Outcome::AsExpected : Outcome::WrongDecider;
}

std::string who(const Expectation::By& by, const model::Policy& policy) {
  using What = Expectation::By::What;
  switch (by.what) {
    case What::Block:
      return by.block ? fmt::format("policy `{}`", policy[*by.block].name) : "that policy";
    case What::Rule:
      return by.rule ? fmt::format("rule `{}.{}`", policy[policy[*by.rule].block].name, policy[*by.rule].id)
                     : "that rule";
    case What::Isolation:
      return "an isolation";
    case What::Profile:
      return "the profile";
    case What::OwnNode:
      return "the own-node rule";
    case What::Self:
      return "being itself";
  }
  return "";
}

std::string why_unexpected(const Expectation& expected, Outcome outcome, const model::Policy& policy) {
  const std::string_view verdict = expected.allowed ? "allowed" : "denied";
  const std::string_view opposite = expected.allowed ? "denied" : "allowed";
  std::string gate;
  if (expected.gate) gate = *expected.gate == Direction::Egress ? " at the source" : " at the destination";
  if (outcome == Outcome::WrongVerdict) return fmt::format("it is {}{}", opposite, gate);
  return fmt::format("it is {}{}, and not by {}", verdict, gate, who(*expected.by, policy));
}

// The points of a set at one destination: what it names is what the destination declares.
model::PointSet resolved(const model::PortSet& ports, const model::Peer& destination) {
  model::PointSet out = ports.points;
  for (const model::NamedPort& port : destination.ports) {
    if (std::ranges::find(ports.names, model::PortName{port.protocol, port.name}) == ports.names.end()) continue;
    out.add(model::PointSet::of_point(model::service_point(port.protocol, port.port)));
  }
  return out;
}

// The point of an atom that people recognise: a TCP port, else a UDP port, else the first.
model::ServicePoint shown_point(const plan::Atoms& atoms, std::uint32_t atom) {
  std::optional<std::uint32_t> first, udp;
  for (const plan::AtomRange& range : atoms.ranges) {
    if (static_cast<std::uint32_t>(range.atom) != atom) continue;
    const auto within = [&](std::uint8_t number) -> std::optional<std::uint32_t> {
      const std::uint32_t begin = std::uint32_t{number} << 16;
      if (range.points.last < begin || range.points.first > (begin | 0xFFFF)) return {};
      const std::uint32_t point = std::max(range.points.first, begin);
      return point == begin && range.points.last > begin ? begin + 1 : point;  // port 0 is nobody's
    };
    if (const auto tcp = within(model::protocol::tcp)) return model::ServicePoint{*tcp};
    if (!udp) udp = within(model::protocol::udp);
    if (!first) first = range.points.first;
  }
  return model::ServicePoint{udp.value_or(first.value_or(0))};
}

class Runner {
 public:
  Runner(const model::Policy& policy, const model::Inventory& inventory, bool has_inventory, const TestOptions& options)
      : policy_(policy), options_(options), sight_(policy, inventory), ends_(policy, inventory, has_inventory, sight_) {
    report_.coverage.rules.resize(policy.rules.size());
    report_.coverage.isolations.resize(policy.isolations.size());
    uses_pass_ = std::ranges::any_of(policy.rules, [](const auto& rule) { return rule.verdict == Verdict::Pass; });
  }

  TestReport run() {
    for (const model::Test& test : policy_.tests) {
      if (!test.name.contains(options_.filter)) {
        ++report_.left_out;
        continue;
      }
      TestResult result{&test, {}};
      for (const Expectation& expectation : test.expectations) result.expectations.push_back(run(expectation));
      report_.tests.push_back(std::move(result));
    }
    return std::move(report_);
  }

 private:
  ExpectationResult run(const Expectation& expectation) {
    ExpectationResult result;
    result.expectation = &expectation;
    const Side source = ends_.source(expectation.source);
    const Side destination = ends_.destination(expectation.destination, expectation.ports);
    if (source.kinds.empty()) {
      result.why = "nothing is asked: of the source, " + source.empty_because;
    } else if (destination.kinds.empty()) {
      result.why = "nothing is asked: of the destination, " + destination.empty_because;
    } else {
      ask(expectation, source, destination, result);
      if (result.flows == 0) result.why = why_nothing(source, destination);
    }
    result.passed = result.flows > 0 && result.unexpected_flows == 0;
    ++report_.expectations;
    if (!result.passed) ++report_.failed;
    report_.flows += result.flows;
    return result;
  }

  static bool can_meet(const Candidate& source, const Candidate& destination) {
    const model::End& from = source.end;
    const model::End& to = destination.end;
    if (from.address && to.address && from.address->family != to.address->family) return false;
    const bool self = from.peer->instance && from.peer->instance == to.peer->instance;
    return !self || (source.pinned && destination.pinned);  // distinct instances, unless the author names one twice
  }

  // One of them is a node, and the other one runs on it.
  static bool is_own_node(const Candidate& source, const Candidate& destination) {
    const model::Flow flow{source.end, destination.end, {}};
    return model::is_own_node(Direction::Egress, flow) || model::is_own_node(Direction::Ingress, flow);
  }

  void ask(const Expectation& expectation, const Side& source, const Side& destination, ExpectationResult& result) {
    for (const Alike& from : source.kinds) {
      for (const Alike& to : destination.kinds) {
        ask_first(expectation, from, to, result);
      }
    }
    // A node and a workload that it runs are a pair of its own kind.
    ask_by_node(expectation, source, source.nodes, destination, destination.on_node, result);
    ask_by_node(expectation, source, source.on_node, destination, destination.nodes, result);
  }

  void ask_by_node(const Expectation& expectation, const Side& source, const Side::ByNode& sources,
                   const Side& destination, const Side::ByNode& destinations, ExpectationResult& result) {
    std::set<std::pair<std::size_t, std::size_t>> asked;
    for (const auto& [node, candidate] : destinations) {
      const auto& [to_kind, to] = candidate;
      const auto [first, last] = sources.equal_range(node);
      for (auto at = first; at != last; ++at) {
        const auto& [from_kind, from] = at->second;
        if (!can_meet(from, to) || !asked.emplace(from_kind, to_kind).second) continue;
        ask_pair(expectation, source.kinds[from_kind].sight, from, destination.kinds[to_kind].sight, to, result);
      }
    }
  }

  void ask_first(const Expectation& expectation, const Alike& source, const Alike& destination,
                 ExpectationResult& result) {
    for (const Candidate& from : source.members) {
      for (const Candidate& to : destination.members) {
        if (!can_meet(from, to)) continue;
        if (by_node_ && is_own_node(from, to)) continue;  // asked by node
        ask_pair(expectation, source.sight, from, destination.sight, to, result);
        return;
      }
    }
  }

  // Every part of the services that the rules about these two ends tell apart.
  void ask_pair(const Expectation& expectation, std::uint32_t source_sight, const Candidate& source,
                std::uint32_t destination_sight, const Candidate& destination, ExpectationResult& result) {
    std::vector<model::PointSet> sets{resolved(expectation.ports, *destination.end.peer)};
    std::set<model::PointSet> seen;
    for (std::size_t i = 0; i < policy_.rules.size(); ++i) {
      if (!sight_.may_match(i, source_sight, destination_sight)) continue;
      model::PointSet points = resolved(policy_.rules[i].ports, *destination.end.peer);
      if (seen.insert(points).second) sets.push_back(std::move(points));
    }
    const plan::Atoms atoms = plan::atoms_of(sets);
    for (const std::uint32_t atom : atoms.of_set[0]) {
      ask_flow(expectation, source, destination, shown_point(atoms, atom), result);
    }
  }

  void ask_flow(const Expectation& expectation, const Candidate& source, const Candidate& destination,
                model::ServicePoint service, ExpectationResult& result) {
    ++result.flows;
    const model::Flow flow{source.end, destination.end, service};
    const model::Decision decision = model::evaluate(policy_, flow, options_.now);
    const Outcome outcome = compare(expectation, decision, policy_);
    if (outcome == Outcome::AsExpected) {
      cover(expectation, flow, decision);
      return;
    }
    if (result.unexpected_flows++ > 0) return;
    result.why = why_unexpected(expectation, outcome, policy_);
    result.first = UnexpectedFlow{describe_end(source.name, source.end, sight_.keys()),
                                  describe_end(destination.name, destination.end, sight_.keys()), service,
                                  walk(policy_, flow, options_.now)};
  }

  static bool same_decider(const GateDecision& a, const GateDecision& b) {
    return a.reason == b.reason && a.rule == b.rule && a.isolation == b.isolation;
  }

  // Turns round what decided a gate, wherever it decided, and looks whether the expectation minds.
  void cover(const Expectation& expectation, const model::Flow& flow, const model::Decision& decision) {
    for (const Direction direction : {Direction::Egress, Direction::Ingress}) {
      const auto& gate = direction == Direction::Egress ? decision.egress : decision.ingress;
      if (!gate || gate->reason == model::Reason::OwnNode || is_covered(*gate)) continue;
      model::Decision turned = decision;
      for (auto* each : {&turned.egress, &turned.ingress}) {
        if (!*each || !same_decider(**each, *gate)) continue;
        (*each)->verdict = (*each)->verdict == Verdict::Allow ? Verdict::Deny : Verdict::Allow;
      }
      if (compare(expectation, turned, policy_) == Outcome::AsExpected) continue;
      Coverage& coverage = report_.coverage;
      if (gate->rule) coverage.rules[static_cast<std::size_t>(*gate->rule)] = true;
      if (gate->isolation) coverage.isolations[static_cast<std::size_t>(*gate->isolation)] = true;
      if (gate->reason == model::Reason::Profile) coverage.profile = true;
      if (uses_pass_) cover_passes(direction, flow);
    }
  }

  // With `pass` in the policy, another flow to the same decision may have come another way.
  bool is_covered(const GateDecision& gate) const {
    if (uses_pass_) return false;
    const Coverage& coverage = report_.coverage;
    if (gate.rule) return coverage.rules[static_cast<std::size_t>(*gate.rule)];
    if (gate.isolation) return coverage.isolations[static_cast<std::size_t>(*gate.isolation)];
    return coverage.profile;
  }

  void cover_passes(Direction direction, const model::Flow& flow) {
    const Walk way = walk(policy_, flow, options_.now);
    for (const TierStep& step : (direction == Direction::Egress ? way.egress : way.ingress).steps) {
      if (step.outcome == TierStep::Outcome::Passed)
        report_.coverage.rules[static_cast<std::size_t>(*step.rule)] = true;
    }
  }

  std::string why_nothing(const Side& source, const Side& destination) const {
    const auto has_family = [](const Side& side, model::Family family) {
      return std::ranges::any_of(side.kinds, [&](const Alike& kind) {
        const auto& address = kind.members.front().end.address;
        return !address || address->family == family;
      });
    };
    const bool shared = (has_family(source, model::Family::V4) && has_family(destination, model::Family::V4)) ||
                        (has_family(source, model::Family::V6) && has_family(destination, model::Family::V6));
    if (!shared) return "nothing is asked: the two ends have no address of the same family";
    const Candidate& someone = source.kinds.front().members.front();
    const auto is_someone = [&](const Candidate& each) { return each.end.peer == someone.end.peer; };
    const auto only_someone = [&](const Alike& kind) { return std::ranges::all_of(kind.members, is_someone); };
    if (std::ranges::all_of(source.kinds, only_someone) && std::ranges::all_of(destination.kinds, only_someone)) {
      return fmt::format("nothing is asked: both ends are `{}` and nobody else, and a workload always reaches itself",
                         someone.name);
    }
    return "nothing is asked: no destination declares a port of that name";
  }

  const model::Policy& policy_;
  const TestOptions& options_;
  Sight sight_;
  TestEnds ends_;
  TestReport report_;
  bool uses_pass_ = false;
  bool by_node_ = asks_who_runs_where(policy_);
};

}  // namespace

bool TestResult::passed() const { return std::ranges::all_of(expectations, &ExpectationResult::passed); }

TestReport run_tests(const model::Policy& policy, const model::Inventory& inventory, bool has_inventory,
                     const TestOptions& options) {
  return Runner(policy, inventory, has_inventory, options).run();
}

}  // namespace weft::driver
