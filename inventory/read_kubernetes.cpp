#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "base/text.h"
#include "inventory/found.h"

namespace weft::inventory {
namespace {

using Entry = Node::Entry;

enum class Holds : std::uint8_t { Pod, Template, CronTemplate, Node, Namespace, Nothing };

struct KindOfObject {
  std::string_view kind;
  std::string_view group;
  Holds holds;
};

// Of apiVersion only the group matters: `Job` is Kubernetes' in `batch`, but another project's elsewhere.
constexpr auto kinds = std::to_array<KindOfObject>({
    {"Pod", "", Holds::Pod},
    {"Node", "", Holds::Node},
    {"Namespace", "", Holds::Namespace},
    {"Service", "", Holds::Nothing},
    {"ReplicationController", "", Holds::Template},
    {"Deployment", "apps", Holds::Template},
    {"StatefulSet", "apps", Holds::Template},
    {"DaemonSet", "apps", Holds::Template},
    {"ReplicaSet", "apps", Holds::Template},
    {"Deployment", "extensions", Holds::Template},
    {"DaemonSet", "extensions", Holds::Template},
    {"ReplicaSet", "extensions", Holds::Template},
    {"Job", "batch", Holds::Template},
    {"CronJob", "batch", Holds::CronTemplate},
});

// The groups of Kubernetes itself: what they hold and is not in the table runs no pods. Projects extend it under names
// of their own (`ray.io`, `jobset.x-k8s.io`).
bool is_kubernetes_group(std::string_view group) {
  static constexpr auto groups =
      std::to_array<std::string_view>({"", "apps", "autoscaling", "batch", "extensions", "policy"});
  return std::ranges::find(groups, group) != groups.end() || group.ends_with(".k8s.io");
}

class ObjectReader {
 public:
  ObjectReader(Context& context, Found& found, Skipped& skipped)
      : context_(context), found_(found), skipped_(skipped) {}

  /// `kind` and `version` are those of elements of a typed list, which do not say so themselves.
  void read(const Node& object, std::string_view kind, std::string_view version) {
    if (context_.reporter().full()) return;
    const std::optional<Entry> stated_kind = context_.find(object, "kind");
    const std::optional<Entry> stated_version = context_.find(object, "apiVersion");
    std::string kind_text(kind);
    std::string version_text(version);
    if (stated_kind && !take(*stated_kind, kind_text)) return;
    if (stated_version && !take(*stated_version, version_text)) return;
    if (kind_text.empty()) {
      context_.reporter().report(missing_key, context_.span(object), "a Kubernetes object", "kind");
      return;
    }
    if (kind_text.ends_with("List")) {
      if (const std::optional<Entry> items = context_.find(object, "items"); items && context_.is_list(*items)) {
        return read_list(*items, kind_text, version_text);
      }
    }
    const std::size_t slash = version_text.find('/');
    const std::string group = slash == std::string::npos ? "" : version_text.substr(0, slash);
    const auto known = std::ranges::find_if(kinds, [&](const KindOfObject& k) {
      return k.kind == kind_text && (k.group == group || version_text.empty());
    });
    if (known == kinds.end()) {
      if (is_kubernetes_group(group)) return;
      ++skipped_.kinds[kind_text];
      if (!skipped_.first) skipped_.first = stated_kind ? context_.span(*stated_kind) : context_.span(object);
      return;
    }
    switch (known->holds) {
      case Holds::Pod:
        return read_pod(object);
      case Holds::Node:
        return read_node(object);
      case Holds::Namespace:
        return read_namespace(object);
      case Holds::Template:
        return read_template(object, kind_text, {"spec", "template"});
      case Holds::CronTemplate:
        return read_template(object, kind_text, {"spec", "jobTemplate", "spec", "template"});
      case Holds::Nothing:
        return;
    }
  }

 private:
  bool take(const Entry& entry, std::string& out) {
    std::optional<std::string> text = context_.text(entry);
    if (text) out = std::move(*text);
    return text.has_value();
  }

  void read_list(const Entry& items, std::string_view kind, std::string_view version) {
    const std::string_view element = kind.substr(0, kind.size() - std::string_view("List").size());
    for (const Node& item : items.value.items()) {
      if (!context_.is_map({items.key, item}, "an element of")) continue;
      read(item, element, element.empty() ? std::string_view() : version);
    }
  }

  // The entry of a key whose value is a map; null where there is none.
  std::optional<Node> map_at(const Node& map, std::string_view key) {
    const std::optional<Entry> entry = context_.find(map, key);
    if (!entry || !context_.is_map(*entry)) return {};
    return entry->value;
  }

  std::string text_at(const Node& map, std::string_view key) {
    std::string out;
    if (const std::optional<Entry> entry = context_.find(map, key)) take(*entry, out);
    return out;
  }

  struct Metadata {
    std::string name;
    std::string ns = "default";
    Span span{};
    Entry name_entry;
    std::string owner_kind;
    std::string owner_name;
    Node labels;
  };

