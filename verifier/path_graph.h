#pragma once

// Private to this folder.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "model/inventory.h"
#include "model/policy.h"
#include "verifier/answer.h"
#include "verifier/connectivity.h"

namespace weft::verifier {

/// Who sends or receives: an instance of the inventory, or the world.
struct Party {
  std::optional<model::InstanceId> instance;

  bool operator==(const Party&) const = default;
};

/// Flows between the parties of an inventory at one moment, one by one, where `Connectivity` speaks of classes.
class PartyGraph {
 public:
  /// All must outlive it. `graph` may be of a policy that cuts finer than `policy`, which judges what is shown.
  PartyGraph(const model::Policy& policy, const model::Inventory& inventory, const Connectivity& graph,
             model::Moment now);

  const Connectivity& graph() const { return graph_; }
  const model::Inventory& inventory() const { return inventory_; }
  /// The classes a selector selects, each whole.
  BitSet classes(const model::Selector& selector) const;
  /// Whether the members of a class have addresses of a family there; those without any can be given some of both.
  bool has_family(std::uint32_t class_, model::Family family) const {
    const PeerClass& of = graph_.classes()[class_];
    return family == model::Family::V4 ? of.v4 : of.v6;
  }
  /// Whether flows between two classes are as the relations of a claim ask.
  bool related(const model::Assertion& claim, std::uint32_t source, std::uint32_t destination) const;
  /// The services of an atom that a flow to that class may ask for and the set holds: one of them, one that people know
  /// where there is one.
  std::optional<model::ServicePoint> service(const model::PortSet& ports, std::uint32_t atom,
                                             std::uint32_t class_) const;
  /// The classes that `source` reaches on a service of the set, apart or at home.
  BitSet reached(std::uint32_t source, const model::PortSet& ports, Place place) const;

  /// Whether one of the two is the node that the other one runs on.
  Place place(Party source, Party destination) const;
  /// The parties of a class.
  std::vector<Party> members(std::uint32_t class_) const;
  /// The workloads of a node; the node of a workload.
  std::span<const model::InstanceId> home(model::InstanceId instance) const {
    return home_[static_cast<std::size_t>(instance)];
  }

  /// A flow between two parties at ends of these classes, of the services, as the policy decides it; of one family
  /// where one is given. Nothing where there can be none.
  std::optional<Witness> flow(Party source, std::uint32_t from, Party destination, std::uint32_t to,
                              const model::PortSet& ports, bool allowed,
                              std::optional<model::Family> family = {}) const;
  /// The same between the first two members of the classes that stand to each other in that place and have one.
  std::optional<Witness> first_flow(std::uint32_t from, std::uint32_t to, Place place, const model::PortSet& ports,
                                    bool allowed) const;

 private:
  std::vector<model::End> ends(Party party, std::uint32_t class_) const;
  std::optional<model::Address> free_in(const model::AddressRange& range) const;

  const model::Policy& policy_;
  const model::Inventory& inventory_;
  const Connectivity& graph_;
  model::Moment now_;
  std::vector<std::vector<model::InstanceId>> home_;
};

}  // namespace weft::verifier
