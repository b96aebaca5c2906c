#include "verifier/path_closed_grounds.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "model/evaluate.h"
#include "verifier/closed_core.h"
#include "verifier/path_relays.h"

namespace weft::verifier {

using model::Direction;
using model::Verdict;

namespace {

// Flows between classes that are asked about. Work, not time.
constexpr std::size_t max_asked = 200'000;

class FlowsOfClaim {
 public:
  FlowsOfClaim(const PartyGraph& parties, const model::Policy& policy, const model::Assertion& claim)
      : parties_(parties), graph_(parties.graph()), policy_(policy), claim_(claim) {}

  std::optional<Grounds> find() {
    const bool never = claim_.kind == model::Assertion::Kind::Never;
    if (claim_.chain && !never) return {};
    const BitSet sources = parties_.classes(claim_.source);
    const BitSet destinations = parties_.classes(claim_.destination);
    const Verdict verdict = never ? Verdict::Deny : Verdict::Allow;
    ClosedCore last_hop(policy_, verdict), to_others(policy_, verdict);
    if (!claim_.chain) {
      sources.each([&](std::uint32_t from) { add(from, destinations, claim_.ports, last_hop); });
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
        add(from, destinations, claim_.ports, last_hop);
        add(from, others, any, to_others);
      });
    }
    if (asked_ > max_asked) return {};
    auto statements = last_hop.minimal();
    if (!statements) return {};
    Grounds out{!never, std::move(*statements)};
    if (claim_.chain) {
      out.relays = to_others.minimal();
      if (!out.relays) return {};
    }
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

  void add(std::uint32_t from, const BitSet& destinations, const model::PortSet& ports, ClosedCore& out) {
    const std::vector<Place> places =
        graph_.place_matters() ? std::vector{Place::Apart, Place::Home} : std::vector{Place::Apart};
    destinations.each([&](std::uint32_t to) {
      if (!parties_.related(claim_, from, to)) return;
      for (const Place place : places) {
        if (asked_ > max_asked || !pair_exists(from, to, place)) continue;
        for (std::uint32_t atom = 0; atom < graph_.atoms().size() && asked_ <= max_asked; ++atom) {
          ++asked_;
          if (!parties_.service(ports, atom, to)) continue;
          out.add(matching(Direction::Egress, from, to, atom, place),
                  matching(Direction::Ingress, from, to, atom, place));
        }
      }
    });
  }

  // The graph may know rules that only tell apart what claims ask for.
  ClosedCore::Walk matching(Direction direction, std::uint32_t from, std::uint32_t to, std::uint32_t atom,
                            Place place) const {
    auto out = graph_.matching(direction, from, to, atom, place);
    if (!out) return out;
    std::erase_if(*out, [&](const Statement& each) {
      const auto* rule = std::get_if<model::RuleId>(&each);
      return rule != nullptr && static_cast<std::size_t>(*rule) >= policy_.rules.size();
    });
    return out;
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
  return FlowsOfClaim(parties, policy, claim).find();
}

}  // namespace weft::verifier