  // Nothing where the object cannot be named; reported.
  std::optional<Metadata> read_metadata(const Node& object) {
    const std::optional<Entry> entry = context_.find(object, "metadata");
    if (entry && !context_.is_map(*entry)) return {};
    const std::optional<Node> metadata = entry ? std::optional(entry->value) : std::nullopt;
    std::optional<Entry> name;
    if (metadata) name = context_.find(*metadata, "name");
    if (metadata && !name) name = context_.find(*metadata, "generateName");
    if (!name) {
      context_.reporter().report(missing_key, context_.span(metadata ? *metadata : object), "the object's `metadata`",
                                 "name");
      return {};
    }
    const std::optional<std::string> text = read_name(context_, *name);
    if (!text) return {};
    Metadata out;
    out.name = *text;
    out.span = context_.span(*name);
    out.name_entry = *name;
    if (const std::string ns = text_at(*metadata, "namespace"); !ns.empty()) out.ns = ns;
    if (const std::optional<Node> labels = map_at(*metadata, "labels")) out.labels = *labels;
    if (const std::optional<Entry> owners = context_.find(*metadata, "ownerReferences");
        owners && context_.is_list(*owners)) {
      for (const Node& owner : owners->value.items()) {
        const std::optional<Entry> controls = context_.find(owner, "controller");
        if (!controls || !controls->value.is_true()) continue;
        out.owner_kind = text_at(owner, "kind");
        out.owner_name = text_at(owner, "name");
      }
    }
    return out;
  }

  static std::string object_name(std::string_view kind, std::string_view ns, std::string_view name) {
    return fmt::format("{}/{}/{}", kind, ns, name);
  }

  FoundInstance instance(const Metadata& metadata, std::string_view kind, Origin origin) {
    FoundInstance out;
    out.name = fmt::format("{}/{}", metadata.ns, metadata.name);
    out.span = metadata.span;
    out.origin = origin;
    out.object = object_name(kind, metadata.ns, metadata.name);
    if (!metadata.owner_name.empty()) out.owner = object_name(metadata.owner_kind, metadata.ns, metadata.owner_name);
    out.labels[model::keys::ns] = metadata.ns;
    return out;
  }

  void read_pod(const Node& object) {
    const std::optional<Node> status = map_at(object, "status");
    if (status) {
      // What has ended holds its address no longer.
      const std::string phase = text_at(*status, "phase");
      if (phase == "Succeeded" || phase == "Failed") return;
    }
    const std::optional<Metadata> metadata = read_metadata(object);
    if (!metadata) return;
    FoundInstance out = instance(*metadata, "Pod", Origin::Pod);
    out.labels.merge(read_labels(context_, metadata->labels, model::keys::of_workload));
    read_pod_spec(map_at(object, "spec").value_or(Node()), out);
    if (status) {
      for (const FoundAddress& host : read_addresses(*status, "hostIPs", "hostIP"))
        out.host_addresses.push_back(host.address);
      // The addresses of a host-network pod are its node's.
      if (!out.host_network) out.addresses = read_addresses(*status, "podIPs", "podIP");
    }
    found_.instances.push_back(std::move(out));
  }

  // [{ip: …}, …] under `list`, or else the one under `single`.
  std::vector<FoundAddress> read_addresses(const Node& status, std::string_view list, std::string_view single) {
    std::vector<FoundAddress> out;
    const auto add = [&](const Entry& entry) {
      // Before a pod runs some writers say "" here.
      if (entry.value.is(Node::Kind::Text) && entry.value.text().empty()) return;
      const std::optional<FoundAddress> address = read_address(context_, entry);
      if (address && std::ranges::find(out, address->address, &FoundAddress::address) == out.end())
        out.push_back(*address);
    };
    if (const std::optional<Entry> entries = context_.find(status, list); entries && context_.is_list(*entries)) {
      for (const Node& item : entries->value.items()) {
        if (const std::optional<Entry> ip = context_.find(item, "ip")) add(*ip);
      }
    }
    if (!out.empty()) return out;
    if (const std::optional<Entry> ip = context_.find(status, single)) add(*ip);
    return out;
  }

  void read_template(const Node& object, std::string_view kind, std::initializer_list<std::string_view> path) {
    const std::optional<Metadata> metadata = read_metadata(object);
    if (!metadata) return;
    FoundInstance out = instance(*metadata, kind, Origin::Template);
    if (!out.owner.empty()) {
      // A ReplicaSet of a Deployment: its owner speaks for it.
      found_.owners.emplace(out.object, out.owner);
      return;
    }
    Node node = object;
    for (const std::string_view key : path) {
      const std::optional<Node> inner = map_at(node, key);
      if (!inner) {
        context_.reporter().report(missing_key, metadata->span, fmt::format("{} `{}`", kind, out.name),
                                   std::string(key));
        return;
      }
      node = *inner;
    }
    if (const std::optional<Node> inner = map_at(node, "metadata")) {
      if (const std::optional<Node> labels = map_at(*inner, "labels")) {
        out.labels.merge(read_labels(context_, *labels, model::keys::of_workload));
      }
    }
    read_pod_spec(map_at(node, "spec").value_or(Node()), out);
    found_.instances.push_back(std::move(out));
  }

