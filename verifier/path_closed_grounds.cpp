#include "verifier/path_closed_grounds.h"

#include <algorithm>
#include <set>

#include "verifier/path_relays.h"
#include "verifier/precedence.h"

namespace weft::verifier {

using model::Direction;
using model::GateDecision;
using model::Verdict;

namespace {

// Flows between classes that are asked about. Work, not time.
constexpr std::size_t max_asked = 400'000;

std::optional<Statement> statement_of(const std::optional<GateDecision>& gate) {
  if (gate && gate->rule) return *gate->rule;
  if (gate && gate->isolation) return *gate->isolation;
  return {};
}

// Statements of which some have to stay: one of each choice.
class Choices {
 public:
  void need(Statement statement) { choices_.insert({statement}); }
  void need_one_of(std::vector<Statement> statements) { choices_.insert(std::move(statements)); }

  std::vector<Statement> fewest(const model::Policy& policy) const {
    const auto met = [](const std::vector<Statement>& choice, const std::set<Statement>& by) {
      return std::ranges::any_of(choice, [&](const Statement& each) { return by.contains(each); });
    };
    std::set<Statement> out;
    for (const bool only_one : {true, false}) {
      for (const std::vector<Statement>& choice : choices_) {
        if ((choice.size() == 1) == only_one && !met(choice, out)) out.insert(choice.front());
      }
    }
    const std::vector<Statement> chosen(out.begin(), out.end());
    for (const Statement& each : chosen) {
      out.erase(each);
      const bool enough = std::ranges::all_of(choices_, [&](const auto& choice) { return met(choice, out); });
      if (!enough) out.insert(each);
    }
    std::vector<Statement> ordered(out.begin(), out.end());
    std::ranges::sort(ordered, {}, [&](const Statement& each) { return precedence(policy, each); });
    return ordered;
  }

 private:
  std::set<std::vector<Statement>> choices_;
};

class Deciders {
 public:
  Deciders(const PartyGraph& parties, const model::Policy& policy, const model::Assertion& claim)
      : parties_(parties), graph_(parties.graph()), policy_(policy), claim_(claim) {}

  std::optional<Grounds> find() {
    const bool never = claim_.kind == model::Assertion::Kind::Never;
    if (claim_.chain && !never) return {};
    const BitSet sources = parties_.classes(claim_.source);
    const BitSet destinations = parties_.classes(claim_.destination);
    Choices last_hop, to_others;
    if (!claim_.chain) {
      sources.each([&](std::uint32_t from) { add(from, destinations, claim_.ports, !never, last_hop); });
    } else {
      RelaySearch spread(parties_, claim_);
      (void)spread.run(starts(sources), [](const RelaySearch::Item&) { return false; });
      BitSet senders(graph_.classes().size());
      std::set<model::InstanceId> reached;
      for (const RelaySearch::Item& item : spread.items()) {
        for (const std::uint32_t from : spread.classes_of(item)) senders.set(from);
        if (item.parent) reached.insert(*item.party.instance);
      }
      const BitSet others = not_reached(reached);
      const model::PortSet any{model::PointSet::any(), {}};
      senders.each([&](std::uint32_t from) {
        add(from, destinations, claim_.ports, false, last_hop);
        add(from, others, any, false, to_others);
      });
    }
    if (asked_ > max_asked) return {};
    Grounds out{!never, last_hop.fewest(policy_)};
    if (claim_.chain) out.relays = to_others.fewest(policy_);
    return out;
  }

 private:
  std::vector<PartyEnd> starts(const BitSet& sources) const {
    std::vector<PartyEnd> out;
    sources.each([&](std::uint32_t from) {
      for (const Party party : parties_.members(from)) out.push_back({party, from});
    });
    return out;
  }

  // Classes of those who could pass on and are not reached, each whole.
  BitSet not_reached(const std::set<model::InstanceId>& reached) const {
    BitSet out(graph_.classes().size());
    for (std::uint32_t i = 0; i < graph_.classes().size(); ++i) {
      const PeerClass& of = graph_.classes()[i];
      const bool avoided = claim_.avoiding && model::matches(*claim_.avoiding, of.example);
      const bool known = std::ranges::any_of(of.members, [&](auto member) { return reached.contains(member); });
      if (of.kind != model::PeerKind::World && !avoided && !known) out.set(i);
    }
    return out;
  }

  bool pair_exists(std::uint32_t from, std::uint32_t to, Place place) const {
    if (!graph_.pairs_exist(from, to)) return false;
    if (!graph_.place_matters()) return true;
    for (const Party source : parties_.members(from)) {
      for (const Party destination : parties_.members(to)) {
        if (source != destination && parties_.place(source, destination) == place) return true;
      }
    }
    return false;
  }

  void add(std::uint32_t from, const BitSet& destinations, const model::PortSet& ports, bool allowed, Choices& out) {
    const std::vector<Place> places =
        graph_.place_matters() ? std::vector{Place::Apart, Place::Home} : std::vector{Place::Apart};
    destinations.each([&](std::uint32_t to) {
      for (const Place place : places) {
        if (asked_ > max_asked || !pair_exists(from, to, place)) continue;
        for (std::uint32_t atom = 0; atom < graph_.atoms().size() && asked_ <= max_asked; ++atom) {
          ++asked_;
          if (parties_.service(ports, atom, to)) add(from, to, atom, place, allowed, out);
        }
      }
    });
  }

  void add(std::uint32_t from, std::uint32_t to, std::uint32_t atom, Place place, bool allowed, Choices& out) const {
    std::vector<Statement> denying;
    bool by_profile = false;
    for (const Direction direction : {Direction::Egress, Direction::Ingress}) {
      const auto gate = graph_.decide(direction, from, to, atom, place);
      const auto statement = statement_of(gate);
      if (allowed) {
        if (statement) out.need(*statement);
      } else if (gate && gate->verdict == Verdict::Deny) {
        if (statement) {
          denying.push_back(*statement);
        } else {
          by_profile = true;
        }
      }
    }
    if (!by_profile && !denying.empty()) out.need_one_of(std::move(denying));
  }

  const PartyGraph& parties_;
  const Connectivity& graph_;
  const model::Policy& policy_;
  const model::Assertion& claim_;
  std::size_t asked_ = 0;
};

}  // namespace

std::optional<Grounds> closed_grounds(const PartyGraph& parties, const model::Policy& policy,
                                      const model::Assertion& claim) {
  return Deciders(parties, policy, claim).find();
}

}  // namespace weft::verifier
