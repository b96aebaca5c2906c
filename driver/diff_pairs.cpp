#include "driver/diff_pairs.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "base/stable_sort.h"
#include "base/text.h"
#include "driver/reach_names.h"
#include "verifier/connectivity.h"
#include "verifier/familiar_service.h"

namespace weft::driver {

using model::InstanceId;
using verifier::Connectivity;
using verifier::Place;

namespace {

// One policy with all that the other one asks for as rules of a last tier that only pass: both then tell the same peers
// and services apart, and decide what they decided.
model::Policy beside(const model::Policy& policy, const model::Policy& other) {
  model::Policy out = policy;
  out.assertions.clear();
  out.tiers.push_back({"compared", {}});
  const model::TierId tier{static_cast<std::uint32_t>(out.tiers.size() - 1)};
  const auto mark = [&](const model::Selector& source, const model::Selector& destination, const model::PortSet& ports,
                        const std::vector<model::Relation>& relations) {
    model::Rule rule;
    rule.verdict = model::Verdict::Pass;
    rule.source = source;
    rule.destination = destination;
    rule.ports = ports;
    rule.relations = relations;
    rule.tier = tier;
    out.rules.push_back(std::move(rule));
  };
  for (const model::Policy* each : {&policy, &other}) {
    for (const model::Rule& rule : each->rules) mark(rule.source, rule.destination, rule.ports, rule.relations);
    for (const model::Isolation& isolation : each->isolations) mark(isolation.subject, isolation.subject, {}, {});
    for (const model::Guard& guard : each->guards) mark(guard.nodes, guard.nodes, {}, {});
  }
  return out;
}

// Peers that neither policy tells apart.
struct Joint {
  std::uint32_t before = 0;  // class
  std::uint32_t after = 0;
  std::vector<InstanceId> members{};  // none: a part of the world
};

class Comparison {
 public:
  Comparison(const model::Policy& before, const model::Policy& after, const model::Inventory& inventory,
             model::Moment now)
      : inventory_(inventory),
        now_(now),
        old_policy_(before),
        new_policy_(after),
        before_policy_(beside(before, after)),
        after_policy_(beside(after, before)),
        before_(before_policy_, inventory, now),
        after_(after_policy_, inventory, now),
        names_(after, inventory) {
    join_peers();
    join_services();
  }

  InventoryDiff run() {
    InventoryDiff out;
    const auto [gained, lost] = compare();
    for (const bool gains : {true, false}) {
      const Differing& differing = gains ? gained : lost;
      (gains ? out.gained : out.lost) = count(differing);
      for (const auto& [block, services] : differing.blocks) add(block, services, gains, out);
      at_home(gains, out);
    }
    sort_stably(out.changes, {},
                [](const PairChange& change) { return std::tuple(!change.gained, UINT64_MAX - change.pairs); });
    return out;
  }

 private:
  // Joint classes, every one of the first towards every one of the second.
  using Block = std::pair<std::vector<std::uint32_t>, std::vector<std::uint32_t>>;
  // What differs one way: in blocks, and on some service.
  struct Differing {
    std::map<Block, model::PointSet> blocks;
    std::map<std::uint32_t, verifier::BitSet> destinations;  // by source
  };

  void join_peers() {
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::size_t> known;
    const auto at = [&](const model::End& end) -> Joint& {
      const std::pair key{before_.class_of(end), after_.class_of(end)};
      const auto [found, fresh] = known.emplace(key, joint_.size());
      if (fresh) joint_.push_back({key.first, key.second, {}});
      return joint_[found->second];
    };
    for (std::uint32_t i = 0; i < inventory_.instances.size(); ++i) {
      const model::Instance& instance = inventory_.instances[i];
      if (instance.host) continue;  // it is its node
      std::vector<model::End> ends{{&instance.peer, {}}};
      if (!instance.addresses.empty()) ends.clear();
      for (const model::Address& address : instance.addresses) ends.push_back({&instance.peer, address});
      for (const model::End& end : ends) {
        std::vector<InstanceId>& members = at(end).members;
        if (members.empty() || members.back() != InstanceId{i}) members.push_back(InstanceId{i});
      }
    }
    std::set<model::Address> starts;
    for (const Connectivity* graph : {&before_, &after_}) {
      for (const verifier::PeerClass& each : graph->classes()) {
        if (each.kind != model::PeerKind::World) continue;
        if (each.example.address) starts.insert(*each.example.address);
        for (const model::AddressRange& range : each.addresses) starts.insert(range.first);
      }
    }
    for (const model::Address& address : starts) {
      if (inventory_.owner(address) == nullptr) (void)at(inventory_.end(address));
    }
    for (std::uint32_t i = 0; i < joint_.size(); ++i) {
      aligned_ = aligned_ && joint_[i].before == i && joint_[i].after == i;
    }
  }

