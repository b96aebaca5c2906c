#include "verifier/prover.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "verifier/dump.h"
#include "verifier/gate.h"
#include "verifier/over_time.h"
#include "verifier/plainest.h"
#include "verifier/presence.h"
#include "verifier/query.h"

namespace weft::verifier {

using model::Direction;

struct Prover::Engine {
  z3::context context;
};

Prover::Prover(const model::Policy& policy, const Universe& universe, const Options& options)
    : policy_(policy), universe_(universe), options_(options), slicer_(policy, universe) {}

Prover::~Prover() = default;

Answer Prover::ask(const std::string& name, model::Moment now, const model::Policy& judge, const Pose& pose,
                   const Shows& shows) {
  if (cancelled(options_.cancellation)) return Undecided{"the check was cancelled"};
  ++questions_;
  try {
    if (!engine_) engine_ = std::make_unique<Engine>();
    const Cancellation::Work work(options_.cancellation, [this] { engine_->context.interrupt(); });
    Query query(engine_->context, policy_, universe_);
    query.limit(options_.rlimit);
    pose(query);
    const std::string question = options_.dump_smt ? smt_of(query.solver) : "";
    const z3::check_result result = query.solver.check();
    if (options_.dump_smt) {
      write_smt(*options_.dump_smt, name, "the claim is false, and the model is a flow that shows it", question,
                result);
    }
    switch (result) {
      case z3::unsat:
        if (query.inexact_key()) {
          return Undecided{
              fmt::format("the patterns on `{}` combine in more ways than can be told apart", *query.inexact_key())};
        }
        return Proved{};
      case z3::unknown:
        return Undecided{fmt::format("the solver gave up within its limit of {} units ({})", options_.rlimit,
                                     query.solver.reason_unknown())};
      case z3::sat:
        break;
    }
    const Valuation found = query.valuation(query.solver.get_model());
    const Witness witness = universe_.concrete(found, now, judge);
    if (!universe_.legal(found) || !shows(witness)) {
      internal_errors_.push_back(
          fmt::format("the solver's answer to {} does not reproduce: {}", name, describe(witness)));
      return Undecided{"the solver and the evaluator disagree"};
    }
    return Refuted{plainest(universe_, found, now, judge, policy_, shows)};
  } catch (const z3::exception& error) {
    return Undecided{error.msg()};
  }
}

namespace {

// True if the witness is a flow the assertion is about, as the evaluator sees it.
bool speaks_of(const model::Assertion& assertion, const Witness& witness) {
  const model::Flow flow = witness.flow();
  return !witness.decision.self && model::matches(assertion.source, flow.source) &&
         model::matches(assertion.destination, flow.destination) && model::matches(assertion.ports, flow) &&
         std::ranges::all_of(assertion.relations, [&](const auto& relation) { return model::holds(relation, flow); });
}

bool breaks(const model::Assertion& assertion, const Witness& witness) {
  return speaks_of(assertion, witness) && witness.decision.allowed == (assertion.kind == model::Assertion::Kind::Never);
}

void pose_flow(Query& query, const model::Assertion& assertion) {
  query.require(query.matches(Side::Source, assertion.source));
  query.require(query.matches(Side::Destination, assertion.destination));
  query.require(query.matches(assertion.ports));
  query.require(query.hold(assertion.relations));
}

}  // namespace

std::vector<TimedAnswer> Prover::holds(std::size_t index) {
  const model::Assertion& assertion = policy_.assertions[index];
  const bool never = assertion.kind == model::Assertion::Kind::Never;
  const auto always = [&](Proved proved) {
    std::vector<TimedAnswer> out;
    out.emplace_back(Interval{options_.now, {}}, std::move(proved));
    return out;
  };

  const Cover source = cover(universe_, assertion.source, assertion.relations, &model::Relation::source);
  const Cover destination = cover(universe_, assertion.destination, assertion.relations, &model::Relation::destination);
  const IndexSet services = cover(universe_, assertion.ports);
  const char* related = assertion.relations.empty() ? "" : " with the keys that `when` compares";
  if (source.empty()) {
    return always(Proved{true, fmt::format("no source matches `{}`{}", to_string(assertion.source), related)});
  }
  if (destination.empty()) {
    return always(
        Proved{true, fmt::format("no destination matches `{}`{}", to_string(assertion.destination), related)});
  }
  if (services.empty()) return always(Proved{true, fmt::format("no service is in `{}`", to_string(assertion.ports))});

  const Slice slice = slicer_.slice(source, destination, services);
  const std::string name = fmt::format("assertion-{:04}-{}", index, never ? "never" : "always");
  const std::vector<model::Moment> moments = cuts(policy_, slice, options_.now);
  const auto still = [&](const Refuted& before, model::Moment later) {
    return model::evaluate(policy_, before.witness.flow(), later) == before.witness.decision;
  };
  std::vector<TimedAnswer> out = over_time(moments, still, [&](std::size_t i) {
    return holds_at(index, in_force(policy_, slice, moments[i]), moments[i],
                    i == 0 ? name : fmt::format("{}-{}", name, i));
  });
  // It holds, at some time at least. Of what, if anything?
  const auto proved = std::ranges::find_if(out, [](const auto& p) { return std::holds_alternative<Proved>(p.answer); });
  const bool ever_refuted =
      std::ranges::any_of(out, [](const auto& part) { return std::holds_alternative<Refuted>(part.answer); });
  if (proved == out.end() || ever_refuted) return out;
  const Answer any_flow = ask(
      name + "-vacuous", options_.now, policy_, [&](Query& query) { pose_flow(query, assertion); },
      [&](const Witness& witness) { return speaks_of(assertion, witness); });
  if (std::holds_alternative<Proved>(any_flow)) {
    return always(Proved{true, "no flow can match both its ends and its services"});
  }
  return out;
}

Answer Prover::holds_at(std::size_t index, const Slice& slice, model::Moment now, const std::string& name) {
  const model::Assertion& assertion = policy_.assertions[index];
  const bool never = assertion.kind == model::Assertion::Kind::Never;
  Answer answer = ask(
      name, now, policy_,
      [&](Query& query) {
        pose_flow(query, assertion);
        const z3::expr allowed = gate_allows(query, policy_, slice, Direction::Egress) &&
                                 gate_allows(query, policy_, slice, Direction::Ingress);
        query.require(never ? allowed : !allowed);
      },
      [&](const Witness& witness) { return breaks(assertion, witness); });
  if (!std::holds_alternative<Proved>(answer)) return answer;
  return Proved{false,
                fmt::format("every matching flow is {}; {} of {} rules can match one", never ? "denied" : "allowed",
                            std::max(slice.egress.size(), slice.ingress.size()), policy_.rules.size())};
}

Answer Prover::disjoint(model::RuleId first, model::RuleId second, Direction direction, const Slice& before,
                        PlaceInWalk place, model::Moment now) {
  const bool egress = direction == Direction::Egress;
  std::string name = fmt::format("overlap-{:05}-{:05}-{}", static_cast<std::uint32_t>(first),
                                 static_cast<std::uint32_t>(second), egress ? "egress" : "ingress");
  if (now != options_.now) name += fmt::format("-{}", static_cast<std::int64_t>(now));
  // The few rules that may come before say as much about such a flow as all of them would.
  const model::Policy judge = up_to(policy_, before, place);
  const model::RuleId reached{static_cast<std::uint32_t>(judge.rules.size() - 1)};
  return ask(
      name, now, judge,
      [&](Query& query) {
        query.require(query.matches(first));
        query.require(query.matches(second));
        query.require(query.gated(egress ? Side::Source : Side::Destination));
        query.require(walk_reaches(query, policy_, before, direction, place.tier));
      },
      [&](const Witness& witness) {
        const auto& gate = egress ? witness.decision.egress : witness.decision.ingress;
        const model::Flow flow = witness.flow();
        return gate && gate->rule == reached && model::matches(policy_[first], direction, flow) &&
               model::matches(policy_[second], direction, flow);
      });
}

std::optional<Grounds> Prover::grounds(std::size_t index, bool allowed) {
  const model::Assertion& assertion = policy_.assertions[index];
  if (cancelled(options_.cancellation)) return {};
  const Cover source = cover(universe_, assertion.source, assertion.relations, &model::Relation::source);
  const Cover destination = cover(universe_, assertion.destination, assertion.relations, &model::Relation::destination);
  const Slice slice =
      in_force(policy_, slicer_.slice(source, destination, cover(universe_, assertion.ports)), options_.now);
  ++questions_;
  try {
    if (!engine_) engine_ = std::make_unique<Engine>();
    const Cancellation::Work work(options_.cancellation, [this] { engine_->context.interrupt(); });
    Query query(engine_->context, policy_, universe_);
    query.limit(options_.rlimit);
    pose_flow(query, assertion);
    Presence presence(query, policy_);
    const Present is_present = [&](Statement statement) { return presence.of(statement); };
    const z3::expr passes = gate_allows(query, policy_, slice, Direction::Egress, is_present) &&
                            gate_allows(query, policy_, slice, Direction::Ingress, is_present);
    query.require(allowed ? !passes : passes);
    auto statements = presence.needed({});
    if (!statements) return {};
    return Grounds{allowed, std::move(*statements)};
  } catch (const z3::exception&) {
    return {};
  }
}

}  // namespace weft::verifier
