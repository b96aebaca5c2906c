#include "driver/diff_pairs.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "base/stable_sort.h"
#include "verifier/connectivity.h"

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
        before_policy_(beside(before, after)),
        after_policy_(beside(after, before)),
        before_(before_policy_, inventory, now),
        after_(after_policy_, inventory, now) {
    join_peers();
    join_services();
  }

  InventoryDiff run() {
    InventoryDiff out;
    for (const bool gained : {true, false}) {
      Edges edges = differing(gained);
      group(std::move(edges), gained, out);
      at_home(gained, out);
    }
    sort_stably(out.changes, {},
                [](const PairChange& change) { return std::tuple(!change.gained, UINT64_MAX - change.pairs); });
    return out;
  }

 private:
  // By source and destination among the joint classes: the services that differ.
  using Edges = std::map<std::uint32_t, std::map<std::uint32_t, model::PointSet>>;

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

  Edges differing(bool gained) const {
    Edges out;
    for (std::uint32_t source = 0; source < joint_.size(); ++source) {
      for (const Atom& atom : atoms_) {
        const auto was = before_.reached_from(atom.before, joint_[source].before);
        const auto is = after_.reached_from(atom.after, joint_[source].after);
        if (was.empty() && is.empty()) continue;
        for (std::uint32_t destination = 0; destination < joint_.size(); ++destination) {
          const bool old_one = was.test(joint_[destination].before), new_one = is.test(joint_[destination].after);
          if (old_one == new_one || new_one != gained || pairs(source, destination) == 0) continue;
          out[source][destination].add(atom.points);
        }
      }
    }
    return out;
  }

  // Ordered pairs of distinct peers.
  std::uint64_t pairs(std::uint32_t source, std::uint32_t destination) const {
    const std::vector<InstanceId>& left = joint_[source].members;
    const std::vector<InstanceId>& right = joint_[destination].members;
    if (left.empty() || right.empty()) return left.empty() && right.empty() ? 0 : std::max(left.size(), right.size());
    std::vector<InstanceId> common;
    std::ranges::set_intersection(left, right, std::back_inserter(common));
    return std::uint64_t{left.size()} * right.size() - common.size();
  }

  // Sources that differ alike towards all destinations are one; so are destinations with one answer.
  void group(Edges edges, bool gained, InventoryDiff& out) const {
    std::map<std::vector<std::pair<std::uint32_t, std::vector<model::ServiceRange>>>, std::vector<std::uint32_t>> rows;
    for (const auto& [source, row] : edges) {
      std::vector<std::pair<std::uint32_t, std::vector<model::ServiceRange>>> key;
      for (const auto& [destination, services] : row) key.emplace_back(destination, services.ranges());
      rows[std::move(key)].push_back(source);
    }
    for (const auto& [row, sources] : rows) {
      std::map<std::vector<model::ServiceRange>, std::vector<std::uint32_t>> columns;
      for (const auto& [destination, services] : row) columns[services].push_back(destination);
      for (const auto& [services, destinations] : columns) {
        PairChange change;
        change.gained = gained;
        change.sources = ends(sources);
        change.destinations = ends(destinations);
        change.services = edges.at(sources.front()).at(destinations.front());
        for (const std::uint32_t source : sources) {
          for (const std::uint32_t destination : destinations) change.pairs += pairs(source, destination);
        }
        (gained ? out.gained : out.lost) += change.pairs;
        out.changes.push_back(std::move(change));
      }
    }
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
        each->name = name_of(each->members, false);
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

  PairEnds ends(const std::vector<std::uint32_t>& classes) const {
    PairEnds out;
    bool world = false;
    std::string of_world;
    for (const std::uint32_t each : classes) {
      const Joint& joint = joint_[each];
      out.members.insert(out.members.end(), joint.members.begin(), joint.members.end());
      if (!joint.members.empty()) continue;
      world = true;
      const auto& address = after_.classes()[joint.after].example.address;
      if (address && classes.size() == 1) of_world = " at " + model::to_string(*address);
    }
    std::ranges::sort(out.members);
    const auto rest = std::ranges::unique(out.members);
    out.members.erase(rest.begin(), rest.end());
    out.name = name_of(out.members, world) + of_world;
    return out;
  }

  // Names, and of many the first few.
  std::string name_of(const std::vector<InstanceId>& members, bool world) const {
    constexpr std::size_t named = 3;
    std::string out;
    for (std::size_t i = 0; i < std::min(members.size(), named); ++i) {
      out += fmt::format("{}`{}`", i == 0 ? "" : ", ", inventory_[members[i]].name);
    }
    if (members.size() > named) out += fmt::format(" and {} more", members.size() - named);
    if (world) out += out.empty() ? "world" : ", world";
    return out;
  }

  const model::Inventory& inventory_;
  model::Policy before_policy_;
  model::Policy after_policy_;
  Connectivity before_;
  Connectivity after_;
  std::vector<Joint> joint_;
  std::vector<Atom> atoms_;
};

}  // namespace

InventoryDiff diff_pairs(const model::Policy& before, const model::Policy& after, const model::Inventory& inventory,
                         model::Moment now) {
  return Comparison(before, after, inventory, now).run();
}

}  // namespace weft::driver
