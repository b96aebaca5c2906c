#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "inventory/context.h"
#include "model/inventory.h"

namespace weft::inventory {

/// An address with its place.
struct FoundAddress {
  model::Address address;
  Span span{};
};

enum class Origin : std::uint8_t { Weft, Pod, Template, Node };

/// A workload or a node as one text states it, before it is known whether the others agree.
struct FoundInstance {
  std::string name;
  Span span{};  ///< of the name
  Origin origin = Origin::Weft;
  bool is_node = false;
  model::Labels labels;  ///< its own; the namespace's come later
  std::vector<model::NamedPort> ports;
  std::vector<FoundAddress> addresses;
  std::string node;  ///< empty: unknown
  Span node_span{};
  bool node_is_vouched = false;  ///< a pod runs there, so it exists, listed or not
  std::optional<model::Attachment> attach;
  Span attach_span{};
  bool host_network = false;
  Span host_network_span{};
  std::vector<model::Address> host_addresses;  ///< of its node, as the pod knows them
  std::string object;                          ///< of Kubernetes: kind, namespace and name
  std::string owner;                           ///< the object that made it, likewise; or empty
};

struct FoundNamespace {
  std::string name;
  Span span{};
  model::Labels labels;
};

/// Facts about a workload that another text states.
struct FoundOverlay {
  std::string name;
  Span span{};
  std::vector<FoundAddress> addresses;
  std::string node;
  Span node_span{};
  std::optional<model::Attachment> attach;
  Span attach_span{};
};

/// What all texts state, in their order.
struct Found {
  std::vector<FoundInstance> instances;
  std::vector<FoundNamespace> namespaces;
  std::vector<FoundOverlay> overlays;
  model::AddressSet apiserver;
  std::map<std::string, std::string> owners;  ///< of Kubernetes objects that stand for others: object -> its owner
};

/// Kinds nobody knows, which may run pods, by name; with the place of the first such object in the text.
struct Skipped {
  std::map<std::string, std::size_t> kinds;
  std::optional<Span> first;
};

void read_native(Context& context, const Node& root, Found& found);
void read_kubernetes(Context& context, const Node& root, Found& found, Skipped& skipped);

/// Puts the facts together: one consistent inventory, its look-ups built. What contradicts is reported and left out.
model::Inventory link(Found found, const Sources& sources, Reporter& reporter);

// What both forms have in common.

/// The text of an entry as a name; reports what cannot be one.
std::optional<std::string> read_name(Context& context, const Node::Entry& entry);
/// Likewise of a workload or a node.
std::optional<std::string> read_instance_name(Context& context, const Node::Entry& entry);
std::optional<FoundAddress> read_address(Context& context, const Node::Entry& entry);
/// The labels of a map, their keys made by `key`.
model::Labels read_labels(Context& context, const Node& map, model::LabelKey (*key)(std::string));
/// The `ns.*` labels of a namespace.
model::Labels read_namespace_labels(Context& context, const Node& map, const std::string& name);

}  // namespace weft::inventory
