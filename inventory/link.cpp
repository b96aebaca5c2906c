#include <algorithm>
#include <set>
#include <sstream>
#include <unordered_map>

#include <fmt/format.h>

#include "base/text.h"
#include "inventory/context.h"
#include "inventory/found.h"

namespace weft::inventory {
namespace {

using model::Address;
using model::InstanceId;

class Linker {
 public:
  Linker(Found found, const Sources& sources, Reporter& reporter)
      : found_(std::move(found)), sources_(sources), reporter_(reporter) {}

  model::Inventory link() {
    drop_represented_templates();
    take_names();
    apply_overlays();
    add_nodes_of_pods();
    resolve_nodes();
    claim_addresses();
    claim_attachments();
    take_namespaces();
    return build();
  }

 private:
  std::vector<FoundInstance>& all() { return found_.instances; }

  template <typename Goes>
  void drop(Goes goes) {
    std::erase_if(all(), goes);
  }

  // Where the pods of a controller are known, they are the workloads and its template is none.
  void drop_represented_templates() {
    std::set<std::string> represented;
    for (const FoundInstance& instance : all()) {
      std::string owner = instance.owner;
      while (!owner.empty() && represented.insert(owner).second) {
        const auto above = found_.owners.find(owner);
        owner = above == found_.owners.end() ? std::string() : above->second;
      }
    }
    drop([&](const FoundInstance& i) { return i.origin == Origin::Template && represented.contains(i.object); });
  }

  void take_names() {
    std::unordered_map<std::string, Span> first;
    drop([&](const FoundInstance& instance) {
      const auto [place, is_first] = first.emplace(instance.name, instance.span);
      if (is_first) return false;
      Diagnostic& diagnostic = reporter_.report(duplicate_name, instance.span, printable(instance.name));
      diagnostic.label(place->second, "the first one is here");
      if (instance.origin == Origin::Weft)
        diagnostic.suggest("workloads and nodes share one name space: rename one, or use `overlay:` to add to it");
      return true;
    });
    index();
  }

  void index() {
    positions_.clear();
    for (std::size_t i = 0; i < all().size(); ++i) positions_.emplace(all()[i].name, i);
  }

  FoundInstance* find(const std::string& name) {
    const auto found = positions_.find(name);
    return found == positions_.end() ? nullptr : &all()[found->second];
  }

  // False where no name is near.
  bool suggest_near(Diagnostic& diagnostic, Span place, const std::string& name, bool node) {
    // Looking at each of 100,000 names for each of 100,000 mistakes is no help to anybody.
    if (suggestions_++ > 50) return false;
    std::vector<std::string> names;
    for (const FoundInstance& instance : all()) {
      if (instance.is_node == node) names.push_back(instance.name);
    }
    const std::string near = nearest(name, names);
    if (near.empty()) return false;
    suggest_instead(diagnostic, sources_, place, name, fmt::format("did you mean `{}`?", printable(near)), near);
    return true;
  }

  void apply_overlays() {
    for (FoundOverlay& overlay : found_.overlays) {
      FoundInstance* const workload = find(overlay.name);
      if (!workload || workload->is_node) {
        Diagnostic& diagnostic = reporter_.report(unknown_overlay, overlay.span, printable(overlay.name));
        if (!suggest_near(diagnostic, overlay.span, overlay.name, false)) {
          diagnostic.suggest("an overlay adds to a workload of another file; `workloads:` lists new ones");
        }
        continue;
      }
      // One message for an overlay, however many of its facts are known: it is one mistake.
      std::vector<std::string_view> known;
      std::vector<std::pair<Span, Span>> places;
      const auto twice = [&](std::string_view what, Span again, Span before) {
        known.push_back(what);
        places.emplace_back(again, before);
      };
      if (!overlay.addresses.empty()) {
        if (workload->addresses.empty()) {
          workload->addresses = std::move(overlay.addresses);
        } else {
          twice("addresses", overlay.addresses.front().span, workload->addresses.front().span);
        }
      }
      if (!overlay.node.empty()) {
        if (workload->node.empty()) {
          workload->node = overlay.node;
          workload->node_span = overlay.node_span;
        } else {
          twice("a node", overlay.node_span, workload->node_span);
        }
      }
      if (overlay.attach) {
        if (!workload->attach) {
          workload->attach = std::move(overlay.attach);
          workload->attach_span = overlay.attach_span;
        } else {
          twice("an attachment", overlay.attach_span, workload->attach_span);
        }
      }
      if (known.empty()) continue;
      Diagnostic& diagnostic = reporter_.report(stated_twice, places.front().first, printable(overlay.name),
                                                fmt::format("{}", fmt::join(known, " and ")));
      for (const auto& [again, before] : places) diagnostic.label(before, "from here");
    }
  }