  void read_pod_spec(const Node& spec, FoundInstance& out) {
    std::string account = text_at(spec, "serviceAccountName");
    if (account.empty()) account = text_at(spec, "serviceAccount");  // its older name
    out.labels[model::keys::sa] = account.empty() ? "default" : account;
    if (const std::optional<Entry> node = context_.find(spec, "nodeName"); node && !node->value.text().empty()) {
      if (const std::optional<std::string> name = read_name(context_, *node)) {
        out.node = *name;
        out.node_span = context_.span(*node);
        out.node_is_vouched = true;
      }
    }
    if (const std::optional<Entry> host = context_.find(spec, "hostNetwork")) {
      out.host_network = context_.boolean(*host).value_or(false);
      out.host_network_span = context_.span(*host);
    }
    read_containers(spec, "containers", false, out);
    read_containers(spec, "initContainers", true, out);
    std::ranges::sort(out.ports);
    const auto repeats = std::ranges::unique(out.ports);
    out.ports.erase(repeats.begin(), repeats.end());
  }

  void read_containers(const Node& spec, std::string_view key, bool initial, FoundInstance& out) {
    const std::optional<Entry> containers = context_.find(spec, key);
    if (!containers || !context_.is_list(*containers)) return;
    for (const Node& container : containers->value.items()) {
      if (!context_.is_map({containers->key, container}, "an element of")) continue;
      // An init container is gone when the pod serves, unless it is a sidecar.
      if (initial && text_at(container, "restartPolicy") != "Always") continue;
      const std::optional<Entry> ports = context_.find(container, "ports");
      if (!ports || !context_.is_list(*ports)) continue;
      for (const Node& port : ports->value.items()) {
        if (context_.is_map({ports->key, port}, "an element of")) read_port(port, out);
      }
    }
  }

  void read_port(const Node& port, FoundInstance& out) {
    const std::optional<Entry> number = context_.find(port, "containerPort");
    if (!number) {
      context_.reporter().report(missing_key, context_.span(port), "a port", "containerPort");
      return;
    }
    model::NamedPort named;
    const std::string_view digits = number->value.text();
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), named.port);
    if (!number->value.is(Node::Kind::Number) || error != std::errc{} || end != digits.data() + digits.size() ||
        named.port == 0) {
      context_.reporter()
          .report(bad_port, context_.span(*number), number->value.is(Node::Kind::Map) ? "{…}" : printable(digits))
          .suggest("a container's port is a number from 1 to 65535, without quotes");
      return;
    }
    named.protocol = model::protocol::tcp;
    if (const std::optional<Entry> protocol = context_.find(port, "protocol")) {
      const std::string text = text_at(port, "protocol");
      if (text == "UDP") {
        named.protocol = model::protocol::udp;
      } else if (text == "SCTP") {
        named.protocol = model::protocol::sctp;
      } else if (text != "TCP") {
        if (!text.empty()) {
          context_.reporter()
              .report(bad_port, context_.span(*protocol), printable(text))
              .suggest("the protocols are TCP, UDP and SCTP");
        }
        return;
      }
    }
    named.name = text_at(port, "name");
    if (!named.name.empty()) out.ports.push_back(std::move(named));
  }

  void read_node(const Node& object) {
    const std::optional<Metadata> metadata = read_metadata(object);
    if (!metadata) return;
    if (!read_instance_name(context_, metadata->name_entry)) return;
    FoundInstance out;
    out.name = metadata->name;
    out.span = metadata->span;
    out.origin = Origin::Node;
    out.is_node = true;
    out.labels = read_labels(context_, metadata->labels, model::keys::of_node);
    const std::optional<Node> status = map_at(object, "status");
    const std::optional<Entry> addresses = status ? context_.find(*status, "addresses") : std::nullopt;
    if (addresses && context_.is_list(*addresses)) {
      for (const Node& item : addresses->value.items()) {
        // The other types are names.
        const std::string type = text_at(item, "type");
        if (type != "InternalIP" && type != "ExternalIP") continue;
        const std::optional<Entry> entry = context_.find(item, "address");
        if (!entry) continue;
        const std::optional<FoundAddress> address = read_address(context_, *entry);
        if (!address ||
            std::ranges::find(out.addresses, address->address, &FoundAddress::address) != out.addresses.end())
          continue;
        out.addresses.push_back(*address);
      }
    }
    found_.instances.push_back(std::move(out));
  }

  void read_namespace(const Node& object) {
    const std::optional<Metadata> metadata = read_metadata(object);
    if (!metadata) return;
    found_.namespaces.push_back(
        {metadata->name, metadata->span, read_namespace_labels(context_, metadata->labels, metadata->name)});
  }

  Context& context_;
  Found& found_;
  Skipped& skipped_;
};

}  // namespace

void read_kubernetes(Context& context, const Node& root, Found& found, Skipped& skipped) {
  ObjectReader(context, found, skipped).read(root, {}, {});
}

}  // namespace weft::inventory
