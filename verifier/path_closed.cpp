#include "verifier/path_closed.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "verifier/path_chain.h"
#include "verifier/path_closed_grounds.h"
#include "verifier/path_graph.h"
#include "verifier/path_relays.h"

namespace weft::verifier {

using model::InstanceId;

namespace {

// A claim at one moment.
class Closed {
 public:
  Closed(const PartyGraph& parties, const model::Assertion& claim, Asked& asked)
      : parties_(parties),
        graph_(parties.graph()),
        claim_(claim),
        asked_(asked),
        sources_(parties.classes(claim.source)),
        destinations_(parties.classes(claim.destination)) {}

  Answer answer() {
    if (auto why = nobody()) return Proved{true, std::move(*why)};
    const bool never = claim_.kind == model::Assertion::Kind::Never;
    std::optional<Answer> broken = claim_.chain ? (never ? chain() : missing_chain()) : single(!never);
    if (broken) return std::move(*broken);
    return Proved{false, fmt::format("the inventory holds {} {} of sources and {} of destinations; all were tried",
                                     sources_.count(), sources_.count() == 1 ? "class" : "classes",
                                     destinations_.count())};
  }

  // A chain from a source to a destination of the claim, found in no more than so many rows of classes; an empty one
  // where the evaluator denies what was found.
  std::optional<std::vector<Witness>> breaking_chain(std::size_t max_rows) {
    RelaySearch spread(parties_, claim_);
    std::vector<std::optional<BitSet>> hits(graph_.classes().size()), home_hits(graph_.classes().size());
    std::size_t rows = 0;
    const auto hit = [&](std::uint32_t from, Place place) -> const BitSet& {
      std::optional<BitSet>& known = place == Place::Home ? home_hits[from] : hits[from];
      if (!known) {
        ++rows;
        known = parties_.reached(from, claim_.ports, place);
        *known &= destinations_;
      }
      return *known;
    };
    std::optional<Witness> last;
    const auto arrives = [&](const RelaySearch::Item& sender) {
      for (const std::uint32_t from : spread.classes_of(sender)) {
        for (const Place place : places()) {
          hit(from, place).each([&](std::uint32_t to) {
            for (const Party party : parties_.members(to)) {
              if (last) return;
              if (graph_.place_matters() && parties_.place(sender.party, party) != place) continue;
              last = parties_.flow(sender.party, from, party, to, claim_.ports, true);
            }
          });
        }
      }
      return last.has_value() || rows > max_rows;
    };
    const auto found = spread.run(starts(), arrives);
    if (!found || !last) return {};
    std::vector<Witness> flows = spread.flows_to(*found);
    flows.push_back(*last);
    if (breaks(claim_, flows)) return flows;
    const auto denied = std::ranges::find_if(flows, [](const Witness& flow) { return !flow.decision.allowed; });
    (void)disagreement(denied == flows.end() ? *last : *denied);
    return std::vector<Witness>{};
  }

 private:
  std::optional<std::string> nobody() const {
    if (sources_.empty()) return fmt::format("nobody in the inventory matches `{}`", to_string(claim_.source));
    if (destinations_.empty()) {
      return fmt::format("nobody in the inventory matches `{}`", to_string(claim_.destination));
    }
    bool any = false;
    for (std::uint32_t atom = 0; atom < graph_.atoms().size() && !any; ++atom) {
      destinations_.each([&](std::uint32_t to) { any = any || parties_.service(claim_.ports, atom, to); });
    }
    if (!any) return fmt::format("no destination has a service of `{}`", to_string(claim_.ports));
    if (claim_.chain) return {};  // it may lead back to where it began
    bool pairs = false, related = false;
    sources_.each([&](std::uint32_t from) {
      destinations_.each([&](std::uint32_t to) {
        const bool both = graph_.pairs_exist(from, to);
        pairs = pairs || both;
        related = related || (both && parties_.related(claim_, from, to));
      });
    });
    if (!pairs) return "no two of them are different, and of one address family";
    if (!related) return "no two of them are as its `when` asks";
    return {};
  }

  // A flow that passes where none may, or is denied where all must pass.
  Answer refuted(Witness witness, bool allowed) {
    if (witness.decision.allowed == allowed) return Refuted{std::move(witness), {}};
    return disagreement(witness);
  }

  Answer disagreement(const Witness& witness) {
    asked_.internal_errors.push_back(
        fmt::format("the classes of the inventory and the evaluator disagree about {}", describe(witness)));
    return Undecided{"two ways of telling who may talk to whom disagree"};
  }

  std::vector<Place> places() const {
    if (graph_.place_matters()) return {Place::Apart, Place::Home};
    return {Place::Apart};
  }

