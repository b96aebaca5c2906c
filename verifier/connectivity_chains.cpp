#include "verifier/connectivity_chains.h"

#include <algorithm>
#include <utility>

namespace weft::verifier {

Spread::Spread(const Connectivity& connectivity, const model::Inventory& inventory, const ClassMatrix& hops,
               const std::vector<ChainStart>& starts, std::function<bool(model::InstanceId)> relays)
    : connectivity_(connectivity),
      inventory_(inventory),
      hops_(hops),
      relays_(std::move(relays)),
      touched_(connectivity.classes().size()),
      arrivals_(inventory.instances.size()),
      world_arrivals_(connectivity.classes().size()),
      starts_(inventory.instances.size()),
      open_(connectivity.classes().size(), true),
      left_out_(connectivity.classes().size()) {
  if (connectivity.place_matters()) {
    on_node_.resize(inventory.instances.size());
    for (std::uint32_t i = 0; i < inventory.instances.size(); ++i) {
      const model::Instance& instance = inventory.instances[i];
      if (!instance.host && instance.peer.node) on_node_[index(*instance.peer.node)].push_back(model::InstanceId{i});
    }
  }
  for (const ChainStart& start : starts) {
    if (start.instance) starts_[index(*start.instance)] = true;
  }
  for (const ChainStart& start : starts) {
    if (start.instance) {
      touch(*start.instance);
    } else {
      events_.push_back({start.world, {}, false});
    }
  }
  while (!events_.empty()) {
    const Event event = events_.front();
    events_.pop_front();
    if (event.home) {
      spread_home(event);
    } else {
      spread(event);
    }
  }
}

// A member goes on from each of its classes. All members of a class reach the same others, so the first one is enough,
// and a second one for what the first cannot reach: itself. Where place matters it may be more that cannot be reached
// from home.
void Spread::touch(model::InstanceId instance) {
  for (const std::uint32_t number : connectivity_.classes_of(instance)) {
    if (touched_[number] == 2 && !connectivity_.place_matters()) continue;
    touched_[number] = static_cast<std::uint8_t>(std::min(touched_[number] + 1, 2));
    events_.push_back({number, instance, false});
  }
  if (connectivity_.place_matters()) events_.push_back({0, instance, true});
}

bool Spread::at_home(model::InstanceId a, model::InstanceId b) const {
  return inventory_[a].peer.node == b || inventory_[b].peer.node == a;
}

bool Spread::reaches(const Event& event, model::InstanceId member, std::uint32_t number) const {
  if (!event.instance) return true;
  if (*event.instance == member) return false;
  return !connectivity_.place_matters() || !at_home(*event.instance, member) ||
         !connectivity_.services(event.number, number, Place::Home).empty();
}

void Spread::spread(const Event& event) {
  BitSet to = hops_.row_set(event.number);
  to &= open_;
  to.each([&](std::uint32_t number) {
    const PeerClass& reached = connectivity_.classes()[number];
    if (reached.kind == model::PeerKind::World) {
      world_arrivals_[number] = Hop{event.instance, {}, event.number, number, Place::Apart};
      open_.clear(number);
      return;
    }
    // Whoever has gone on to the class before has reached everybody but those left out.
    const bool first = !left_out_[number];
    const std::vector<model::InstanceId> wanted = first ? reached.members : *left_out_[number];
    left_out_[number].emplace();
    for (const model::InstanceId member : wanted) {
      if (reaches(event, member, number)) {
        arrive(member, {event.instance, member, event.number, number, Place::Apart});
      } else {
        left_out_[number]->push_back(member);
      }
    }
    if (left_out_[number]->empty()) open_.clear(number);
  });
}

// A node and what it runs, in both directions, where only they may.
void Spread::spread_home(const Event& event) {
  const auto reach = [&](model::InstanceId other) {
    for (const std::uint32_t source : connectivity_.classes_of(*event.instance)) {
      for (const std::uint32_t destination : connectivity_.classes_of(other)) {
        if (connectivity_.pairs_exist(source, destination) &&
            !connectivity_.services(source, destination, Place::Home).empty()) {
          arrive(other, {event.instance, other, source, destination, Place::Home});
        }
      }
    }
  };
  for (const model::InstanceId workload : on_node_[index(*event.instance)]) reach(workload);
  if (const auto& node = inventory_[*event.instance].peer.node) reach(*node);
}

void Spread::arrive(model::InstanceId at, Hop hop) {
  if (arrivals_[index(at)]) return;
  if (hop.from && at_home(*hop.from, at)) hop.place = Place::Home;
  arrivals_[index(at)] = hop;
  if (!starts_[index(at)] && (!relays_ || relays_(at))) touch(at);
}

std::vector<model::InstanceId> Spread::instances() const {
  std::vector<model::InstanceId> out;
  for (std::uint32_t i = 0; i < arrivals_.size(); ++i) {
    if (arrivals_[i]) out.push_back(model::InstanceId{i});
  }
  return out;
}

std::vector<std::uint32_t> Spread::world() const {
  std::vector<std::uint32_t> out;
  for (std::uint32_t number = 0; number < world_arrivals_.size(); ++number) {
    if (world_arrivals_[number]) out.push_back(number);
  }
  return out;
}

std::size_t Spread::hops_to(model::InstanceId instance) const {
  const std::optional<Hop>* last = &arrivals_[index(instance)];
  if (!*last) return 0;
  std::size_t out = 1;
  for (; (*last)->from && !starts_[index(*(*last)->from)]; ++out) last = &arrivals_[index(*(*last)->from)];
  return out;
}

std::vector<Hop> Spread::chain_to(model::InstanceId instance) const {
  const std::optional<Hop>& last = arrivals_[index(instance)];
  return last ? chain_from(*last) : std::vector<Hop>{};
}

std::vector<Hop> Spread::chain_to_world(std::uint32_t number) const {
  return world_arrivals_[number] ? chain_from(*world_arrivals_[number]) : std::vector<Hop>{};
}

std::vector<Hop> Spread::chain_from(Hop last) const {
  std::vector<Hop> out{last};
  while (last.from && !starts_[index(*last.from)]) {
    last = *arrivals_[index(*last.from)];
    out.push_back(last);
  }
  std::ranges::reverse(out);
  return out;
}

}  // namespace weft::verifier
