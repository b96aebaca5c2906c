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
// and a second one for what the first cannot reach: itself.
void Spread::touch(model::InstanceId instance) {
  for (const std::uint32_t number : connectivity_.classes_of(instance)) {
    if (touched_[number] == 2) continue;
    ++touched_[number];
    events_.push_back({number, instance, false});
  }
  if (!on_node_.empty() && !on_node_[index(instance)].empty()) events_.push_back({0, instance, true});
}

void Spread::spread(const Event& event) {
  BitSet to = hops_.row_set(event.number);
  to &= open_;
  to.each([&](std::uint32_t number) {
    const PeerClass& reached = connectivity_.classes()[number];
    Hop hop{event.instance, {}, event.number, number, Place::Apart};
    if (reached.kind == model::PeerKind::World) {
      world_arrivals_[number] = hop;
      open_.clear(number);
      return;
    }
    if (left_out_[number]) {
      // Everybody else has arrived.
      if (left_out_[number] == event.instance) return;
      hop.to = left_out_[number];
      arrive(*hop.to, hop);
      open_.clear(number);
      return;
    }
    for (const model::InstanceId member : reached.members) {
      hop.to = member;
      if (member == event.instance) {
        left_out_[number] = member;
      } else {
        arrive(member, hop);
      }
    }
    if (!left_out_[number]) open_.clear(number);
  });
}

void Spread::spread_home(const Event& event) {
  for (const model::InstanceId workload : on_node_[index(*event.instance)]) {
    for (const std::uint32_t source : connectivity_.classes_of(*event.instance)) {
      for (const std::uint32_t destination : connectivity_.classes_of(workload)) {
        if (connectivity_.pairs_exist(source, destination) &&
            !connectivity_.services(source, destination, Place::Home).empty()) {
          arrive(workload, {event.instance, workload, source, destination, Place::Home});
        }
      }
    }
  }
}

void Spread::arrive(model::InstanceId at, const Hop& hop) {
  if (arrivals_[index(at)]) return;
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