  std::optional<Answer> single(bool always) {
    std::optional<Answer> out;
    sources_.each([&](std::uint32_t from) {
      for (const Place place : places()) {
        if (out) return;
        if (!always) {
          BitSet hit = parties_.reached(from, claim_.ports, place);
          hit &= destinations_;
          hit.each([&](std::uint32_t to) {
            if (out || !parties_.related(claim_, from, to)) return;
            if (auto flow = parties_.first_flow(from, to, place, claim_.ports, true)) {
              out = refuted(std::move(*flow), true);
            }
          });
          continue;
        }
        for (std::uint32_t atom = 0; atom < graph_.atoms().size(); ++atom) {
          BitSet missing = destinations_;
          missing -= graph_.reached_from(atom, from, place);
          missing.each([&](std::uint32_t to) {
            if (out || !graph_.pairs_exist(from, to) || !parties_.related(claim_, from, to)) return;
            if (!parties_.service(claim_.ports, atom, to)) return;
            if (auto flow = parties_.first_flow(from, to, place, {graph_.atoms()[atom], {}}, false)) {
              out = refuted(std::move(*flow), false);
            }
          });
        }
      }
    });
    return out;
  }

  std::vector<PartyEnd> starts() const {
    std::vector<PartyEnd> out;
    sources_.each([&](std::uint32_t from) {
      for (const Party party : parties_.members(from)) out.push_back({party, from});
    });
    return out;
  }

  std::optional<Answer> chain() {
    auto flows = breaking_chain(SIZE_MAX);
    if (!flows) return {};
    if (flows->empty()) return Answer{Undecided{"two ways of telling who may talk to whom disagree"}};
    Refuted out{flows->back(), {}};
    out.chain = std::move(*flows);
    return Answer{std::move(out)};
  }

  // Sources of the claim that reach the same, each with its ends: instances of one row of classes are alike, but for
  // who runs where.
  std::vector<std::vector<PartyEnd>> kinds_of_sources() const {
    std::map<InstanceId, std::vector<PartyEnd>> by_instance;
    std::vector<std::vector<PartyEnd>> out;
    for (const PartyEnd& start : starts()) {
      if (start.party.instance) {
        by_instance[*start.party.instance].push_back(start);
      } else {
        out.push_back({start});
      }
    }
    std::map<std::vector<std::uint32_t>, std::size_t> seen;
    for (auto& [instance, ends] : by_instance) {
      const auto all = graph_.classes_of(instance);
      // Two of a kind: each of them is a destination to the other one.
      std::size_t& count = seen[{all.begin(), all.end()}];
      if (++count <= 2 || graph_.place_matters()) out.push_back(std::move(ends));
    }
    return out;
  }

  // Sources of the world may be anywhere, so each stands for an address of one family; instances have theirs.
  std::optional<Answer> missing_chain() {
    RelaySearch spread(parties_, claim_);
    const std::array both{model::Family::V4, model::Family::V6};
    for (std::vector<PartyEnd>& ends : kinds_of_sources()) {
      const bool world = !ends.front().party.instance;
      if (!world) (void)spread.run(ends, [](const RelaySearch::Item&) { return false; });
      for (const model::Family family : both) {
        std::vector<PartyEnd> of_family = ends;
        std::erase_if(of_family, [&](const PartyEnd& end) { return !parties_.has_family(end.class_, family); });
        if (of_family.empty()) continue;
        if (world) {
          of_family.front().family = family;
          (void)spread.run(of_family, [](const RelaySearch::Item&) { return false; });
        }
        for (std::uint32_t atom = 0; atom < graph_.atoms().size(); ++atom) {
          if (auto missing = not_reached(spread, of_family, atom, family)) return missing;
        }
      }
    }
    return {};
  }

  // A destination to whose addresses of a family no chain leads on the services of the atom, though there is a flow
  // that could be one.
  std::optional<Answer> not_reached(const RelaySearch& spread, const std::vector<PartyEnd>& ends, std::uint32_t atom,
                                    model::Family family) {
    std::vector<std::vector<Party>> senders(graph_.classes().size());  // by class that they reach: a few of them
    for (const RelaySearch::Item& item : spread.items()) {
      for (const std::uint32_t from : spread.classes_of(item)) {
        if (!spread.sends(item, from, family)) continue;
        graph_.reached_from(atom, from).each([&](std::uint32_t to) {
          if (destinations_.test(to) && parties_.has_family(to, family) && senders[to].size() < 2 &&
              std::ranges::find(senders[to], item.party) == senders[to].end()) {
            senders[to].push_back(item.party);
          }
        });
      }
    }
    const auto reaches = [&](const RelaySearch::Item& item, Party party, std::uint32_t to) {
      const std::vector<std::uint32_t> classes = spread.classes_of(item);
      // An instance without addresses is reached where it is reached at all.
      const bool anywhere = party.instance && parties_.inventory()[*party.instance].addresses.empty();
      return item.party != party && std::ranges::any_of(classes, [&](std::uint32_t from) {
               return (anywhere || spread.sends(item, from, family)) && graph_.pairs_exist(from, to) &&
                      graph_.allowed(from, to, atom, parties_.place(item.party, party));
             });
    };
    std::optional<Answer> out;
    destinations_.each([&](std::uint32_t to) {
      if (out || !parties_.has_family(to, family) || !parties_.service(claim_.ports, atom, to)) return;
      for (const Party party : parties_.members(to)) {
        if (party == ends.front().party) continue;
        const bool known =
            !graph_.place_matters() && std::ranges::any_of(senders[to], [&](Party sender) { return sender != party; });
        if (known || std::ranges::any_of(spread.items(), [&](const auto& item) { return reaches(item, party, to); })) {
          continue;
        }
        for (const PartyEnd& end : ends) {
          auto flow = parties_.flow(end.party, end.class_, party, to, {graph_.atoms()[atom], {}}, false, family);
          if (!flow) continue;
          out = refuted(std::move(*flow), false);
          return;
        }
      }
    });
    return out;
  }

