#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/address.h"
#include "model/service.h"

namespace weft::model {

/// Whose label a key names. `Identity` holds the predeclared keys `ns`, `sa` and `cluster`.
enum class KeyScope : std::uint8_t { Identity, Workload, Namespace, Node };

/// A label key: `app` is {Workload, "app"}, `ns.team` is {Namespace, "team"}, `ns` is {Identity, "ns"}.
struct LabelKey {
  KeyScope scope = KeyScope::Workload;
  std::string name;

  auto operator<=>(const LabelKey&) const = default;
};

/// The key as policy text spells it, in backticks where it is no plain identifier.
std::string to_string(const LabelKey& key);

namespace keys {
inline const LabelKey ns{KeyScope::Identity, "ns"};
inline const LabelKey sa{KeyScope::Identity, "sa"};
inline const LabelKey cluster{KeyScope::Identity, "cluster"};
/// `ns.` + name. `kubernetes.io/metadata.name` of a namespace always equals `ns`, so that key *is* `ns`.
LabelKey of_namespace(std::string name);
LabelKey of_workload(std::string name);
LabelKey of_node(std::string name);
}  // namespace keys

using Labels = std::map<LabelKey, std::string>;

/// A port a peer declares by name.
struct NamedPort {
  std::string name;
  std::uint8_t protocol = 0;
  std::uint16_t port = 0;

  auto operator<=>(const NamedPort&) const = default;
};

/// Everything else than workloads and nodes is the world: an address of neither.
enum class PeerKind : std::uint8_t { Workload, Node, World };

/// "workload", "node", "world".
std::string_view to_string(PeerKind kind);

/// One workload or node of an inventory, or of a question: two peers with equal ids are the same instance.
enum class InstanceId : std::uint32_t {};

/// Who stands at one end of a flow.
struct Peer {
  PeerKind kind = PeerKind::World;
  std::optional<InstanceId> instance;  ///< none for the world
  Labels labels;                       ///< workload and namespace labels of a workload, node labels of a node
  std::optional<InstanceId> node;      ///< where a workload runs, if known
  std::vector<NamedPort> ports;
  AddressSet apiserver;  ///< those of its addresses at which the API server answers

  bool operator==(const Peer&) const = default;
};

/// One end of a flow: the peer, and the address the packet carries. Without an address (a question about label maps)
/// no address selector matches.
struct End {
  const Peer* peer = nullptr;  ///< not owned, never null in a flow
  std::optional<Address> address;
};

/// A question: may `source` open a connection to `destination` for `service`? A service is always a property of the
/// destination, after address translation.
struct Flow {
  End source;
  End destination;
  ServicePoint service{};
};

}  // namespace weft::model
