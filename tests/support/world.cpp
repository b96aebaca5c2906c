#include "tests/support/world.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/assert.h"

namespace weft::test {

using namespace model;

std::uint64_t Random::next() {
  // splitmix64 (Steele, Lea, Flood 2014; public domain reference by Vigna).
  std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31U);
}

WorldOptions WorldOptions::small() {
  WorldOptions out;
  out.most_workloads = 5;
  out.most_nodes = 2;
  out.most_rules = 5;
  out.most_blocks = 3;
  out.most_isolations = 2;
  out.most_guards = 1;
  return out;
}

WorldOptions WorldOptions::big() {
  WorldOptions out;
  out.most_workloads = 200;
  out.most_nodes = 12;
  out.most_host_network = 6;
  out.most_blocks = 40;
  out.most_rules = 300;
  out.most_isolations = 12;
  out.most_guards = 3;
  out.exact = true;
  return out;
}

namespace {

const std::vector<std::string> namespaces{"shop", "bank", "lab"};
const std::vector<std::string> teams{"red", "blue"};
const std::vector<std::string> accounts{"web", "db"};
const std::vector<std::string> apps{"web", "api", "db", "web-2"};
const std::vector<std::string> environments{"prod", "dev"};
const std::vector<std::string> zones{"a", "b"};
const std::vector<std::string> globs{"web*", "*b", "?b", "w?b", "*", "", "*e*", "web-?", "p**d"};
const std::vector<std::string> port_names{"http", "dns"};

// Two of them lie behind every real clock and one ahead of it: a program in the kernel has no other.
const std::vector<Moment> deadlines{Moment{1000}, Moment{-5}, Moment{4'102'444'800}};

const std::vector<std::string> networks_v4{"0.0.0.0/0",       "10.0.0.0/8",        "10.0.0.0/24",   "10.0.0.0/29",
                                           "10.0.0.4/30",     "10.0.0.2/32",       "172.16.0.0/16", "172.16.0.1/32",
                                           "172.16.0.100/32", "192.0.2.0/24",      "192.0.2.64/26", "8.8.8.8/32",
                                           "128.0.0.0/1",     "255.255.255.255/32"};
const std::vector<std::string> networks_v6{"::/0",        "fd00::/8",       "fd00::/64",     "fd00::4/126",
                                           "fd00::2/128", "fd01::/64",      "2001:db8::/32", "2001:db8:1::/48",
                                           "8000::/1",    "2001:db8::1/128"};

LabelKey key_of_workload(Random& random) {
  return keys::of_workload(std::array{"app", "env", "tier/`odd`"}[random.chance(8) ? 2 : random.below(2)]);
}

// A world in the making: what may be asked about depends on what was made before.
class Generator {
 public:
  Generator(std::uint64_t seed, const WorldOptions& options)
      : random_(seed), conditions_(seed ^ 0xC0DD'1710'45ULL), peers_(seed ^ 0x1105'7EE4'0DEULL), options_(options) {}

  World run() {
    instances();
    policy();
    conditions();
    peer_nodes();
    world_.inventory.index();
    return std::move(world_);
  }

 private:
  std::size_t count(std::size_t most, std::size_t least) {
    if (options_.exact) return most;
    return most <= least ? most : least + random_.below(most - least + 1);
  }

  // ---- inventory ----

  void instances() {
    Inventory& inventory = world_.inventory;
    for (const std::string& name : namespaces) {
      if (random_.chance(75)) {
        Labels labels;
        if (random_.chance(75)) labels[keys::of_namespace("team")] = random_.pick(teams);
        inventory.namespaces[name] = labels;
      }
    }
    const std::size_t nodes = count(options_.most_nodes, 0);
    for (std::size_t i = 0; i < nodes; ++i) node(i);
    const std::size_t workloads = count(options_.most_workloads, 1);
    for (std::size_t i = 0; i < workloads; ++i) workload(i, nodes);
    const std::size_t hosts =
        nodes == 0 || options_.most_host_network == 0 ? 0 : random_.below(options_.most_host_network + 1);
    for (std::size_t i = 0; i < hosts; ++i) host_network(i, nodes);

    // The API server answers at an address of its own, a node's, a workload's, or nowhere.
    const std::size_t where = random_.below(4);
    if (where == 1) inventory.apiserver.add(AddressSet::of(*parse_address("172.16.0.100")));
    if (where >= 2) {
      const Instance& home = random_.pick(inventory.instances);
      for (const Address& address : home.addresses) inventory.apiserver.add(AddressSet::of(address));
    }
    if (options_.ipv6 && random_.chance(20)) inventory.apiserver.add(AddressSet::of(*parse_address("2001:db8::1")));
  }

  InstanceId next_id() const { return InstanceId{static_cast<std::uint32_t>(world_.inventory.instances.size())}; }

  void node(std::size_t i) {
    Instance out{.name = fmt::format("n{}", i + 1), .peer = {}, .addresses = {}, .attach = {}, .host = {}};
    out.peer.kind = PeerKind::Node;
    out.peer.instance = next_id();
    if (random_.chance(80)) out.peer.labels[keys::of_node("zone")] = random_.pick(zones);
    if (random_.chance(90)) out.addresses.push_back(*parse_address(fmt::format("172.16.{}.{}", i / 200, i % 200 + 1)));
    if (options_.ipv6 && random_.chance(50)) out.addresses.push_back(*parse_address(fmt::format("fd01::{:x}", i + 1)));
    declare_ports(out.peer);
    world_.inventory.instances.push_back(std::move(out));
  }

  void workload(std::size_t i, std::size_t nodes) {
    Instance out{.name = {}, .peer = {}, .addresses = {}, .attach = {}, .host = {}};
    // Some have the very labels of an earlier one: they are still other instances.
    if (first_workload_ && random_.chance(30)) {
      const std::size_t from = *first_workload_ + random_.below(world_.inventory.instances.size() - *first_workload_);
      out.peer.labels = world_.inventory.instances[from].peer.labels;
    } else {
      out.peer.labels = workload_labels();
    }
    if (!first_workload_) first_workload_ = world_.inventory.instances.size();
    out.peer.kind = PeerKind::Workload;
    out.peer.instance = next_id();
    const auto ns = out.peer.labels.find(keys::ns);
    out.name = fmt::format("{}/w{}", ns == out.peer.labels.end() ? "-" : ns->second, i + 1);
    if (nodes > 0 && random_.chance(75)) out.peer.node = InstanceId{static_cast<std::uint32_t>(random_.below(nodes))};
    const bool addressed = !options_.unaddressed_workloads || random_.chance(90);
    if (addressed && (!options_.ipv6 || random_.chance(85))) out.addresses.push_back(v4(i + 1));
    if (addressed && options_.ipv6 && (out.addresses.empty() || random_.chance(45))) {
      out.addresses.push_back(*parse_address(fmt::format("fd00::{:x}", i + 1)));
    }
    if (addressed && random_.chance(15))
      out.addresses.push_back(*parse_address(fmt::format("192.0.2.{}", i % 250 + 1)));
    declare_ports(out.peer);
    world_.inventory.instances.push_back(std::move(out));
  }

  static Address v4(std::size_t i) { return v4_address(0x0A00'0000U + static_cast<std::uint32_t>(i)); }

  Labels workload_labels() {
    Labels out;
    if (random_.chance(90)) {
      const std::string& ns = random_.pick(namespaces);
      out[keys::ns] = ns;
      const auto listed = world_.inventory.namespaces.find(ns);
      if (listed != world_.inventory.namespaces.end()) out.insert(listed->second.begin(), listed->second.end());
    }
    if (random_.chance(40)) out[keys::sa] = random_.pick(accounts);
    if (random_.chance(20)) out[keys::cluster] = "east";
    if (random_.chance(85)) out[keys::of_workload("app")] = random_.pick(apps);
    if (random_.chance(60)) out[keys::of_workload("env")] = random_.pick(environments);
    if (random_.chance(8)) out[keys::of_workload("tier/`odd`")] = "x \"y\"";
    // A plain label spelt like a namespace: it must not be taken for one.
    if (random_.chance(10)) out[keys::of_workload("ns")] = random_.pick(namespaces);
    return out;
  }

  void host_network(std::size_t i, std::size_t nodes) {
    Instance out{.name = fmt::format("host/h{}", i + 1), .peer = {}, .addresses = {}, .attach = {}, .host = {}};
    const std::size_t node = random_.below(nodes);
    out.host = InstanceId{static_cast<std::uint32_t>(node)};
    out.peer.kind = PeerKind::Workload;
    out.peer.instance = next_id();
    out.peer.node = out.host;
    out.peer.labels = workload_labels();
    declare_ports(out.peer);
    std::vector<NamedPort>& joined = world_.inventory.instances[node].peer.ports;
    for (const NamedPort& port : out.peer.ports) {
      if (std::ranges::find(joined, port) == joined.end()) joined.push_back(port);
    }
    world_.inventory.instances.push_back(std::move(out));
  }

  void declare_ports(Peer& peer) {
    if (!options_.named_ports) return;
    if (random_.chance(35)) {
      peer.ports.push_back({"http", protocol::tcp, static_cast<std::uint16_t>(random_.chance(60) ? 8080 : 9090)});
    }
    if (random_.chance(20)) peer.ports.push_back({"dns", random_.chance(50) ? protocol::udp : protocol::tcp, 53});
    if (random_.chance(8)) peer.ports.push_back({"dns", protocol::sctp, 5353});
  }

  // ---- policy ----

  void policy() {
    Policy& policy = world_.policy;
    policy.profile = random_.pick(profiles());
    schema();
    const std::size_t tiers = 1 + random_.below(std::max<std::size_t>(1, options_.most_tiers));
    for (std::size_t i = 0; i < tiers; ++i) policy.tiers.push_back({fmt::format("t{}", i), {}});
    const std::size_t blocks = count(options_.most_blocks, 1);
    for (std::size_t i = 0; i < blocks; ++i) {
      PolicyBlock block;
      block.name = fmt::format("p{}", i);
      block.tier = any_tier();
      block.priority = random_.pick(std::vector<std::int64_t>{0, 0, 0, 0, 5, 5, -3, 10, 1'000'000});
      block.priority_stated = block.priority != 0 || random_.chance(20);
      block.ordered = random_.chance(35);
      policy.blocks.push_back(block);
    }
    // Every block has its own share of the rules; they stand in source order, block after block.
    const std::size_t rules = count(options_.most_rules, 0);
    std::vector<std::size_t> share(blocks, 0);
    for (std::size_t i = 0; i < rules; ++i) ++share[random_.below(blocks)];
    for (std::size_t block = 0; block < blocks; ++block) {
      for (std::uint32_t i = 0; i < share[block]; ++i) rule(BlockId{static_cast<std::uint32_t>(block)}, i + 1);
    }
    const std::size_t isolations = count(options_.most_isolations, 0);
    for (std::size_t i = 0; i < isolations; ++i) isolation();
    const std::size_t guards = options_.most_guards == 0 || random_.chance(50) ? 0 : count(options_.most_guards, 1);
    for (std::size_t i = 0; i < guards; ++i)
      policy.guards.push_back({random_.chance(50) ? Selector::node() : selector(1), {}});
  }

  void schema() {
    auto& schema = world_.policy.schema;
    schema[keys::of_workload("app")] = {apps, {}};
    schema[keys::of_workload("env")] = {environments, {}};
    schema[keys::of_workload("ns")] = {};
    schema[keys::of_workload("tier/`odd`")] = {};
    schema[keys::of_namespace("team")] = {teams, {}};
    schema[keys::of_node("zone")] = {};
    schema[keys::ns] = schema[keys::sa] = schema[keys::cluster] = {};
  }

  TierId any_tier() { return TierId{static_cast<std::uint32_t>(random_.below(world_.policy.tiers.size()))}; }

  void rule(BlockId block, std::uint32_t number) {
    const PolicyBlock& home = world_.policy[block];
    Rule out;
    const std::size_t verdict = random_.below(10);
    out.verdict = verdict < 5 ? Verdict::Allow : verdict < 8 ? Verdict::Deny : Verdict::Pass;
    out.source = selector(2);
    out.destination = selector(2);
    out.ports = ports();
    const std::size_t at = random_.below(5);
    out.at_source = at != 3;
    out.at_destination = at != 4;
    out.tier = home.tier;
    out.level = {home.priority, home.ordered ? number : 0};
    out.block = block;
    const auto tier = static_cast<std::uint32_t>(home.tier);
    const auto tiers = static_cast<std::uint32_t>(world_.policy.tiers.size());
    if (out.verdict == Verdict::Pass && tier + 1 < tiers && random_.chance(60)) {
      out.pass_to = TierId{tier + 1 + static_cast<std::uint32_t>(random_.below(tiers - tier - 1))};
    }
    if (random_.chance(10)) out.because = "it says \"so\"";
    world_.policy.rules.push_back(std::move(out));
  }

  void isolation() {
    Isolation out;
    out.subject = selector(1);
    const std::size_t which = random_.below(3);
    out.egress = which != 1;
    out.ingress = which != 2;
    out.block = BlockId{static_cast<std::uint32_t>(random_.below(world_.policy.blocks.size()))};
    out.tier = world_.policy[out.block].tier;
    world_.policy.isolations.push_back(std::move(out));
  }

  Selector selector(unsigned depth) {
    const std::size_t choice = random_.below(depth > 0 ? 100 : 70);
    if (choice < 25) return label();
    if (choice < 33) return Selector::workload();
    if (choice < 42) return Selector::any();
    if (choice < 45) return Selector::node();
    if (choice < 49) return Selector::world();
    if (choice < 51) return Selector::apiserver();
    if (choice < 52) return Selector::none();
    if (choice < 61) return Selector::address(networks());
    if (choice < 68) return Selector::world_address(networks());
    if (choice < 70) return Selector::has(key());
    if (choice < 78) return Selector::negation(selector(depth - 1));
    std::vector<Selector> operands;
    const std::size_t operand_count = random_.chance(4) ? random_.below(2) : 2 + random_.below(2);
    for (std::size_t i = 0; i < operand_count; ++i) operands.push_back(selector(depth - 1));
    return random_.chance(55) ? Selector::all_of(std::move(operands)) : Selector::any_of(std::move(operands));
  }

  LabelKey key() {
    switch (random_.below(9)) {
      case 0:
        return keys::ns;
      case 1:
        return keys::sa;
      case 2:
        return keys::cluster;
      case 3:
        return keys::of_namespace("team");
      case 4:
        return keys::of_node("zone");
      case 5:
        return keys::of_workload(random_.chance(30) ? "ns" : "app");
      default:
        return key_of_workload(random_);
    }
  }

  const std::vector<std::string>& values_of(const LabelKey& key) {
    static const std::vector<std::string> clusters{"east", "west"}, odd{"x \"y\"", "z"};
    if (key == keys::ns || key == keys::of_workload("ns")) return namespaces;
    if (key == keys::sa) return accounts;
    if (key == keys::cluster) return clusters;
    if (key.scope == KeyScope::Namespace) return teams;
    if (key.scope == KeyScope::Node) return zones;
    if (key.name == "app") return apps;
    return key.name == "env" ? environments : odd;
  }

  Selector label() {
    const LabelKey chosen = key();
    const std::vector<std::string>& values = values_of(chosen);
    const std::size_t form = random_.below(10);
    if (form < 6) return Selector::equals(chosen, random_.pick(values));
    if (form < 8) return Selector::one_of(chosen, {random_.pick(values), random_.pick(values)});
    if (form < 9) return Selector::has(chosen);
    return Selector::glob(chosen, random_.pick(globs));
  }

  AddressSet networks() {
    AddressSet out;
    const std::size_t wanted = 1 + random_.below(2);
    for (std::size_t i = 0; i < wanted; ++i) out.add(network());
    if (random_.chance(25)) out.remove(network());
    return out;
  }

  AddressSet network() {
    const bool six = options_.ipv6 && random_.chance(35);
    return AddressSet::of(*parse_prefix(random_.pick(six ? networks_v6 : networks_v4)));
  }

  PortSet ports() {
    PortSet out;
    const std::size_t parts = random_.chance(70) ? 1 : 2;
    for (std::size_t i = 0; i < parts; ++i) part(out);
    return out;
  }

  void part(PortSet& out) {
    static const std::array<std::uint8_t, 3> transports{protocol::tcp, protocol::udp, protocol::sctp};
    static const std::vector<std::uint16_t> numbers{0, 22, 53, 80, 443, 8080, 9090, 0xFFFF};
    const std::uint8_t transport = random_.chance(65) ? protocol::tcp : random_.pick(transports);
    switch (random_.below(11)) {
      case 0:
      case 1:
        out.points.add(PointSet::any());
        return;
      case 2:
        out.points.add(PointSet::of_protocol(transport));
        return;
      case 3: {
        const std::uint16_t a = random_.pick(numbers), b = random_.pick(numbers);
        out.points.add(PointSet::of_range(transport, std::min(a, b), std::max(a, b)));
        return;
      }
      case 4: {
        const std::uint8_t icmp = random_.chance(70) ? protocol::icmp : protocol::icmp6;
        const unsigned type = random_.chance(50) ? 8 : random_.chance(50) ? 3 : 128;
        const auto code = static_cast<unsigned>(random_.below(3));
        if (random_.chance(30))
          out.points.add(PointSet::of_protocol(icmp));
        else if (random_.chance(60)) {
          out.points.add(PointSet::of_range(icmp, static_cast<std::uint16_t>(type << 8U),
                                            static_cast<std::uint16_t>((type << 8U) | 0xFFU)));
        } else {
          out.points.add(PointSet::of_point(service_point(icmp, static_cast<std::uint16_t>((type << 8U) | code))));
        }
        return;
      }
      case 5:
        out.points.add(PointSet::of_protocol(random_.pick(std::array<std::uint8_t, 4>{0, 47, 112, 255})));
        return;
      case 6: {
        // Everything but one thing.
        PointSet all = PointSet::any();
        all.remove(random_.chance(50) ? PointSet::of_protocol(transport)
                                      : PointSet::of_point(service_point(transport, random_.pick(numbers))));
        out.points.add(all);
        return;
      }
      case 7:
        if (options_.named_ports) {
          const PortName name{random_.chance(70) ? protocol::tcp : random_.pick(transports), random_.pick(port_names)};
          if (std::ranges::find(out.names, name) == out.names.end()) out.names.push_back(name);
          std::ranges::sort(out.names);
          return;
        }
        [[fallthrough]];
      default:
        out.points.add(PointSet::of_point(service_point(transport, random_.pick(numbers))));
        return;
    }
  }

  // ---- relations, audit, deadlines: drawn apart, so that a seed keeps its world without them ----

  void conditions() {
    Policy& policy = world_.policy;
    Random& random = conditions_;
    const unsigned related = options_.relations && random.chance(60) ? 40 : 0;
    const unsigned audited = options_.audit && random.chance(50) ? 20 : 0;
    const unsigned expiring = options_.deadlines && random.chance(40) ? 35 : 0;
    for (Rule& rule : policy.rules) {
      if (random.chance(related)) {
        const std::size_t asked = random.chance(80) ? 1 : 2;
        for (std::size_t i = 0; i < asked; ++i) rule.relations.push_back(relation());
      }
      if (random.chance(audited)) rule.audit = true;
      if (random.chance(expiring)) rule.expires = random.pick(deadlines);
    }
    for (Isolation& isolation : policy.isolations) {
      if (random.chance(2 * audited)) isolation.audit = true;
    }
  }

  // Mostly one key on both sides; else keys whose values can be equal, and some whose values never are.
  Relation relation() {
    static const std::vector<LabelKey> same{keys::of_workload("app"),
                                            keys::of_workload("app"),
                                            keys::of_workload("env"),
                                            keys::of_workload("env"),
                                            keys::ns,
                                            keys::ns,
                                            keys::sa,
                                            keys::of_namespace("team"),
                                            keys::of_node("zone")};
    static const std::vector<std::pair<LabelKey, LabelKey>> other{{keys::ns, keys::of_workload("ns")},
                                                                  {keys::of_workload("app"), keys::sa},
                                                                  {keys::sa, keys::of_workload("app")},
                                                                  {keys::of_workload("ns"), keys::ns},
                                                                  {keys::of_workload("app"), keys::of_workload("env")},
                                                                  {keys::of_node("zone"), keys::of_workload("env")}};
    const bool equal = conditions_.chance(65);
    if (conditions_.chance(75)) {
      const LabelKey& key = conditions_.pick(same);
      return {key, key, equal};
    }
    const auto& [source, destination] = conditions_.pick(other);
    return {source, destination, equal};
  }

  // Such a rule speaks at one gate, and its peers are nodes, perhaps some nodes only.
  void peer_nodes() {
    if (!options_.peer_nodes || !peers_.chance(40)) return;
    for (Rule& rule : world_.policy.rules) {
      if (!peers_.chance(35)) continue;
      rule.peer_node = peers_.chance(60) ? PeerNode::Own : PeerNode::Other;
      if (rule.at_source && rule.at_destination) (peers_.chance(50) ? rule.at_source : rule.at_destination) = false;
      Selector& peer = rule.at_source ? rule.destination : rule.source;
      peer = peers_.chance(65) ? Selector::node() : Selector::all_of({Selector::node(), std::move(peer)});
    }
  }

  Random random_;
  Random conditions_;
  Random peers_;
  WorldOptions options_;
  World world_;
  std::optional<std::size_t> first_workload_;
};

}  // namespace

World generate_world(std::uint64_t seed, const WorldOptions& options) { return Generator(seed, options).run(); }

}  // namespace weft::test