  const PartyGraph& parties_;
  const Connectivity& graph_;
  const model::Assertion& claim_;
  Asked& asked_;
  BitSet sources_;
  BitSet destinations_;
};

// The claims as rules of a last tier that only pass: what they ask for is told apart, and nothing is decided.
model::Policy marked(const model::Policy& policy) {
  model::Policy out = policy;
  out.tiers.push_back({"claims", {}});
  const model::TierId tier{static_cast<std::uint32_t>(out.tiers.size() - 1)};
  const auto add = [&](const model::Selector& source, const model::Selector& destination,
                       const model::Assertion& claim) {
    model::Rule rule;
    rule.verdict = model::Verdict::Pass;
    rule.source = source;
    rule.destination = destination;
    rule.ports = claim.ports;
    rule.relations = claim.relations;
    rule.tier = tier;
    out.rules.push_back(std::move(rule));
  };
  for (const model::Assertion& claim : policy.assertions) {
    if (!claim.in_inventory) continue;
    add(claim.source, claim.destination, claim);
    if (claim.avoiding) add(*claim.avoiding, *claim.avoiding, claim);
  }
  return out;
}

}  // namespace

std::optional<std::vector<Witness>> chain_that_breaks(const PartyGraph& parties, const model::Assertion& claim,
                                                      std::size_t max_rows, Asked& asked) {
  auto out = Closed(parties, claim, asked).breaking_chain(max_rows);
  if (out && out->empty()) return {};
  return out;
}

ClosedWorld::ClosedWorld(const model::Policy& policy, const model::Inventory& inventory, const Options& options)
    : policy_(policy), inventory_(inventory), options_(options), marked_(marked(policy)) {}

ClosedWorld::~ClosedWorld() = default;

const Connectivity& ClosedWorld::at(model::Moment moment) {
  std::unique_ptr<const Connectivity>& graph = graphs_[moment];
  if (!graph) graph = std::make_unique<const Connectivity>(marked_, inventory_, moment, options_.memory);
  return *graph;
}

std::vector<TimedAnswer> ClosedWorld::holds(std::size_t assertion, Asked& asked) {
  const model::Assertion& claim = policy_.assertions[assertion];
  std::set<model::Moment> cuts{options_.now};
  for (const model::Rule& rule : policy_.rules) {
    if (!rule.audit && rule.expires && *rule.expires > options_.now) cuts.insert(*rule.expires);
  }
  const std::vector<model::Moment> moments(cuts.begin(), cuts.end());
  std::vector<TimedAnswer> out;
  for (std::size_t i = 0; i < moments.size(); ++i) {
    const std::optional<model::Moment> until = i + 1 < moments.size() ? std::optional(moments[i + 1]) : std::nullopt;
    const PartyGraph parties(policy_, inventory_, at(moments[i]), moments[i]);
    Answer answer = Closed(parties, claim, asked).answer();
    const auto* proved = std::get_if<Proved>(&answer);
    const bool explain = options_.explain_proofs && moments.size() == 1 && proved && !proved->vacuous;
    asked.grounds = explain ? closed_grounds(parties, policy_, claim) : std::nullopt;
    // What was shown before may still be so: then there is no second thing to show.
    const auto still = [&] {
      const auto* before = std::get_if<Refuted>(&out.back().answer);
      const auto* now = std::get_if<Refuted>(&answer);
      if (!before || !now) return before == nullptr && now == nullptr && out.back().answer.index() == answer.index();
      const auto decided_alike = [&](const Witness& flow) {
        return model::evaluate(policy_, flow.flow(), moments[i]) == flow.decision;
      };
      return decided_alike(before->witness) && std::ranges::all_of(before->chain, decided_alike) &&
             (!claim.chain || claim.kind == model::Assertion::Kind::Never);
    };
    if (i > 0 && still()) {
      out.back().when.until = until;
    } else {
      out.emplace_back(Interval{moments[i], until}, std::move(answer));
    }
  }
  return out;
}

}  // namespace weft::verifier
