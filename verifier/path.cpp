#include "verifier/path.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "verifier/dump.h"
#include "verifier/gate.h"
#include "verifier/over_time.h"
#include "verifier/path_behaviour.h"
#include "verifier/path_chain.h"
#include "verifier/presence.h"
#include "verifier/query.h"

namespace weft::verifier {

using model::Direction;
using model::PeerKind;
using model::Selector;

namespace {

class Search {
 public:
  Search(const model::Policy& policy, const model::Assertion& claim, const Universe& universe, const Options& options,
         const Slice& slice, model::Moment now, Asked& asked)
      : policy_(policy),
        claim_(claim),
        universe_(universe),
        options_(options),
        slice_(slice),
        now_(now),
        asked_(asked),
        questions_(policy, slice) {}

  Answer run(const std::string& name) {
    try {
      return search(name);
    } catch (const z3::exception& error) {
      return Undecided{error.msg()};
    }
  }

 private:
  // An end that was reached, and the flow by which it was.
  struct Reached {
    Behaviour behaviour;
    std::optional<std::size_t> from;  // none: from a source of the claim
    Valuation flow;
    std::size_t depth = 1;  // flows up to it
  };

  Answer search(const std::string& name) {
    Query query(context_, policy_, universe_);
    query.limit(options_.rlimit);
    query.require(gate_allows(query, policy_, slice_, Direction::Egress));
    query.require(gate_allows(query, policy_, slice_, Direction::Ingress));
    z3::expr reached = query.named("reached.0", query.matches(Side::Source, claim_.source));
    const z3::expr arrives = query.named("arrives", arrival(query));
    // Assumed where a relay is looked for and nowhere else: who was found before is no new relay, and may well be where
    // the last flow leads.
    const z3::expr goes_on = query.condition("goes-on");
    query.require(!goes_on || query.all_of(relays(query)));

    std::vector<Reached> found;
    for (std::size_t depth = 1;; ++depth) {
      // A shortest chain first.
      switch (check(query, reached, arrives, fmt::format("{}-{}-arrives", name, depth))) {
        case z3::sat:
          return refuted(query, found);
        case z3::unknown:
          return gave_up(query);
        case z3::unsat:
          break;
      }
      const std::size_t before = found.size();
      for (;;) {
        const z3::check_result more =
            check(query, reached, goes_on, fmt::format("{}-{}-relay-{}", name, depth, found.size()));
        if (more == z3::unknown) return gave_up(query);
        if (more == z3::unsat) break;
        if (found.size() == options_.max_behaviours) {
          return Undecided{fmt::format("more than {} kinds of workloads that behave differently can be reached",
                                       options_.max_behaviours)};
        }
        const Valuation flow = query.valuation(query.solver.get_model());
        const Witness witness = universe_.concrete(flow, now_, policy_);
        Reached next{questions_.of(witness.flow().destination), predecessor(witness, found), flow, depth};
        query.require(!goes_on || !questions_.is(query, Side::Destination, next.behaviour));
        found.push_back(std::move(next));
      }
      if (found.size() == before) break;
      std::vector<z3::expr> all{reached};
      for (std::size_t i = before; i < found.size(); ++i) {
        all.push_back(questions_.is(query, Side::Source, found[i].behaviour));
      }
      reached = query.named(fmt::format("reached.{}", depth), query.any_of(all));
    }
    if (query.inexact_key()) {
      return Undecided{
          fmt::format("the patterns on `{}` combine in more ways than can be told apart", *query.inexact_key())};
    }
    if (options_.explain_proofs) asked_.grounds = grounds(found);
    return Proved{
        false, found.empty() ? std::string("nobody who could pass a flow on can be reached")
               : found.size() == 1
                   ? std::string("one kind of workloads and nodes can be reached, and is not in one hop of a destination")
                   : fmt::format("{} kinds of workloads and nodes can be reached, none of them in one hop of a destination",
                                 found.size())};
  }

  // What closes the last hop of all who are reached, and what keeps them from reaching anybody else who goes on.
  std::optional<Grounds> grounds(const std::vector<Reached>& found) {
    Query query(context_, policy_, universe_);
    query.limit(options_.rlimit);
    Presence presence(query, policy_);
    const Present is_present = [&](Statement statement) { return presence.of(statement); };
    query.require(gate_allows(query, policy_, slice_, Direction::Egress, is_present));
    query.require(gate_allows(query, policy_, slice_, Direction::Ingress, is_present));
    std::vector<z3::expr> senders{query.matches(Side::Source, claim_.source)};
    std::vector<z3::expr> others = relays(query);
    for (const Reached& each : found) {
      senders.push_back(questions_.is(query, Side::Source, each.behaviour));
      others.push_back(!questions_.is(query, Side::Destination, each.behaviour));
    }
    const z3::expr reached = query.named("reached", query.any_of(senders));
    const z3::expr goes_on = query.named("goes-on", query.all_of(others));
    const z3::expr arrives = query.named("arrives", arrival(query));
    asked_.questions += 2;
    auto last_hop = presence.needed({reached, arrives});
    auto to_others = presence.needed({reached, goes_on});
    if (!last_hop || !to_others) return {};
    return Grounds{false, std::move(*last_hop), std::move(*to_others)};
  }

