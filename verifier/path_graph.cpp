#include "verifier/path_graph.h"

#include <algorithm>

#include "model/evaluate.h"
#include "verifier/familiar_service.h"

namespace weft::verifier {

using model::InstanceId;
using model::PeerKind;

PartyGraph::PartyGraph(const model::Policy& policy, const model::Inventory& inventory, const Connectivity& graph,
                       model::Moment now)
    : policy_(policy), inventory_(inventory), graph_(graph), now_(now), home_(inventory.instances.size()) {
  for (std::uint32_t i = 0; i < inventory.instances.size(); ++i) {
    const model::Instance& instance = inventory.instances[i];
    if (instance.host || instance.peer.kind != PeerKind::Workload || !instance.peer.node) continue;
    home_[i].push_back(*instance.peer.node);
    home_[static_cast<std::size_t>(*instance.peer.node)].push_back(InstanceId{i});
  }
}

BitSet PartyGraph::classes(const model::Selector& selector) const {
  BitSet out(graph_.classes().size());
  for (std::uint32_t i = 0; i < graph_.classes().size(); ++i) {
    if (model::matches(selector, graph_.classes()[i].example)) out.set(i);
  }
  return out;
}

bool PartyGraph::related(const model::Assertion& claim, std::uint32_t source, std::uint32_t destination) const {
  if (claim.relations.empty()) return true;
  const model::Flow flow{graph_.classes()[source].example, graph_.classes()[destination].example, {}};
  return std::ranges::all_of(claim.relations, [&](const auto& relation) { return model::holds(relation, flow); });
}

std::optional<model::ServicePoint> PartyGraph::service(const model::PortSet& ports, std::uint32_t atom,
                                                       std::uint32_t class_) const {
  const auto point = familiar_service(graph_.atoms()[atom]);
  if (!point) return {};
  const model::End& end = graph_.classes()[class_].example;
  if (model::matches(ports, model::Flow{end, end, *point})) return point;
  return {};
}

BitSet PartyGraph::reached(std::uint32_t source, const model::PortSet& ports, Place place) const {
  if (ports.points == model::PointSet::any()) return graph_.reached_from(source, place);
  BitSet out(graph_.classes().size());
  for (std::uint32_t atom = 0; atom < graph_.atoms().size(); ++atom) {
    const auto point = familiar_service(graph_.atoms()[atom]);
    const bool whole = point && ports.points.contains(*point);
    if (!point || (!whole && ports.names.empty())) continue;
    BitSet row = graph_.reached_from(atom, source, place);
    if (!whole) {
      BitSet named(row.size());
      row.each([&](std::uint32_t to) {
        if (service(ports, atom, to)) named.set(to);
      });
      row = std::move(named);
    }
    out |= row;
  }
  return out;
}

Place PartyGraph::place(Party source, Party destination) const {
  if (!source.instance || !destination.instance) return Place::Apart;
  const auto runs_on = [&](InstanceId workload, InstanceId node) {
    const model::Peer& peer = inventory_[workload].peer;
    return peer.kind == PeerKind::Workload && peer.node == node;
  };
  return runs_on(*source.instance, *destination.instance) || runs_on(*destination.instance, *source.instance)
             ? Place::Home
             : Place::Apart;
}

std::vector<Party> PartyGraph::members(std::uint32_t class_) const {
  const PeerClass& of = graph_.classes()[class_];
  if (of.kind == PeerKind::World) return {Party{}};
  std::vector<Party> out;
  for (const InstanceId instance : of.members) out.push_back({instance});
  return out;
}

// Of a range of the world, an address that nobody owns: there is one within as many as there are owners.
std::optional<model::Address> PartyGraph::free_in(const model::AddressRange& range) const {
  for (std::optional<model::Address> at = range.first; at && *at <= range.last; at = model::next(*at)) {
    if (inventory_.owner(*at) == nullptr) return at;
  }
  return {};
}

std::vector<model::End> PartyGraph::ends(Party party, std::uint32_t class_) const {
  if (!party.instance) {
    const PeerClass& world = graph_.classes()[class_];
    std::vector<model::End> out{world.example};
    for (const model::AddressRange& range : world.addresses) {
      if (range.first.family == world.example.address->family || out.size() > 1) continue;
      if (const auto address = free_in(range)) out.push_back(inventory_.end(*address));
    }
    return out;
  }
  const model::Instance& instance = inventory_[*party.instance];
  if (instance.addresses.empty()) return {{&instance.peer, {}}};
  std::vector<model::End> out;
  for (const model::Address& address : instance.addresses) {
    const model::End end{&instance.peer, address};
    if (graph_.class_of(end) == class_) out.push_back(end);
  }
  return out;
}

std::optional<Witness> PartyGraph::flow(Party source, std::uint32_t from, Party destination, std::uint32_t to,
                                        const model::PortSet& ports, bool allowed,
                                        std::optional<model::Family> family) const {
  if (source == destination) return {};  // itself, or the world and the world
  const auto is_other = [&](const model::End& end) { return family && end.address && end.address->family != *family; };
  const Place place = this->place(source, destination);
  for (const model::End& left : ends(source, from)) {
    for (const model::End& right : ends(destination, to)) {
      if (left.address && right.address && left.address->family != right.address->family) continue;
      if (is_other(left) || is_other(right)) continue;
      for (std::uint32_t atom = 0; atom < graph_.atoms().size(); ++atom) {
        if (graph_.allowed(from, to, atom, place) != allowed) continue;
        const auto point = service(ports, atom, to);
        if (!point) continue;
        Witness out;
        if (source.instance) out.source_name = inventory_[*source.instance].name;
        if (destination.instance) out.destination_name = inventory_[*destination.instance].name;
        out.source = *left.peer;
        out.destination = *right.peer;
        out.source_address = left.address;
        out.destination_address = right.address;
        out.service = *point;
        out.moment = now_;
        out.decision = model::evaluate(policy_, out.flow(), now_);
        return out;
      }
    }
  }
  return {};
}

std::optional<Witness> PartyGraph::first_flow(std::uint32_t from, std::uint32_t to, Place place,
                                              const model::PortSet& ports, bool allowed) const {
  for (const Party source : members(from)) {
    for (const Party destination : members(to)) {
      if (graph_.place_matters() && this->place(source, destination) != place) continue;
      if (auto out = flow(source, from, destination, to, ports, allowed)) return out;
    }
  }
  return {};
}

}  // namespace weft::verifier
