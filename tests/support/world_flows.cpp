#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "model/evaluate.h"
#include "tests/support/world.h"

namespace weft::test {

using namespace model;

namespace {

// Both neighbours of both ends: where a range is off by one, one of these four tells.
void add_bounds(std::set<Address>& out, const AddressSet& set) {
  for (const AddressRange& range : set.ranges()) {
    out.insert(range.first);
    out.insert(range.last);
    if (const auto before = previous(range.first)) out.insert(*before);
    if (const auto after = next(range.last)) out.insert(*after);
  }
}

void add_bounds(std::set<Address>& out, const Selector& selector) {
  add_bounds(out, selector.addresses);
  for (const Selector& operand : selector.operands) add_bounds(out, operand);
}

// No family named (an end without an address) goes with both.
bool one_family(const End& a, const End& b) {
  return !a.address || !b.address || a.address->family == b.address->family;
}

}  // namespace

std::vector<End> interesting_ends(const World& world) {
  std::set<Address> addresses{*parse_address("203.0.113.7"), *parse_address("2001:db8:ffff::7")};
  add_bounds(addresses, world.inventory.apiserver);
  for (const Rule& rule : world.policy.rules) {
    add_bounds(addresses, rule.source);
    add_bounds(addresses, rule.destination);
  }
  for (const Isolation& isolation : world.policy.isolations) add_bounds(addresses, isolation.subject);
  for (const Guard& guard : world.policy.guards) add_bounds(addresses, guard.nodes);

  std::vector<End> out;
  for (const Instance& instance : world.inventory.instances) {
    for (const Address& address : instance.addresses) addresses.insert(address);
    if (instance.addresses.empty() && !instance.host) out.push_back({&instance.peer, {}});
  }
  for (const Address& address : addresses) out.push_back(world.inventory.end(address));
  return out;
}

std::vector<ServicePoint> interesting_services(const World& world) {
  std::set<std::uint32_t> out;
  const auto add = [&](std::uint8_t number, std::uint16_t value) {
    out.insert(static_cast<std::uint32_t>(service_point(number, value)));
  };
  for (const std::uint8_t number : {protocol::tcp, protocol::udp, protocol::sctp}) add(number, 80);
  add(protocol::icmp, 8 << 8);
  add(protocol::icmp6, 128 << 8);
  for (const std::uint8_t number : std::initializer_list<std::uint8_t>{0, 47, 255}) add(number, 0);
  for (const Instance& instance : world.inventory.instances) {
    for (const NamedPort& port : instance.peer.ports) {
      for (const std::uint8_t number : {protocol::tcp, protocol::udp}) add(number, port.port);
      add(port.protocol, port.port);
    }
  }
  for (const Rule& rule : world.policy.rules) {
    for (const ServiceRange& range : rule.ports.points.ranges()) {
      const std::int64_t first = range.first, last = range.last;
      for (const std::int64_t number : {first - 1, first, last, last + 1}) {
        if (number < 0 || number > last_service_point) continue;
        // Where a protocol has no value, only the value 0 is a question.
        const auto point = ServicePoint{static_cast<std::uint32_t>(number)};
        const std::uint8_t proto = protocol_of(point);
        add(proto, has_ports(proto) || has_types(proto) ? value_of(point) : std::uint16_t{0});
      }
    }
  }
  std::vector<ServicePoint> points;
  for (const std::uint32_t number : out) points.push_back(ServicePoint{number});
  return points;
}

std::vector<Flow> flows(const World& world, const FlowOptions& options) {
  const std::vector<End> ends = interesting_ends(world);
  const std::vector<ServicePoint> services = interesting_services(world);
  const std::size_t total = ends.size() * ends.size() * services.size();
  const auto flow_at = [&](std::size_t number) {
    const std::size_t pair = number / services.size();
    return Flow{ends[pair / ends.size()], ends[pair % ends.size()], services[number % services.size()]};
  };
  std::vector<Flow> out;
  if (total <= options.limit) {
    for (std::size_t number = 0; number < total; ++number) {
      if (const Flow flow = flow_at(number); one_family(flow.source, flow.destination)) out.push_back(flow);
    }
    return out;
  }
  // Half the ends drawn are instances: most bounds lie in the world, where little is decided.
  std::vector<std::size_t> owned;
  for (std::size_t i = 0; i < ends.size(); ++i) {
    if (ends[i].peer->kind != PeerKind::World) owned.push_back(i);
  }
  Random random(options.seed);
  const auto draw = [&] { return owned.empty() || random.chance(40) ? random.below(ends.size()) : random.pick(owned); };
  std::set<std::size_t> seen;
  for (std::size_t tries = 0; out.size() < options.limit && tries < 4 * options.limit; ++tries) {
    const std::size_t source = draw(), destination = draw();
    const std::size_t number = (source * ends.size() + destination) * services.size() + random.below(services.size());
    const Flow flow = flow_at(number);
    if (one_family(flow.source, flow.destination) && seen.insert(number).second) out.push_back(flow);
  }
  return out;
}

std::vector<Moment> interesting_moments(const Policy& policy) {
  std::set<Moment> out{before_all};
  for (const Rule& rule : policy.rules) {
    if (!rule.expires) continue;
    out.insert(*rule.expires);
    if (*rule.expires > before_all) out.insert(Moment{static_cast<std::int64_t>(*rule.expires) - 1});
  }
  return {out.begin(), out.end()};
}

std::string describe(const World& world, const Flow& flow) {
  const auto end = [&](const End& e) {
    const std::string name = e.peer->instance ? world.inventory[*e.peer->instance].name : "world";
    return name + (e.address ? " " + to_string(*e.address) : "");
  };
  return fmt::format("{} -> {} : {}", end(flow.source), end(flow.destination), to_string(flow.service));
}

}  // namespace weft::test
