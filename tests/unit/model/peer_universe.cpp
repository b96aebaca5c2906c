#include <algorithm>

#include "base/assert.h"
#include "peer_cases.h"

namespace weft::test::peer {

using namespace model;

PortSet every_service() { return {PointSet::any(), {}}; }
PortSet all_of(std::uint8_t number) { return {PointSet::of_protocol(number), {}}; }
PortSet ports(std::uint8_t number, std::uint16_t first, std::uint16_t last) {
  return {PointSet::of_range(number, first, last), {}};
}
PortSet named(const std::string& name, std::vector<std::uint8_t> protocols) {
  PortSet out;
  for (const std::uint8_t number : protocols) out.names.push_back({number, name});
  return out;
}

Selector ns(const std::string& name) { return Selector::equals(keys::ns, name); }
Selector pod(const std::string& name) { return Selector::equals(keys::of_workload("pod"), name); }
Selector both(Selector a, Selector b) { return Selector::all_of({std::move(a), std::move(b)}); }
Selector either(Selector a, Selector b) { return Selector::any_of({std::move(a), std::move(b)}); }
Selector y_b() { return both(ns("y"), pod("b")); }

static AddressSet cut(std::string_view network, const std::vector<std::string_view>& except) {
  AddressSet out = AddressSet::of(*parse_prefix(network));
  for (const std::string_view gone : except) out.remove(AddressSet::of(*parse_prefix(gone)));
  return out;
}
Selector addr(std::string_view network, std::vector<std::string_view> except) {
  return Selector::address(cut(network, except));
}
Selector world(std::string_view network, std::vector<std::string_view> except) {
  return Selector::world_address(cut(network, except));
}

Universe::Universe(std::string_view profile, std::vector<std::string> tiers) {
  policy.profile = *find_profile(profile);
  for (std::string& name : tiers) policy.tiers.push_back({std::move(name), {}});
  policy.blocks.push_back({});

  Peer node;
  node.kind = PeerKind::Node;
  const InstanceId n1 = add("n1", node, {"172.16.0.1"});
  const InstanceId n2 = add("n2", node, {"172.16.0.2"});
  unsigned last = 0;
  for (const std::string space : {"x", "y", "z"}) {
    for (const std::string letter : {"a", "b", "c"}) {
      Peer peer;
      peer.kind = PeerKind::Workload;
      peer.labels = {{keys::ns, space}, {keys::of_workload("pod"), letter}};
      if (space == "z") peer.labels[keys::of_namespace("team")] = "evil";
      peer.node = space == "z" ? n2 : n1;
      if (space + letter == "yb") peer.ports = {{"http", protocol::tcp, 8080}, {"dns", protocol::udp, 53}};
      if (space + letter == "yc") peer.ports = {{"http", protocol::tcp, 9090}};
      const std::string address = "10.0.0." + std::to_string(++last);  // x/a is 10.0.0.1
      add(space + "/" + letter, peer, {std::string_view(address)});
    }
  }
  // A host-network pod: its labels stand in the inventory, and select nothing.
  Peer hidden;
  hidden.kind = PeerKind::Workload;
  hidden.labels = {{keys::ns, "x"}, {keys::of_workload("pod"), "a"}};
  hidden.node = n1;
  add("hn", hidden, {});
  inventory_.instances.back().host = n1;
  inventory_.index();
}

InstanceId Universe::add(std::string name, Peer peer, std::vector<std::string_view> addresses) {
  const InstanceId id{static_cast<std::uint32_t>(inventory_.instances.size())};
  peer.instance = id;
  Instance out{.name = std::move(name), .peer = std::move(peer), .addresses = {}, .attach = {}, .host = {}};
  for (const std::string_view address : addresses) out.addresses.push_back(*parse_address(address));
  inventory_.instances.push_back(std::move(out));
  return id;
}

TierId Universe::tier(std::string_view name) const {
  const auto found = std::ranges::find(policy.tiers, name, &Tier::name);
  WEFT_ASSERT(found != policy.tiers.end(), "a case names its own tiers");
  return TierId{static_cast<std::uint32_t>(found - policy.tiers.begin())};
}

void Universe::add(Rule rule, std::string_view pass_to) {
  if (!pass_to.empty()) rule.pass_to = tier(pass_to);
  policy.rules.push_back(std::move(rule));
}

void Universe::ingress(Verdict verdict, std::string_view tier_name, const Selector& subject, const Selector& from,
                       const PortSet& wanted, Level level, std::string_view pass_to) {
  Rule rule;
  rule.verdict = verdict;
  rule.source = from;
  rule.destination = subject;
  rule.ports = wanted;
  rule.at_source = false;
  rule.tier = tier(tier_name);
  rule.level = level;
  add(std::move(rule), pass_to);
}

void Universe::egress(Verdict verdict, std::string_view tier_name, const Selector& subject, const Selector& to,
                      const PortSet& wanted, Level level, std::string_view pass_to) {
  Rule rule;
  rule.verdict = verdict;
  rule.source = subject;
  rule.destination = to;
  rule.ports = wanted;
  rule.at_destination = false;
  rule.tier = tier(tier_name);
  rule.level = level;
  add(std::move(rule), pass_to);
}

void Universe::isolate(std::string_view tier_name, const Selector& subject, bool ingress, bool egress) {
  Isolation out;
  out.subject = subject;
  out.ingress = ingress;
  out.egress = egress;
  out.tier = tier(tier_name);
  policy.isolations.push_back(std::move(out));
}

End Universe::end(std::string_view name) const {
  if (const auto address = parse_address(name)) return inventory_.end(*address);
  const Instance* instance = inventory_.find(name);
  WEFT_ASSERT(instance != nullptr, "a case asks about peers of the universe");
  if (instance->host) instance = &inventory_[*instance->host];
  return {&instance->peer, instance->addresses.at(0)};
}

Decision Universe::ask(std::string_view from, std::string_view to, ServicePoint service) const {
  return evaluate(policy, {end(from), end(to), service});
}

}  // namespace weft::test::peer