  // `kubectl get pods` tells of nodes that no object lists: their names, and mostly their addresses.
  void add_nodes_of_pods() {
    std::map<std::string, FoundInstance> nodes;
    std::set<Address> owned;
    for (const FoundInstance& instance : all()) {
      for (const FoundAddress& address : instance.addresses) owned.insert(address.address);
    }
    for (const FoundInstance& pod : all()) {
      if (pod.node.empty() || !pod.node_is_vouched || find(pod.node)) continue;
      FoundInstance& node = nodes[pod.node];
      node.name = pod.node;
      node.span = pod.node_span;
      node.origin = Origin::Node;
      node.is_node = true;
      for (const Address& address : pod.host_addresses) {
        if (owned.insert(address).second) node.addresses.push_back({address, pod.node_span});
      }
    }
    for (auto& [name, node] : nodes) all().push_back(std::move(node));
    index();
  }

  void resolve_nodes() {
    std::set<std::string> left_out_names;
    for (FoundInstance& workload : all()) {
      if (workload.is_node) continue;
      if (!workload.node.empty()) {
        const FoundInstance* const node = find(workload.node);
        if (!node || !node->is_node) {
          Diagnostic& diagnostic = reporter_.report(unknown_node, workload.node_span, printable(workload.node));
          if (node) {
            diagnostic.label(node->span, "this is a workload");
          } else if (!suggest_near(diagnostic, workload.node_span, workload.node, true)) {
            diagnostic.suggest("list it under `nodes:`");
          }
          if (workload.host_network) left_out_names.insert(workload.name);
          workload.node.clear();
          continue;
        }
      }
      if (workload.host_network) check_host_network(workload, left_out_names);
    }
    drop([&](const FoundInstance& instance) { return left_out_names.contains(instance.name); });
    index();
  }

  void check_host_network(FoundInstance& workload, std::set<std::string>& left_out_names) {
    if (workload.node.empty()) {
      left_out_names.insert(workload.name);
      if (workload.origin == Origin::Weft) {
        reporter_.report(host_without_node, workload.host_network_span, printable(workload.name))
            .suggest("name its node with `node:`: on the host network it is that node");
      } else {
        reporter_.report(left_out, workload.host_network_span, printable(workload.name))
            .suggest("name its node in an `overlay:`: on the host network it is that node");
      }
      return;
    }
    if (!workload.addresses.empty()) {
      reporter_.report(host_has_no_own, workload.addresses.front().span, printable(workload.name), "addresses")
          .suggest(fmt::format("its addresses are those of node `{}`", printable(workload.node)));
      workload.addresses.clear();
    }
    if (workload.attach) {
      reporter_.report(host_has_no_own, workload.attach_span, printable(workload.name), "an attachment")
          .suggest(fmt::format("its gates are those of node `{}`", printable(workload.node)));
      workload.attach.reset();
    }
  }

  void claim_addresses() {
    struct Claim {
      const FoundInstance* owner;
      Span span;
    };
    std::map<Address, Claim> claims;
    for (FoundInstance& instance : all()) {
      std::erase_if(instance.addresses, [&](const FoundAddress& found) {
        const auto [place, is_first] = claims.emplace(found.address, Claim{&instance, found.span});
        if (is_first) return false;
        const Claim& claim = place->second;
        const std::string address = model::to_string(found.address);
        if (claim.owner == &instance) {
          reporter_.report(repeated_address, found.span, address, printable(instance.name))
              .label(claim.span, "it is given here first");
        } else {
          reporter_.report(shared_address, found.span, address, printable(claim.owner->name), printable(instance.name))
              .at(fmt::format("of `{}`", printable(instance.name)))
              .label(claim.span, fmt::format("of `{}`", printable(claim.owner->name)))
              .suggest("an address belongs to one workload or node: give each its own");
        }
        return true;
      });
    }
  }

