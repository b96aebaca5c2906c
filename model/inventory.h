#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/source.h"
#include "model/address.h"
#include "model/peer.h"

namespace weft::model {

/// Where the gates of a workload, or of a node itself, live; what is empty is not used.
struct Attachment {
  std::string interface{};  ///< the node's end of the workload's link; of several links with a space between
  std::string cgroup{};
  std::string netns{};  ///< where the interface is: a name of `ip netns` or a path; empty: where the load runs

  bool operator==(const Attachment&) const = default;
};

/// A workload or a node of the inventory.
struct Instance {
  std::string name;  ///< unique among workloads and nodes; of a workload "namespace/name" by convention
  Peer peer;
  std::vector<Address> addresses;
  std::optional<Attachment> attach;
  /// A host-network workload is no peer of its own: it is its node. `host` names that node's instance.
  std::optional<InstanceId> host;
  Span span{};  ///< its name in the source
};

/// The closed world: what is known to exist. Instance ids are positions in `instances`.
class Inventory {
 public:
  std::vector<Instance> instances;
  std::map<std::string, Labels> namespaces;  ///< the `ns.*` labels of each listed namespace
  AddressSet apiserver;
  Peer world;  ///< the peer behind every address nobody owns

  const Instance& operator[](InstanceId id) const { return instances[static_cast<std::size_t>(id)]; }

  /// Builds the look-ups below; call once all instances are in. Addresses must be unique (a reader's duty).
  void index();
  const Instance* find(std::string_view name) const;
  /// The workload or node that owns the address, or null: then it is the world's.
  const Instance* owner(const Address& address) const;
  /// The end of a flow at this address: its owner, or the world.
  End end(const Address& address) const;

 private:
  std::map<std::string, InstanceId, std::less<>> by_name_;
  std::map<Address, InstanceId> by_address_;
};

}  // namespace weft::model