  // Services that neither policy tells apart, with their atoms.
  struct Atom {
    std::uint32_t before = 0;
    std::uint32_t after = 0;
    model::PointSet points;
  };

  void join_services() {
    for (std::uint32_t j = 0; j < after_.atoms().size(); ++j) {
      for (std::uint32_t i = 0; i < before_.atoms().size(); ++i) {
        if (!after_.atoms()[j].intersects(before_.atoms()[i])) continue;
        model::PointSet outside = after_.atoms()[j];
        outside.remove(before_.atoms()[i]);
        model::PointSet both = after_.atoms()[j];
        both.remove(outside);
        atoms_.push_back({i, j, std::move(both)});
      }
    }
  }

  // Service by service: sources that differ towards the same destinations are one block, and blocks of the same peers
  // are one change. What a rule says of one service so stays together, whatever others say of other services.
  std::pair<Differing, Differing> compare() const {
    Differing gained, lost;
    for (const Atom& atom : atoms_) {
      const verifier::ClassMatrix was = before_.gates_matrix(atom.before), is = after_.gates_matrix(atom.after);
      std::map<std::vector<std::uint32_t>, std::vector<std::uint32_t>> more, less;  // destinations: sources
      for (std::uint32_t source = 0; source < joint_.size(); ++source) {
        if (aligned_ && std::ranges::equal(was.row(source), is.row(source))) continue;
        std::vector<std::uint32_t> opened, closed;
        for (std::uint32_t destination = 0; destination < joint_.size(); ++destination) {
          const bool old_one = was.test(joint_[source].before, joint_[destination].before);
          const bool new_one = is.test(joint_[source].after, joint_[destination].after);
          if (old_one != new_one) (new_one ? opened : closed).push_back(destination);
        }
        for (auto& [row, rows, out] : {std::tie(opened, more, gained), std::tie(closed, less, lost)}) {
          if (row.empty()) continue;
          verifier::BitSet& known = out.destinations.try_emplace(source, joint_.size()).first->second;
          for (const std::uint32_t destination : row) known.set(destination);
          rows[std::move(row)].push_back(source);
        }
      }
      for (const auto& [destinations, sources] : more) gained.blocks[{sources, destinations}].add(atom.points);
      for (const auto& [destinations, sources] : less) lost.blocks[{sources, destinations}].add(atom.points);
    }
    return {std::move(gained), std::move(lost)};
  }

  // A pair counts once, however many services it gains.
  std::uint64_t count(const Differing& differing) const {
    std::uint64_t out = 0;
    for (const auto& [source, destinations] : differing.destinations) {
      destinations.each([&](std::uint32_t destination) { out += pairs(source, destination); });
    }
    return out;
  }

  // Ordered pairs of distinct peers; a part of the world counts as one.
  std::uint64_t pairs(std::uint32_t source, std::uint32_t destination) const {
    if (!after_.pairs_exist(joint_[source].after, joint_[destination].after)) return 0;
    const std::vector<InstanceId>& left = joint_[source].members;
    const std::vector<InstanceId>& right = joint_[destination].members;
    if (left.empty() || right.empty()) return left.empty() && right.empty() ? 0 : std::max(left.size(), right.size());
    std::vector<InstanceId> common;
    std::ranges::set_intersection(left, right, std::back_inserter(common));
    return std::uint64_t{left.size()} * right.size() - common.size();
  }

