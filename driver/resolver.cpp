#include "driver/resolver.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "driver/codes.h"
#include "driver/service_text.h"

namespace weft::driver {
namespace {

std::unexpected<Error> refused(std::string_view code, std::string message, std::string help = {}) {
  return std::unexpected(Error{std::string(code), std::move(message), std::move(help)});
}

bool mentions_addresses(const model::Selector& selector) {
  return selector.kind == model::Selector::Kind::Address || selector.kind == model::Selector::Kind::Apiserver ||
         std::ranges::any_of(selector.operands, mentions_addresses);
}

// Beyond this many names, finding the nearest costs more than it helps.
constexpr std::size_t most_names_searched = 5000;

class Resolver {
 public:
  Resolver(const model::Policy& policy, const model::Inventory& inventory) : policy_(policy), inventory_(inventory) {}

  /// `position` tells the imagined instances of one question apart.
  Result<void> resolve(const PeerQuestion& question, std::uint32_t position, ResolvedEnd& end) const {
    if (const auto* named = std::get_if<NamedPeer>(&question)) return by_name(named->name, end);
    if (const auto* address = std::get_if<AddressPeer>(&question)) return by_address(address->address, end);
    return imagine(std::get<ImaginedPeer>(question), position, end);
  }

 private:
  Result<void> by_name(const std::string& name, ResolvedEnd& end) const {
    const model::Instance* instance = inventory_.find(name);
    if (instance == nullptr) return unknown_name(name);
    if (instance->host) {
      const model::Instance& node = inventory_[*instance->host];
      end.note = fmt::format("`{}` uses the network of its node and is judged as `{}`", name, node.name);
      instance = &node;
    }
    end.peer = &instance->peer;
    end.addresses = instance->addresses;
    end.name = instance->name;
    return {};
  }

  Result<void> by_address(const std::string& text, ResolvedEnd& end) const {
    const auto address = model::parse_address(text);
    if (!address) return bad_address(text);
    end.made_up_addresses = {*address};
    end.addresses = end.made_up_addresses;
    end.peer = inventory_.end(*address).peer;
    if (const model::Instance* owner = inventory_.owner(*address)) end.name = owner->name;
    return {};
  }

  Result<void> imagine(const ImaginedPeer& question, std::uint32_t position, ResolvedEnd& end) const {
    model::Peer& peer = end.made_up;
    peer.kind = model::PeerKind::Workload;
    peer.instance = static_cast<model::InstanceId>(inventory_.instances.size() + position);
    peer.apiserver = inventory_.apiserver;
    for (const auto& [key, value] : question.labels) peer.labels.emplace(model::keys::of_workload(key), value);
    if (question.ns) peer.labels.emplace(model::keys::ns, *question.ns);
    if (question.sa) peer.labels.emplace(model::keys::sa, *question.sa);
    if (question.cluster) peer.labels.emplace(model::keys::cluster, *question.cluster);

    // A listed namespace has the labels it lists and no others; an unlisted one may have any.
    const auto listed = question.ns ? inventory_.namespaces.find(*question.ns) : inventory_.namespaces.end();
    const bool fixed = listed != inventory_.namespaces.end();
    if (fixed) peer.labels.insert(listed->second.begin(), listed->second.end());
    for (const auto& [name, value] : question.ns_labels) {
      const model::LabelKey key = model::keys::of_namespace(name);
      const auto have = peer.labels.find(key);
      if (have != peer.labels.end() ? have->second != value : fixed) {
        return refused(
            query_code::bad_peer,
            fmt::format("namespace `{}` has no label `{}: {}`", printable(question.ns.value_or("")), printable(name),
                        printable(value)),
            fixed ? "the inventory lists the labels of this namespace" : "this label is the namespace's name");
      }
      peer.labels.emplace(key, value);
    }

    if (question.node) {
      const model::Instance* node = inventory_.find(*question.node);
      if (node == nullptr) return unknown_node(*question.node);
      if (node->peer.kind != model::PeerKind::Node) {
        return refused(query_code::bad_peer, fmt::format("`{}` is no node", printable(*question.node)));
      }
      peer.node = node->peer.instance;
    }
    if (auto listened = add_ports(question, peer); !listened) return listened;
    if (auto placed = add_addresses(question, end); !placed) return placed;
    end.peer = &peer;
    return {};
  }

