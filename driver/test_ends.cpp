#include "driver/test_ends.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "model/satisfiable.h"

namespace weft::driver {

using model::End;
using model::Instance;

// Puts ends that are alike together as they come, and keeps of each kind what its pairs need: two instances, because
// nobody is asked about himself, and where it matters who runs where two nodes.
struct TestEnds::Gatherer {
  Gatherer(Sight& with, bool destination_side, bool node_matters, const std::vector<model::PortName>& port_names)
      : sight(with), destination(destination_side), nodes(node_matters), names(port_names) {}

  void add(const End& end, std::string name, bool pinned = false) {
    ++side.ends;
    std::vector<model::NamedPort> ports;
    if (destination) {
      for (const model::NamedPort& port : end.peer->ports) {
        if (std::ranges::find(names, model::PortName{port.protocol, port.name}) != names.end()) ports.push_back(port);
      }
      std::ranges::sort(ports);
    }
    const std::uint32_t number = sight.of(end);
    const auto [found, fresh] = positions.emplace(std::pair(number, std::move(ports)), side.kinds.size());
    if (fresh) side.kinds.push_back({number, {}});
    if (nodes) remember_node(found->second, end, name);
    Alike& alike = side.kinds[found->second];
    if (!fresh && !is_needed(alike, end)) return;
    alike.members.push_back({end, std::move(name), pinned});
  }

  void remember_node(std::size_t kind, const End& end, const std::string& name) {
    const model::Peer& peer = *end.peer;
    if (peer.kind == model::PeerKind::Node) {
      side.nodes.emplace(*peer.instance, std::pair(kind, Candidate{end, name, false}));
    } else if (peer.kind == model::PeerKind::Workload && peer.node && seen_on_node.emplace(kind, *peer.node).second) {
      side.on_node.emplace(*peer.node, std::pair(kind, Candidate{end, name, false}));
    }
  }

  bool is_needed(const Alike& alike, const End& end) const {
    const auto new_instance =
        std::ranges::none_of(alike.members, [&](const Candidate& have) { return have.end.peer == end.peer; });
    if (!new_instance || !end.peer->instance) return false;
    if (alike.members.size() < 2) return true;
    if (!nodes || alike.members.size() >= 3) return false;
    return std::ranges::none_of(alike.members,
                                [&](const Candidate& have) { return have.end.peer->node == end.peer->node; });
  }