  void claim_attachments() {
    std::map<std::string, const FoundInstance*> claims;
    for (FoundInstance& instance : all()) {
      if (!instance.attach) continue;
      // Interfaces and the like are a node's own: two nodes may use the same names.
      const std::string& node = instance.is_node ? instance.name : instance.node;
      const auto claim = [&](std::string_view what, const std::string& value) {
        if (value.empty()) return;
        const auto [place, is_first] = claims.emplace(fmt::format("{}\n{}\n{}", node, what, value), &instance);
        if (is_first) return;
        const FoundInstance& other = *place->second;
        reporter_
            .report(shared_attachment, instance.attach_span, printable(value), printable(other.name),
                    printable(instance.name))
            .label(other.attach_span, fmt::format("of `{}`", printable(other.name)));
      };
      std::istringstream interfaces(instance.attach->interface);
      for (std::string interface; interfaces >> interface;) {
        claim(fmt::format("interface of {}", instance.attach->netns), interface);
      }
      claim("cgroup", instance.attach->cgroup);
    }
  }

  void take_namespaces() {
    std::map<std::string, Span> first;
    for (FoundNamespace& listed : found_.namespaces) {
      const auto [place, is_first] = first.emplace(listed.name, listed.span);
      if (is_first) {
        namespaces_.emplace(listed.name, std::move(listed.labels));
      } else {
        reporter_.report(duplicate_namespace, listed.span, printable(listed.name))
            .label(place->second, "the first time is here");
      }
    }
  }

  model::Inventory build() {
    model::Inventory out;
    out.instances.reserve(all().size());
    const auto id_of = [&](const std::string& name) {
      return InstanceId{static_cast<std::uint32_t>(positions_.at(name))};
    };
    for (FoundInstance& found : all()) {
      model::Instance& instance = out.instances.emplace_back();
      instance.peer.kind = found.is_node ? model::PeerKind::Node : model::PeerKind::Workload;
      instance.peer.instance = id_of(found.name);
      if (!found.node.empty()) {
        instance.peer.node = id_of(found.node);
        if (found.host_network) instance.host = instance.peer.node;
      }
      instance.span = found.span;
      instance.peer.labels = std::move(found.labels);
      instance.peer.ports = std::move(found.ports);
      for (const FoundAddress& address : found.addresses) instance.addresses.push_back(address.address);
      std::ranges::sort(instance.addresses);
      instance.attach = std::move(found.attach);
      if (const auto ns = instance.peer.labels.find(model::keys::ns); ns != instance.peer.labels.end()) {
        if (const auto listed = namespaces_.find(ns->second); listed != namespaces_.end()) {
          instance.peer.labels.insert(listed->second.begin(), listed->second.end());
        }
      }
      instance.name = std::move(found.name);
    }
    join_hosts(out);
    out.namespaces = std::move(namespaces_);
    out.apiserver = std::move(found_.apiserver);
    out.index();
    return out;
  }

  // A host-network workload *is* its node: same peer, same id. The node answers on the ports of all of them.
  static void join_hosts(model::Inventory& inventory) {
    for (const model::Instance& instance : inventory.instances) {
      if (!instance.host) continue;
      std::vector<model::NamedPort>& ports = inventory.instances[static_cast<std::size_t>(*instance.host)].peer.ports;
      ports.insert(ports.end(), instance.peer.ports.begin(), instance.peer.ports.end());
    }
    for (model::Instance& instance : inventory.instances) {
      if (instance.host) continue;
      std::ranges::sort(instance.peer.ports);
      const auto repeats = std::ranges::unique(instance.peer.ports);
      instance.peer.ports.erase(repeats.begin(), repeats.end());
    }
    for (model::Instance& instance : inventory.instances) {
      if (instance.host) instance.peer = inventory[*instance.host].peer;
    }
  }

  Found found_;
  const Sources& sources_;
  Reporter& reporter_;
  std::unordered_map<std::string, std::size_t> positions_;
  std::map<std::string, model::Labels> namespaces_;
  std::size_t suggestions_ = 0;
};

}  // namespace

model::Inventory link(Found found, const Sources& sources, Reporter& reporter) {
  return Linker(std::move(found), sources, reporter).link();
}

}  // namespace weft::inventory
