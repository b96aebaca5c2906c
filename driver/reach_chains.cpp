#include "driver/reach_chains.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "base/assert.h"
#include "base/stable_sort.h"
#include "driver/reach_members.h"
#include "model/evaluate.h"

namespace weft::driver {
namespace {

using verifier::ChainStart;
using verifier::Hop;
using verifier::Spread;

class Chains {
 public:
  Chains(const Reachability& reachability, model::Moment now)
      : reachability_(reachability), inventory_(reachability.compilation().inventory), now_(now) {}

  Spread from(const std::vector<ReachGroup::Part>& parts) const {
    std::vector<ChainStart> starts;
    for (const ReachGroup::Part& part : parts) {
      if (part.members.empty()) starts.push_back({{}, part.number});
      for (const model::InstanceId member : part.members) starts.push_back({member, 0});
    }
    return Spread(reachability_.connectivity(), inventory_, reachability_.hops(), starts);
  }

  std::optional<Chained> to(const Spread& spread, const ReachGroup& group) const {
    Chained out;
    std::map<std::size_t, std::pair<std::uint64_t, std::vector<Hop>>> lengths;  // how many, and a chain to the first
    const auto count = [&](std::size_t hops, const auto& chain) {
      ++out.of;
      if (hops == 0) return;
      ++out.reached;
      auto& [reached, first] = lengths[hops];
      if (++reached == 1) first = chain();
    };
    for (const model::InstanceId member : group.members) {
      count(spread.hops_to(member), [&] { return spread.chain_to(member); });
    }
    for (const ReachGroup::Part& part : group.parts) {
      if (!part.members.empty()) continue;
      const std::vector<Hop> chain = spread.chain_to_world(part.number);
      count(chain.size(), [&] { return chain; });
    }
    if (out.reached == 0) return {};
    for (const auto& [hops, found] : lengths) {
      ChainsOfLength& of_length = out.lengths.emplace_back(ChainsOfLength{found.first, {}});
      for (const Hop& hop : found.second) of_length.chain.push_back(told(hop));
    }
    return out;
  }

 private:
  // The end an instance has in a class.
  model::End end(const std::optional<model::InstanceId>& instance, std::uint32_t number) const {
    const verifier::Connectivity& connectivity = reachability_.connectivity();
    if (!instance) return connectivity.classes()[number].example;
    const model::Instance& of = inventory_[*instance];
    for (const model::Address& address : of.addresses) {
      const model::End at{&of.peer, address};
      if (connectivity.class_of(at) == number) return at;
    }
    return {&of.peer, {}};
  }

  std::string name(const std::optional<model::InstanceId>& instance, std::uint32_t number) const {
    if (instance) return inventory_[*instance].name;
    // What no network of the policy names begins with the lowest address of all.
    const model::Address& address = *reachability_.connectivity().classes()[number].example.address;
    return address == model::lowest(address.family) ? "world" : "world " + to_string(address);
  }

  ChainHop told(const Hop& hop) const {
    const verifier::Connectivity& connectivity = reachability_.connectivity();
    ChainHop out{name(hop.from, hop.source), name(hop.to, hop.destination),
                 connectivity.points_of(connectivity.services(hop.source, hop.destination, hop.place))};
    const model::Flow flow{end(hop.from, hop.source), end(hop.to, hop.destination),
                           model::ServicePoint{out.services.ranges().front().first}};
    WEFT_ASSERT(model::evaluate(reachability_.compilation().policy, flow, now_).allowed,
                "the evaluator allows every hop that is shown");
    return out;
  }

  const Reachability& reachability_;
  const model::Inventory& inventory_;
  model::Moment now_;
};

}  // namespace

std::vector<Chained> chains(const Reachability& reachability, const std::vector<ReachGroup>& sources,
                            const std::vector<ReachGroup>& destinations, model::Moment now) {
  std::vector<Chained> out;
  const Chains chains(reachability, now);
  for (std::size_t s = 0; s < sources.size(); ++s) {
    const Spread spread = chains.from(sources[s].parts);
    for (std::size_t d = 0; d < destinations.size(); ++d) {
      std::optional<Chained> chained = chains.to(spread, destinations[d]);
      if (!chained) continue;
      chained->from = s;
      chained->to = d;
      out.push_back(std::move(*chained));
    }
  }
  return out;
}

std::vector<ReachGroup> groups_by_chains(const Reachability& reachability, const ReachGroup& subject) {
  const model::Inventory& inventory = reachability.compilation().inventory;
  const verifier::Connectivity& connectivity = reachability.connectivity();
  const Spread spread = Chains(reachability, {}).from(subject.parts);
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::string> services;  // as text, by the classes of a hop apart
  const auto key = [&](const std::vector<Hop>& chain) -> std::pair<std::size_t, std::string> {
    if (chain.empty()) return {0, ""};
    const Hop& last = chain.back();
    const auto text = [&] {
      return to_string(connectivity.points_of(connectivity.services(last.source, last.destination, last.place)));
    };
    if (last.place == verifier::Place::Home) return {chain.size(), text()};
    const auto [found, fresh] = services.try_emplace({last.source, last.destination});
    if (fresh) found->second = text();
    return {chain.size(), found->second};
  };
  Alike<std::pair<model::PeerKind, std::pair<std::size_t, std::string>>> alike(reachability);
  for (const model::Instance& instance : inventory.instances) {
    if (instance.host) continue;
    alike.of({instance.peer.kind, key(spread.chain_to(*instance.peer.instance))}).add_whole(instance);
  }
  for (std::uint32_t c = 0; c < connectivity.classes().size(); ++c) {
    if (connectivity.classes()[c].kind != model::PeerKind::World) continue;
    alike.of({model::PeerKind::World, key(spread.chain_to_world(c))}).add_world(c);
  }
  return alike.groups();
}

Radii radii(const Reachability& reachability, const std::vector<ReachGroup>& groups) {
  const model::Inventory& inventory = reachability.compilation().inventory;
  Radii out;
  out.each = verifier::blast_radii(reachability.connectivity(), inventory, reachability.hops());
  for (const model::Instance& instance : inventory.instances) out.peers += instance.host ? 0 : 1;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    const ReachGroup& group = groups[g];
    if (group.members.empty()) continue;
    const auto radius = [&](model::InstanceId id) { return out.each[static_cast<std::size_t>(id)]; };
    const auto [least, most] = std::ranges::minmax_element(group.members, {}, radius);
    Radius row{g, radius(*least), radius(*most), {}};
    if (row.most > 0) {
      const Spread spread(reachability.connectivity(), inventory, reachability.hops(), {{*most, 0}});
      for (std::size_t other = 0; other < groups.size(); ++other) {
        const auto reached = [&](model::InstanceId id) { return id != *most && spread.reached(id); };
        if (std::ranges::any_of(groups[other].members, reached)) row.reached.push_back(other);
      }
    }
    out.by_group.push_back(std::move(row));
  }
  sort_stably(out.by_group, std::ranges::greater{}, &Radius::most);
  return out;
}

}  // namespace weft::driver