  void add(const Block& block, const model::PointSet& services, bool gained, InventoryDiff& out) const {
    PairChange change;
    std::set<std::uint32_t> sources, destinations;  // those with somebody to talk to at the other end
    for (const std::uint32_t source : block.first) {
      for (const std::uint32_t destination : block.second) {
        const std::uint64_t here = pairs(source, destination);
        change.pairs += here;
        if (here == 0) continue;
        sources.insert(source);
        destinations.insert(destination);
        if (change.example.flow.empty()) {
          change.example = example(joint_[source], joint_[destination], services, gained);
        }
      }
    }
    if (change.pairs == 0) return;  // there is only one of somebody
    change.gained = gained;
    change.sources = ends(sources, destinations);
    change.destinations = ends(destinations, sources);
    change.services = services;
    out.changes.push_back(std::move(change));
  }

  // Whose end it is, and which.
  std::vector<model::End> some_ends(const Joint& joint) const {
    constexpr std::size_t enough = 8;
    std::vector<model::End> out;
    if (joint.members.empty()) {
      for (const model::Family family : {model::Family::V4, model::Family::V6}) {
        if (const auto address = of_world(joint, family)) out.push_back(inventory_.end(*address));
      }
      return out;
    }
    for (const InstanceId member : joint.members) {
      const model::Instance& instance = inventory_[member];
      if (instance.addresses.empty()) out.push_back({&instance.peer, {}});
      for (const model::Address& address : instance.addresses) {
        const model::End end{&instance.peer, address};
        if (after_.class_of(end) == joint.after) out.push_back(end);
      }
      if (out.size() >= enough) break;
    }
    return out;
  }

  // An address of a part of the world.
  std::optional<model::Address> of_world(const Joint& joint, model::Family family) const {
    const verifier::PeerClass& world = after_.classes()[joint.after];
    if (world.example.address && world.example.address->family == family) return world.example.address;
    for (const model::AddressRange& range : world.addresses) {
      if (range.first.family != family) continue;
      for (std::optional<model::Address> at = range.first; at && *at <= range.last; at = model::next(*at)) {
        if (inventory_.owner(*at) == nullptr) return at;
      }
    }
    return {};
  }

  // A pair that both policies have judged, each its own way.
  PairExample example(const Joint& from, const Joint& to, const model::PointSet& services, bool gained) const {
    const model::ServicePoint service =
        verifier::familiar_service(services).value_or(model::ServicePoint{services.ranges().front().first});
    for (const model::End& source : some_ends(from)) {
      for (const model::End& destination : some_ends(to)) {
        if (source.peer == destination.peer) continue;
        if (source.address && destination.address && source.address->family != destination.address->family) continue;
        const model::Flow flow{source, destination, service};
        const model::Decision was = model::evaluate(old_policy_, flow, now_);
        const model::Decision is = model::evaluate(new_policy_, flow, now_);
        if (was.allowed == gained || is.allowed != gained) continue;
        return {fmt::format("{} -> {} : {}", name_of(source), name_of(destination), model::to_string(service)),
                verifier::turns_of(was, is)};
      }
    }
    return {};
  }

  std::string name_of(const model::End& end) const {
    if (end.peer->instance) return in_code(inventory_[*end.peer->instance].name);
    return end.address ? "world at " + model::to_string(*end.address) : "world";
  }