  z3::expr arrival(Query& query) const {
    return query.matches(Side::Destination, claim_.destination) && query.matches(claim_.ports);
  }

  // Those that the claim starts from are reached to begin with.
  std::vector<z3::expr> relays(Query& query) const {
    std::vector<z3::expr> out{!query.matches(Side::Destination, Selector::world()),
                              !is_source(query, Side::Destination)};
    if (claim_.avoiding) out.push_back(!query.matches(Side::Destination, *claim_.avoiding));
    return out;
  }

  // What depends on the address it sends from is asked again for every flow.
  z3::expr is_source(Query& query, Side side) const {
    return asks_for_addresses(claim_.source) ? query.no() : query.matches(side, claim_.source);
  }

  // Whether somebody who is reached has a flow such as is wanted.
  z3::check_result check(Query& query, const z3::expr& reached, const z3::expr& wanted, const std::string& name) {
    ++asked_.questions;
    z3::expr_vector assumptions(context_);
    assumptions.push_back(reached);
    assumptions.push_back(wanted);
    std::string question;
    if (options_.dump_smt)
      question =
          fmt::format("{}(assert {})\n(assert {})\n", smt_of(query.solver), reached.to_string(), wanted.to_string());
    const z3::check_result answer = query.solver.check(assumptions);
    if (options_.dump_smt) {
      write_smt(*options_.dump_smt, name, "the model is one more flow from somebody who is reached", question, answer);
    }
    return answer;
  }

  Answer gave_up(Query& query) const {
    return Undecided{fmt::format("the solver gave up within its limit of {} units ({})", options_.rlimit,
                                 query.solver.reason_unknown())};
  }

  // Which of those found before sends as the source of this flow does: the one found first, or a source of the claim.
  std::optional<std::size_t> predecessor(const Witness& witness, const std::vector<Reached>& found) const {
    const model::End source = witness.flow().source;
    if (model::matches(claim_.source, source)) return {};
    const Behaviour behaviour = questions_.of(source);
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (found[i].behaviour == behaviour) return i;
    }
    return {};  // does not show the claim, which is found out
  }

  Answer refuted(Query& query, const std::vector<Reached>& found) {
    Chain chain{query.valuation(query.solver.get_model())};
    const Witness last = universe_.concrete(chain[0], now_, policy_);
    for (auto from = predecessor(last, found); from; from = found[*from].from) {
      // The end that was reached, in the place of the one that merely behaves as it does.
      chain.front().source.kind = found[*from].flow.destination.kind;
      chain.front().source.labels = found[*from].flow.destination.labels;
      chain.insert(chain.begin(), found[*from].flow);
    }
    if (auto why = cannot_exist(universe_, chain)) return Undecided{std::move(*why)};
    if (!shown(policy_, claim_, universe_, chain, now_)) {
      asked_.internal_errors.push_back(
          fmt::format("the chain found by the solver does not reproduce; it ends in {}", describe(last)));
      return Undecided{"the solver and the evaluator disagree"};
    }
    auto flows = shown(policy_, claim_, universe_, plainest(policy_, claim_, universe_, chain, now_), now_);
    Refuted out{flows->back(), {}};
    out.chain = std::move(*flows);
    return out;
  }

  const model::Policy& policy_;
  const model::Assertion& claim_;
  const Universe& universe_;
  const Options& options_;
  const Slice& slice_;
  model::Moment now_;
  Asked& asked_;
  SourceQuestions questions_;
  z3::context context_;
};

// The flows as they are decided at another moment.
std::vector<Witness> at(std::vector<Witness> flows, const model::Policy& policy, model::Moment now) {
  for (Witness& flow : flows) {
    flow.decision = model::evaluate(policy, flow.flow(), now);
  }
  return flows;
}

}  // namespace

std::vector<TimedAnswer> no_chain(const model::Policy& policy, const model::Assertion& claim, const Universe& universe,
                                  const Slicer& slicer, const Options& options, const std::string& name, Asked& asked) {
  const Cover source(universe, claim.source);
  const Cover destination(universe, claim.destination);
  const auto vacuous = [&](std::string why) {
    std::vector<TimedAnswer> out;
    out.emplace_back(Interval{options.now, {}}, Proved{true, std::move(why)});
    return out;
  };
  if (source.empty()) return vacuous(fmt::format("no source matches `{}`", to_string(claim.source)));
  if (destination.empty()) return vacuous(fmt::format("no destination matches `{}`", to_string(claim.destination)));
  if (cover(universe, claim.ports).empty())
    return vacuous(fmt::format("no service is in `{}`", to_string(claim.ports)));

  // Whoever stands in between may be anybody: all rules may have a say.
  const Cover any(universe, Selector::any());
  const Slice slice = slicer.slice(any, any, cover(universe, {model::PointSet::any(), {}}));
  const std::vector<model::Moment> moments = cuts(policy, slice, options.now);
  // A chain that was there before may be there still.
  const auto still = [&](const Refuted& before, model::Moment later) {
    return at(before.chain, policy, later) == before.chain;
  };
  return over_time(moments, still, [&](std::size_t i) {
    const Slice now = in_force(policy, slice, moments[i]);
    return Search(policy, claim, universe, options, now, moments[i], asked)
        .run(i == 0 ? name : fmt::format("{}-{}", name, i));
  });
}

}  // namespace weft::verifier