  static Result<void> add_ports(const ImaginedPeer& question, model::Peer& peer) {
    for (const auto& [name, services] : question.ports) {
      for (const std::string& text : services) {
        const auto service = parse_service(text);
        if (!service) return std::unexpected(service.error());
        const auto* point = std::get_if<model::ServicePoint>(&*service);
        if (point == nullptr || !model::has_ports(model::protocol_of(*point))) {
          return refused(query_code::bad_peer,
                         fmt::format("port `{}` is declared as `{}`", printable(name), printable(text)),
                         "declare it as a number of one protocol, such as `tcp/8080`");
        }
        peer.ports.push_back({name, model::protocol_of(*point), model::value_of(*point)});
      }
    }
    return {};
  }

  Result<void> add_addresses(const ImaginedPeer& question, ResolvedEnd& end) const {
    for (const std::string& text : question.addresses) {
      const auto address = model::parse_address(text);
      if (!address) return bad_address(text);
      if (const model::Instance* owner = inventory_.owner(*address)) {
        return refused(query_code::bad_peer,
                       fmt::format("the address {} belongs to `{}`", text, printable(owner->name)),
                       "ask about that workload, or imagine another address");
      }
      end.made_up_addresses.push_back(*address);
    }
    end.addresses = end.made_up_addresses;
    return {};
  }

  static Result<void> bad_address(const std::string& text) {
    return refused(query_code::bad_address, fmt::format("`{}` is no IPv4 or IPv6 address", printable(text)));
  }

  Result<void> unknown_name(const std::string& name) const {
    std::string message = fmt::format("the inventory has no workload or node `{}`", printable(name));
    if (name == "world") return refused(query_code::unknown_name, std::move(message), "name an address of the world");
    if (name.find("==") != std::string::npos) {
      return refused(query_code::unknown_name, std::move(message),
                     "a workload is told by its labels in braces: `{app: \"web\", ns: \"shop\"}`");
    }
    for (const model::Group& group : policy_.groups) {
      if (group.name != name) continue;
      return refused(query_code::unknown_name, std::move(message), member_hint(group));
    }
    if (inventory_.instances.empty()) {
      return refused(query_code::unknown_name,
                     fmt::format("there is no inventory, and so no workload or node `{}`", printable(name)),
                     "give one with `--inventory FILE`, or tell a workload by its labels: `{app: \"web\"}`");
    }
    std::string help;
    if (inventory_.instances.size() <= most_names_searched) {
      std::vector<std::string> names;
      for (const model::Instance& instance : inventory_.instances) names.push_back(instance.name);
      // "web-1" of somebody who thinks of one namespace is nearer to "shop/web-1" than any other spelling.
      const auto qualified =
          std::ranges::find_if(names, [&](const std::string& full) { return full.ends_with("/" + name); });
      const std::string near = qualified != names.end() ? *qualified : nearest(name, names);
      if (!near.empty()) help = fmt::format("did you mean `{}`?", printable(near));
    }
    return refused(query_code::unknown_name, std::move(message), std::move(help));
  }

  Result<void> unknown_node(const std::string& name) const {
    std::vector<std::string> nodes;
    for (const model::Instance& instance : inventory_.instances) {
      if (instance.peer.kind == model::PeerKind::Node) nodes.push_back(instance.name);
    }
    const std::string near = nodes.size() <= most_names_searched ? nearest(name, nodes) : "";
    std::string help;
    if (nodes.empty()) help = "it lists no node";
    if (!near.empty()) help = fmt::format("did you mean `{}`?", printable(near));
    return refused(query_code::unknown_name, fmt::format("the inventory has no node `{}`", printable(name)),
                   std::move(help));
  }