  // A profile may let a workload's own node in, which no pair of classes says.
  void at_home(bool gained, InventoryDiff& out) const {
    if (!before_.place_matters() && !after_.place_matters()) return;
    std::map<std::pair<bool, std::vector<model::ServiceRange>>, PairChange> changes;
    for (std::uint32_t i = 0; i < inventory_.instances.size(); ++i) {
      const model::Instance& workload = inventory_.instances[i];
      if (workload.host || workload.peer.kind != model::PeerKind::Workload || !workload.peer.node) continue;
      for (const bool enters : {true, false}) {
        const InstanceId source = enters ? *workload.peer.node : InstanceId{i};
        const InstanceId destination = enters ? InstanceId{i} : *workload.peer.node;
        model::PointSet services;
        for (const Atom& atom : atoms_) {
          const bool was = open(before_, atom.before, source, destination);
          const bool is = open(after_, atom.after, source, destination);
          if (was != is && is == gained) services.add(atom.points);
        }
        if (services.empty()) continue;
        PairChange& change = changes[{enters, services.ranges()}];
        change.gained = gained;
        change.own_node = true;
        change.services = services;
        ++change.pairs;
        change.sources.members.push_back(source);
        change.destinations.members.push_back(destination);
      }
    }
    for (auto& [key, change] : changes) {
      for (PairEnds* each : {&change.sources, &change.destinations}) {
        std::ranges::sort(each->members);
        const auto rest = std::ranges::unique(each->members);
        each->members.erase(rest.begin(), rest.end());
        name(*each);
      }
      (gained ? out.gained : out.lost) += change.pairs;
      out.changes.push_back(std::move(change));
    }
  }

  static bool open(const Connectivity& graph, std::uint32_t atom, InstanceId source, InstanceId destination) {
    for (const std::uint32_t from : graph.classes_of(source)) {
      for (const std::uint32_t to : graph.classes_of(destination)) {
        if (graph.pairs_exist(from, to) && graph.allowed(from, to, atom, Place::Home)) return true;
      }
    }
    return false;
  }

  PairEnds ends(const std::set<std::uint32_t>& classes, const std::set<std::uint32_t>& others) const {
    const auto talk = [&](model::Family family) {
      return std::ranges::any_of(others, [&](std::uint32_t other) {
        const verifier::PeerClass& of = after_.classes()[joint_[other].after];
        return family == model::Family::V4 ? of.v4 : of.v6;
      });
    };
    PairEnds out;
    bool world = false;
    std::string where;
    for (const std::uint32_t each : classes) {
      const Joint& joint = joint_[each];
      out.members.insert(out.members.end(), joint.members.begin(), joint.members.end());
      if (!joint.members.empty()) continue;
      world = true;
      if (classes.size() != 1) continue;
      for (const model::Family family : {model::Family::V6, model::Family::V4}) {
        const auto address = talk(family) ? of_world(joint, family) : std::nullopt;
        if (address) where = " at " + model::to_string(*address);
      }
    }
    std::ranges::sort(out.members);
    const auto rest = std::ranges::unique(out.members);
    out.members.erase(rest.begin(), rest.end());
    if (!out.members.empty()) name(out);
    if (world) out.name += (out.members.empty() ? "world" : ", world") + where;
    return out;
  }

  // What says who they are; else names, and of many the first few.
  void name(PairEnds& ends) const {
    constexpr std::size_t listed = 3;
    const std::vector<InstanceId>& members = ends.members;
    ends.name = names_.of(members);
    ends.named = !ends.name.empty();
    ends.nodes = inventory_[members.front()].peer.kind == model::PeerKind::Node;
    if (ends.named) return;
    for (std::size_t i = 0; i < std::min(members.size(), listed); ++i) {
      ends.name += fmt::format("{}{}", i == 0 ? "" : ", ", in_code(inventory_[members[i]].name));
    }
    if (members.size() > listed) ends.name += fmt::format(" and {} more", members.size() - listed);
  }

  const model::Inventory& inventory_;
  model::Moment now_;
  const model::Policy& old_policy_;
  const model::Policy& new_policy_;
  model::Policy before_policy_;  // beside one another
  model::Policy after_policy_;
  Connectivity before_;
  Connectivity after_;
  PeerNames names_;
  std::vector<Joint> joint_;
  bool aligned_ = true;  // joint classes have the numbers of both
  std::vector<Atom> atoms_;
};

}  // namespace

InventoryDiff diff_pairs(const model::Policy& before, const model::Policy& after, const model::Inventory& inventory,
                         model::Moment now) {
  return Comparison(before, after, inventory, now).run();
}

}  // namespace weft::driver