  Sight& sight;
  bool destination;
  bool nodes;
  const std::vector<model::PortName>& names;
  Side side;
  std::map<std::pair<std::uint32_t, std::vector<model::NamedPort>>, std::size_t> positions;
  std::set<std::pair<std::size_t, model::InstanceId>> seen_on_node;
};

namespace {

// Addresses set aside for documentation, where they are in the range: nobody takes them for a host he knows.
model::Address shown_address(const model::AddressRange& range, const model::Inventory& inventory) {
  static const model::Address preferred[] = {*model::parse_address("203.0.113.1"),
                                             *model::parse_address("2001:db8::1")};
  for (const model::Address& each : preferred) {
    if (range.first <= each && each <= range.last && inventory.owner(each) == nullptr) return each;
  }
  std::optional<model::Address> at = range.first;
  while (at && *at < range.last && inventory.owner(*at) != nullptr) at = model::next(*at);
  return *at;
}

void collect_networks(const model::Selector& selector, std::vector<const model::AddressSet*>& networks) {
  if (selector.kind == model::Selector::Kind::Address) networks.push_back(&selector.addresses);
  for (const model::Selector& operand : selector.operands) collect_networks(operand, networks);
}

}  // namespace

bool asks_who_runs_where(const model::Policy& policy) {
  return policy.profile.own_node_may_enter || std::ranges::any_of(policy.rules, [](const model::Rule& rule) {
           return rule.peer_node != model::PeerNode::Any;
         });
}

TestEnds::TestEnds(const model::Policy& policy, const model::Inventory& inventory, bool has_inventory, Sight& sight)
    : policy_(policy), inventory_(inventory), has_inventory_(has_inventory), sight_(sight) {}

Side TestEnds::side(const model::TestEnd& end, bool destination, const std::vector<model::PortName>& names) {
  Gatherer gather(sight_, destination, asks_who_runs_where(policy_), names);
  if (const auto* selector = std::get_if<model::Selector>(&end.who)) {
    has_inventory_ ? add_inventory(*selector, gather) : add_example(*selector, gather);
    add_world(*selector, gather);
    if (gather.side.kinds.empty()) {
      gather.side.empty_because = has_inventory_ ? "it selects nobody in the inventory" : "it can select nobody";
    }
  } else if (const auto* imagined = std::get_if<model::TestEnd::Imagined>(&end.who)) {
    model::Peer& peer = imagined_.emplace_back();
    peer.kind = model::PeerKind::Workload;
    peer.instance = static_cast<model::InstanceId>(inventory_.instances.size() + imagined_.size());
    peer.labels = imagined->labels;
    gather.add({&peer, {}}, "an imagined workload");
  } else if (const auto* named = std::get_if<model::TestEnd::Named>(&end.who)) {
    const Instance* instance = inventory_.find(named->name);
    if (instance == nullptr) {
      gather.side.empty_because = unknown(named->name);
    } else {
      if (instance->host) instance = &inventory_[*instance->host];  // it has the addresses and gates of its node
      if (instance->addresses.empty()) gather.add({&instance->peer, {}}, instance->name, true);
      for (const model::Address& address : instance->addresses) {
        gather.add({&instance->peer, address}, instance->name, true);
      }
    }
  } else {
    const auto& address = std::get<model::Address>(end.who);
    const Instance* owner = inventory_.owner(address);
    gather.add(inventory_.end(address), owner != nullptr ? owner->name : "world", true);
  }
  return std::move(gather.side);
}

void TestEnds::add_inventory(const model::Selector& selector, Gatherer& into) const {
  for (const Instance& instance : inventory_.instances) {
    if (instance.host) continue;
    const auto add = [&](const End& end) {
      if (model::matches(selector, end)) into.add(end, instance.name);
    };
    if (instance.addresses.empty()) add({&instance.peer, {}});
    for (const model::Address& address : instance.addresses) add({&instance.peer, address});
  }
}

// One address of every part of the world that the policy or the expectation could treat on its own.
void TestEnds::add_world(const model::Selector& selector, Gatherer& into) const {
  plan::Vocabulary vocabulary = sight_.vocabulary();
  collect_networks(selector, vocabulary.networks);
  for (const model::AddressRange& range : plan::elementary_ranges(vocabulary, inventory_)) {
    const model::Address address = shown_address(range, inventory_);
    if (inventory_.owner(address) != nullptr) continue;  // wholly owned: nothing of the world is in it
    const End end{&inventory_.world, address};
    if (model::matches(selector, end)) into.add(end, "world");
  }
}

// Two of them, so that a group may be asked about itself.
void TestEnds::add_example(const model::Selector& selector, Gatherer& into) {
  auto example = model::example_of(model::Selector::all_of({model::Selector::workload(), selector}), policy_.schema);
  if (!example) {
    example = model::example_of(model::Selector::all_of({model::Selector::node(), selector}), policy_.schema);
  }
  if (!example) return;
  for (int i = 0; i < 2; ++i) {
    model::Peer& peer = imagined_.emplace_back(example->peer());
    peer.instance = static_cast<model::InstanceId>(inventory_.instances.size() + imagined_.size());
    into.add({&peer, example->address},
             peer.kind == model::PeerKind::Node ? "an imagined node" : "an imagined workload");
  }
}

std::string TestEnds::unknown(const std::string& name) const {
  if (!has_inventory_) return "it names a workload, and there is no inventory";
  constexpr std::size_t most_names_searched = 5000;
  std::vector<std::string> names;
  if (inventory_.instances.size() <= most_names_searched) {
    for (const Instance& instance : inventory_.instances) names.push_back(instance.name);
  }
  const std::string near = nearest(name, names);
  return near.empty()
             ? "the inventory has no workload or node of that name"
             : fmt::format("the inventory has no workload or node of that name; did you mean `{}`?", printable(near));
}

}  // namespace weft::driver
