#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include "model/inventory.h"
#include "verifier/connectivity.h"

namespace weft::verifier {

/// One connection of a chain. `from` is none where the chain begins in the world, `to` where it ends there.
struct Hop {
  std::optional<model::InstanceId> from;
  std::optional<model::InstanceId> to;
  std::uint32_t source = 0;  ///< the classes that talk
  std::uint32_t destination = 0;
  Place place = Place::Apart;

  bool operator==(const Hop&) const = default;
};

/// Where a chain may begin: an instance, or a class of the world.
struct ChainStart {
  std::optional<model::InstanceId> instance;
  std::uint32_t world = 0;  ///< a class, where there is no instance
};

/// Everything that chains of allowed connections lead to (`~>`): whoever is reached can go on from there, on any
/// service. Workloads and nodes relay; the world begins and ends chains, and is in the middle of none. Chains are the
/// shortest there are. What an instance does with itself is no hop; one that starts counts as reached where a chain
/// comes back to it through others, its own chain included.
class Spread {
 public:
  /// `hops` is `connectivity.any_service()`. `relays`, where given, says who may be in the middle of a chain; ends need
  /// not relay.
  Spread(const Connectivity& connectivity, const model::Inventory& inventory, const ClassMatrix& hops,
         const std::vector<ChainStart>& starts, std::function<bool(model::InstanceId)> relays = {});

  bool reached(model::InstanceId instance) const { return arrivals_[index(instance)].has_value(); }
  /// Those that are reached, ascending, in one hop or more.
  std::vector<model::InstanceId> instances() const;
  /// The classes of the world that are reached, ascending.
  std::vector<std::uint32_t> world() const;
  /// How long a shortest chain is; 0 where there is none.
  std::size_t hops_to(model::InstanceId instance) const;
  /// A shortest chain; empty where there is none.
  std::vector<Hop> chain_to(model::InstanceId instance) const;
  std::vector<Hop> chain_to_world(std::uint32_t number) const;

 private:
  struct Event {
    std::uint32_t number = 0;                   // the class that goes on
    std::optional<model::InstanceId> instance;  // its member that was reached
    bool home = false;                          // a node, to the workloads it runs
  };
  static std::size_t index(model::InstanceId id) { return static_cast<std::size_t>(id); }
  void touch(model::InstanceId instance);
  void spread(const Event& event);
  void spread_home(const Event& event);
  bool at_home(model::InstanceId a, model::InstanceId b) const;
  bool reaches(const Event& event, model::InstanceId member, std::uint32_t number) const;
  void arrive(model::InstanceId at, Hop hop);
  std::vector<Hop> chain_from(Hop last) const;

  const Connectivity& connectivity_;
  const model::Inventory& inventory_;
  const ClassMatrix& hops_;
  std::function<bool(model::InstanceId)> relays_;
  std::deque<Event> events_;
  std::vector<std::uint8_t> touched_;               // by class: how many members go on from it, no more than two
  std::vector<std::optional<Hop>> arrivals_;        // by instance
  std::vector<std::optional<Hop>> world_arrivals_;  // by class
  std::vector<bool> starts_;                        // by instance
  BitSet open_;                                     // classes of which somebody may still be reached
  /// By class that was gone on to: who could not be reached from there.
  std::vector<std::optional<std::vector<model::InstanceId>>> left_out_;
  std::vector<std::vector<model::InstanceId>> on_node_;  // by instance, where place matters
};

/// By instance: how many others chains from it lead to, in any number of hops. 0 for a host-network workload, which is
/// its node. Where place matters the time grows with instances that start, otherwise with classes only.
std::vector<std::uint64_t> blast_radii(const Connectivity& connectivity, const model::Inventory& inventory,
                                       const ClassMatrix& hops);

}  // namespace weft::verifier