  std::string member_hint(const model::Group& group) const {
    for (const model::Instance& instance : inventory_.instances) {
      const auto address = instance.addresses.empty() ? std::nullopt : std::optional(instance.addresses.front());
      if (!model::matches(group.selector, {&instance.peer, address})) continue;
      return fmt::format("`{}` is a group; ask about one of its members, such as `{}`", group.name,
                         printable(instance.name));
    }
    return fmt::format("`{}` is a group, and nothing in the inventory is in it", group.name);
  }

  const model::Policy& policy_;
  const model::Inventory& inventory_;
};

bool is_imagined(const PeerQuestion& question) { return std::holds_alternative<ImaginedPeer>(question); }

// An address belongs to one peer, an imagined one included.
Result<void> settle(const PeerQuestion& one, const ResolvedEnd& imagined, const PeerQuestion& other, ResolvedEnd& end) {
  if (!is_imagined(one)) return {};
  for (const model::Address& address : imagined.addresses) {
    if (std::ranges::find(end.addresses, address) == end.addresses.end()) continue;
    if (is_imagined(other)) {
      return refused(query_code::bad_peer, fmt::format("both ends have the address {}", to_string(address)));
    }
    end.peer = imagined.peer;
  }
  return {};
}

}  // namespace

Result<void> resolve(const model::Policy& policy, const model::Inventory& inventory, const PeerQuestion& question,
                     std::uint32_t position, ResolvedEnd& end) {
  return Resolver(policy, inventory).resolve(question, position, end);
}

Result<void> settle_ownership(const Question& question, ResolvedEnd& source, ResolvedEnd& destination) {
  auto settled = settle(question.source, source, question.destination, destination);
  if (settled) settled = settle(question.destination, destination, question.source, source);
  return settled;
}

std::string name_of(const PeerQuestion& question) {
  if (const auto* named = std::get_if<NamedPeer>(&question)) return fmt::format("`{}`", printable(named->name));
  if (const auto* address = std::get_if<AddressPeer>(&question)) return address->address;
  return "the imagined workload";
}

Result<model::ServicePoint> resolve_service(const std::string& service, const PeerQuestion& question,
                                            const model::Peer& destination) {
  auto text = parse_service(service);
  if (!text) return std::unexpected(std::move(text.error()));
  if (const auto* point = std::get_if<model::ServicePoint>(&*text)) return *point;

  const model::PortName& name = std::get<model::PortName>(*text);
  std::optional<model::ServicePoint> found;
  for (const model::NamedPort& port : destination.ports) {
    if (port.name != name.name || port.protocol != name.protocol) continue;
    const model::ServicePoint point = model::service_point(port.protocol, port.port);
    if (found && *found != point) {
      return refused(query_code::bad_service,
                     fmt::format("{} declares `{}` at several ports", name_of(question), printable(service)),
                     "write the number");
    }
    found = point;
  }
  if (!found) {
    return refused(query_code::bad_service,
                   fmt::format("{} declares no port `{}`", name_of(question), printable(service)),
                   "write the number, or a port its inventory entry names");
  }
  return *found;
}

std::vector<AddressPair> pairs_of(std::span<const model::Address> sources,
                                  std::span<const model::Address> destinations) {
  std::vector<AddressPair> pairs;
  if (sources.empty() && destinations.empty()) pairs.emplace_back();
  if (sources.empty()) {
    for (const model::Address& destination : destinations) pairs.emplace_back(std::nullopt, destination);
  } else if (destinations.empty()) {
    for (const model::Address& source : sources) pairs.emplace_back(source, std::nullopt);
  } else {
    for (const model::Address& source : sources) {
      for (const model::Address& destination : destinations) {
        if (source.family == destination.family) pairs.emplace_back(source, destination);
      }
    }
  }
  return pairs;
}

bool mentions_addresses(const model::Policy& policy) {
  return std::ranges::any_of(policy.rules,
                             [](const model::Rule& rule) {
                               return mentions_addresses(rule.source) || mentions_addresses(rule.destination);
                             }) ||
         std::ranges::any_of(policy.isolations,
                             [](const auto& isolation) { return mentions_addresses(isolation.subject); }) ||
         std::ranges::any_of(policy.guards, [](const auto& guard) { return mentions_addresses(guard.nodes); });
}

}  // namespace weft::driver
