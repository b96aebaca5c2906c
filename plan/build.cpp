#include "plan/build.h"

#include <algorithm>
#include <map>
#include <sstream>
#include <utility>

#include <fmt/format.h>

#include "base/assert.h"
#include "bundle/abi.h"
#include "plan/atoms.h"
#include "plan/classes.h"
#include "plan/conditions.h"
#include "plan/ends.h"
#include "plan/gates.h"
#include "plan/identity_layout.h"
#include "plan/vocabulary.h"

namespace weft::plan {
namespace {

constexpr std::size_t most_numbers = 0xFFFF;

// Turns the drafts of one gate into rows by atom; rows by class come from the behaviours.
Gate gate_of(const std::vector<DraftEntry>& drafts, const std::map<model::PointSet, std::uint32_t>& set_numbers,
             const Atoms& atoms) {
  Gate gate;
  gate.atom_rows.assign(atoms.count, Bits(drafts.size()));
  for (std::size_t e = 0; e < drafts.size(); ++e) {
    gate.entries.push_back(drafts[e].entry);
    if (e < WEFT_ENTRY_FIRST) continue;
    for (const std::uint32_t atom : atoms.of_set[set_numbers.at(drafts[e].services)]) gate.atom_rows[atom].set(e);
  }
  return gate;
}

// The number of each node, for whoever asks for the own node: 1, 2, … in inventory order.
Result<std::vector<std::uint16_t>> number_nodes(const model::Inventory& inventory) {
  std::vector<std::uint16_t> out(inventory.instances.size());
  std::uint32_t nodes = 0;
  for (std::size_t i = 0; i < inventory.instances.size(); ++i) {
    if (inventory.instances[i].peer.kind != model::PeerKind::Node) continue;
    if (++nodes >= WEFT_HOME_IS_NODE) {
      return std::unexpected(Error{
          "W4003", fmt::format("more than {} nodes", WEFT_HOME_IS_NODE - 1),
          "`host`, `remote_node` and profiles that let the own node in number every node: build a bundle per node "
          "pool"});
    }
    out[i] = static_cast<std::uint16_t>(nodes);
  }
  return out;
}

std::uint16_t home_of(const model::Inventory& inventory, const std::vector<std::uint16_t>& node_numbers,
                      model::InstanceId id) {
  const model::Peer& peer = inventory[id].peer;
  const auto number = [&](model::InstanceId node) { return node_numbers[static_cast<std::size_t>(node)]; };
  if (peer.kind == model::PeerKind::Node) return static_cast<std::uint16_t>(number(id) | WEFT_HOME_IS_NODE);
  return peer.node ? number(*peer.node) : std::uint16_t{0};
}

// The identity of every address, hosts cut out of the world's ranges, equal neighbours joined.
std::vector<IdentityRange> all_identities(const std::vector<IdentityRange>& world,
                                          const std::vector<IdentityLayout::Exact>& hosts) {
  std::vector<IdentityRange> out;
  const auto add = [&](const model::AddressRange& addresses, const Identity& identity) {
    if (!out.empty() && out.back().identity == identity && out.back().addresses.last.family == addresses.first.family) {
      out.back().addresses.last = addresses.last;
    } else {
      out.push_back({addresses, identity});
    }
  };
  auto host = hosts.begin();
  for (const IdentityRange& range : world) {
    std::optional<model::Address> from = range.addresses.first;
    for (; host != hosts.end() && host->address <= range.addresses.last; ++host) {
      if (*from < host->address) add({*from, *model::previous(host->address)}, range.identity);
      add({host->address, host->address}, host->identity);
      from = model::next(host->address);
      if (!from) break;
    }
    if (host != hosts.end() && !from) ++host;
    if (from && *from <= range.addresses.last) add({*from, range.addresses.last}, range.identity);
  }
  return out;
}

Error too_many(std::string code, std::string_view what, std::size_t count, std::string help) {
  return {std::move(code),
          fmt::format("the policy needs {} {}, more than the {} a program can number", count, what, most_numbers),
          std::move(help)};
}

}  // namespace

Result<DecisionPlan> build(const model::Policy& policy, const model::Inventory& inventory,
                           std::uint64_t most_row_bytes) {
  WEFT_ASSERT(!policy.tiers.empty(), "a policy has at least one tier");
  DecisionPlan plan;
  plan.own_node_may_enter = policy.profile.own_node_may_enter;
  plan.tiers = static_cast<std::uint32_t>(policy.tiers.size());

  // What rules ask besides selectors and services.
  const Conditions conditions = conditions_of(policy);
  if (const std::size_t most = std::max(conditions.all.size(), conditions.keys.size()); most > most_numbers) {
    return std::unexpected(too_many("W4006", "relations and deadlines", most,
                                    "let rules that end on the same day share one moment, and compare fewer keys"));
  }
  plan.uses_homes = plan.own_node_may_enter || std::ranges::any_of(conditions.all, [](const Condition& condition) {
                      return std::holds_alternative<OwnNode>(condition);
                    });
  plan.relation_keys = conditions.keys;
  plan.conditions = conditions.all;

  // Ends that nothing can tell apart, and the entries of both gates over them.
  const Vocabulary vocabulary = vocabulary_of(policy);
  const Ends ends = ends_of(policy, inventory, vocabulary, conditions);
  KindSets sets(ends);
  const std::vector<DraftEntry> egress =
      draft_gate(policy, model::Direction::Egress, vocabulary, conditions, ends, sets);
  const std::vector<DraftEntry> ingress =
      draft_gate(policy, model::Direction::Ingress, vocabulary, conditions, ends, sets);

  // Services no entry can tell apart.
  std::map<model::PointSet, std::uint32_t> set_numbers;
  std::vector<model::PointSet> service_sets;
  for (const auto* drafts : {&egress, &ingress}) {
    for (std::size_t e = WEFT_ENTRY_FIRST; e < drafts->size(); ++e) {
      const model::PointSet& services = (*drafts)[e].services;
      if (set_numbers.emplace(services, static_cast<std::uint32_t>(service_sets.size())).second) {
        service_sets.push_back(services);
      }
    }
  }
  const Atoms atoms = atoms_of(service_sets);
  if (atoms.count > most_numbers) {
    return std::unexpected(
        too_many("W4002", "service atoms", atoms.count, "write ports that belong together as ranges"));
  }
  plan.atoms = atoms.ranges;
  plan.atom_count = atoms.count;
  plan.egress = gate_of(egress, set_numbers, atoms);
  plan.ingress = gate_of(ingress, set_numbers, atoms);
  const auto passes = [](const Entry& entry) { return entry.verdict == model::Verdict::Pass; };
  plan.uses_pass =
      std::ranges::any_of(plan.egress.entries, passes) || std::ranges::any_of(plan.ingress.entries, passes);

  // Ends that behave alike become one class.
  Classes classes = classes_of(vocabulary, ends, conditions, sets, egress, ingress, most_row_bytes);
  if (!classes.complete) {
    return std::unexpected(Error{
        "W4101",
        fmt::format("the rows of {} entries for more than {} groups of ends that behave alike take more than {} bytes",
                    egress.size() + ingress.size(), classes.egress.own.size() - 1, most_row_bytes),
        "rules that name single workloads make a row each, as wide as the rules are many: let fewer labels tell "
        "workloads apart, or raise `--max-table-bytes`"});
  }
  if (classes.classes.size() > most_numbers) {
    return std::unexpected(too_many("W4001", "classes", classes.classes.size(),
                                    "rules that name single workloads make a class each, and relations one for each "
                                    "value: select and relate by labels that workloads share"));
  }
  if (classes.value_count > most_numbers) {
    return std::unexpected(too_many("W4005", "label values that relations compare", classes.value_count,
                                    "relate by labels that workloads share"));
  }
  plan.classes = std::move(classes.classes);
  plan.value_count = static_cast<std::uint32_t>(classes.value_count);
  plan.egress.own_rows = std::move(classes.egress.own);
  plan.egress.peer_rows = std::move(classes.egress.peer);
  plan.ingress.own_rows = std::move(classes.ingress.own);
  plan.ingress.peer_rows = std::move(classes.ingress.peer);
  const auto class_of = [&](std::uint32_t variant) {
    return ClassId{static_cast<std::uint16_t>(classes.of_variant[variant])};
  };

  // Every address finds its class.
  std::vector<std::uint16_t> node_numbers(inventory.instances.size());
  if (plan.uses_homes) {
    Result<std::vector<std::uint16_t>> numbered = number_nodes(inventory);
    if (!numbered) return std::unexpected(std::move(numbered.error()));
    node_numbers = std::move(*numbered);
  }
  std::vector<IdentityRange> world;
  for (std::size_t r = 0; r < ends.world.size(); ++r) {
    world.push_back({ends.world[r], {class_of(ends.world_variants[r]), 0}});
  }
  std::vector<IdentityLayout::Exact> hosts;
  for (const Ends::Host& host : ends.hosts) {
    const std::uint16_t home = plan.uses_homes ? home_of(inventory, node_numbers, host.instance) : std::uint16_t{0};
    hosts.push_back({host.address, {class_of(host.variant), home}});
  }
  plan.identities = all_identities(world, hosts);
  for (const model::Family family : {model::Family::V4, model::Family::V6}) {
    std::vector<IdentityLayout::Exact> family_hosts;
    std::vector<IdentityRange> family_world;
    std::ranges::copy_if(hosts, std::back_inserter(family_hosts),
                         [&](const auto& h) { return h.address.family == family; });
    std::ranges::copy_if(world, std::back_inserter(family_world),
                         [&](const auto& r) { return r.addresses.first.family == family; });
    (family == model::Family::V4 ? plan.v4 : plan.v6) = choose_layout(family, family_hosts, family_world);
  }

  for (const model::Instance& instance : inventory.instances) {
    if (!instance.attach || instance.host) continue;
    for (const model::Family family : {model::Family::V4, model::Family::V6}) {
      if (std::ranges::count(instance.addresses, family, &model::Address::family) <= WEFT_ENDPOINT_ADDRESSES) continue;
      return std::unexpected(Error{
          "W4004", fmt::format("`{}` has more than {} addresses of one family", instance.name, WEFT_ENDPOINT_ADDRESSES),
          "a gate knows that many: attach the workload with fewer, or leave `attach` out"});
    }
    const model::Attachment& attach = *instance.attach;
    // No interface has a colon or a space in its name.
    std::vector<std::string> places;
    std::istringstream interfaces(attach.interface);
    for (std::string interface; interfaces >> interface;) {
      places.push_back(attach.netns.empty() ? interface : fmt::format("netns:{}:{}", attach.netns, interface));
    }
    if (places.empty()) places.push_back(attach.cgroup.empty() ? "" : "cgroup:" + attach.cgroup);
    const bool is_node = instance.peer.kind == model::PeerKind::Node;
    for (const std::string& place : places) {
      Endpoint endpoint{instance.name, (is_node ? "node:" : "") + place, {}};
      for (const model::Address& address : instance.addresses) {
        endpoint.addresses.push_back({address, identify(plan, address)});
      }
      plan.endpoints.push_back(std::move(endpoint));
    }
  }
  return plan;
}

}  // namespace weft::plan
