#include "verifier/path_chain.h"

#include <algorithm>
#include <functional>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "model/evaluate.h"

namespace weft::verifier {

using model::PeerKind;

namespace {

// True if whoever has an address in one flow has it in all of them.
bool addresses_are_of_one(const std::vector<Witness>& flows) {
  std::map<model::Address, std::optional<model::InstanceId>> owners;
  const auto is_of_one = [&](const std::optional<model::Address>& address, const model::Peer& peer) {
    return !address || owners.emplace(*address, peer.instance).first->second == peer.instance;
  };
  return std::ranges::all_of(flows, [&](const Witness& flow) {
    return is_of_one(flow.source_address, flow.source) && is_of_one(flow.destination_address, flow.destination);
  });
}

}  // namespace

bool breaks(const model::Assertion& claim, const std::vector<Witness>& flows) {
  if (flows.empty() || !addresses_are_of_one(flows)) return false;
  for (std::size_t i = 0; i < flows.size(); ++i) {
    if (!flows[i].decision.allowed || flows[i].decision.self) return false;
    if (i + 1 == flows.size()) break;
    if (flows[i].destination_name != flows[i + 1].source_name) return false;
    if (flows[i].destination.instance != flows[i + 1].source.instance) return false;
    const model::End between = flows[i].flow().destination;
    if (between.peer->kind == PeerKind::World) return false;
    if (claim.avoiding && model::matches(*claim.avoiding, between)) return false;
  }
  const model::Flow last = flows.back().flow();
  return model::matches(claim.source, flows.front().flow().source) &&
         model::matches(claim.destination, last.destination) && model::matches(claim.ports, last);
}

namespace {

bool runs_on_destination(const Valuation& flow) { return flow.own_node && flow.source.kind == PeerKind::Workload; }

// Who stands at the ends of a chain, one more than it has flows: a destination is the source of the next flow.
class Ends {
 public:
  Ends(const Universe& universe, const Chain& chain) : universe_(universe), chain_(chain) {
    for (std::size_t end = 0; end <= chain.size(); ++end) {
      who_.push_back(known_as(end));
      if (who_.back() < peers_.size()) continue;
      peers_.push_back(universe.peer(end == 0 ? chain[0].source : chain[end - 1].destination));
      if (peers_.back().kind != PeerKind::World) {
        peers_.back().instance = model::InstanceId{static_cast<std::uint32_t>(peers_.size() - 1)};
      }
    }
    for (std::size_t i = 0; i < chain.size(); ++i) add(i);
  }

  const std::optional<std::string>& why_not() const { return why_not_; }

  Witness flow(std::size_t i, model::Moment now, const model::Policy& judge) const {
    const Valuation& of = chain_[i];
    Witness out;
    out.moment = now;
    out.source = peers_[who_[i]];
    out.destination = peers_[who_[i + 1]];
    out.source_address = address_of(who_[i], of.source);
    out.destination_address = address_of(who_[i + 1], of.destination);
    out.service = universe_.services()[of.service].example;
    out.decision = model::evaluate(judge, out.flow(), now);
    return out;
  }

 private:
  // What tells one address of a peer from its others.
  using Where = std::tuple<std::size_t, std::uint32_t, bool>;

  // An end is the one before the last where both are the node of the workload in between, and whoever has the same
  // single address; otherwise somebody new.
  std::size_t known_as(std::size_t end) {
    const auto fresh = peers_.size();
    if (end >= 2 && chain_[end - 2].own_node && chain_[end - 2].source.kind == PeerKind::Node &&
        runs_on_destination(chain_[end - 1])) {
      if (chain_[end - 2].source.labels == chain_[end - 1].destination.labels) return who_[end - 2];
      why_not_ = "the chain that was found needs a workload to run on two nodes";
    }
    std::vector<const EndValue*> values;
    if (end > 0) values.push_back(&chain_[end - 1].destination);
    if (end < chain_.size()) values.push_back(&chain_[end].source);
    std::size_t out = fresh;
    for (const EndValue* value : values) {
      if (!universe_.uses_addresses() || !universe_.single_addresses().contains(value->address)) continue;
      const auto [known, added] = owners_.try_emplace(value->address, Owner{value, fresh});
      if (added) continue;
      const EndValue& owner = *known->second.value;
      const bool same =
          owner.kind == value->kind && owner.labels == value->labels && owner.apiserver == value->apiserver;
      const bool beside = end > 0 && known->second.who == who_[end - 1];  // it would be talking to itself
      const bool other = out != fresh && known->second.who != fresh && known->second.who != out;
      if (!same || beside || other) {
        needs_twice(value->address);
      } else if (known->second.who != fresh) {
        out = known->second.who;
      }
    }
    for (auto& [address, owner] : owners_) {
      if (owner.who == fresh) owner.who = out;
    }
    return out;
  }

  void needs_twice(std::uint32_t range) {
    const model::AddressRange& addresses = universe_.address_range(range);
    why_not_ = fmt::format("{}{}", address_of_two_peers, model::to_string(addresses.first));
    if (addresses.first != addresses.last) *why_not_ += " to " + model::to_string(addresses.last);
  }

  void add(std::size_t i) {
    const Valuation& flow = chain_[i];
    model::Peer& source = peers_[who_[i]];
    model::Peer& destination = peers_[who_[i + 1]];
    if (flow.own_node && source.kind == PeerKind::Workload) source.node = destination.instance;
    if (flow.own_node && source.kind == PeerKind::Node) destination.node = source.instance;
    add_address(who_[i], flow.source);
    add_address(who_[i + 1], flow.destination);
    const Universe::Service& service = universe_.services()[flow.service];
    for (std::uint32_t name = 0; name < universe_.names().size(); ++name) {
      if (!flow.declares[name]) continue;
      const model::PortName& port = universe_.names()[name];
      destination.ports.push_back({port.name, port.protocol, model::value_of(service.example)});
    }
  }

  void add_address(std::size_t who, const EndValue& end) {
    if (!universe_.uses_addresses() && end.kind != PeerKind::World) return;
    const Where where{who, end.address, end.apiserver};
    if (addresses_.contains(where)) return;
    const auto address = universe_.address_in(end.address, taken_);
    if (!address) needs_twice(end.address);
    addresses_.emplace(where, address.value_or(universe_.address_range(end.address).first));
    taken_.push_back(addresses_.at(where));
    if (end.apiserver) peers_[who].apiserver.add(model::AddressRange{taken_.back(), taken_.back()});
  }

  std::optional<model::Address> address_of(std::size_t who, const EndValue& end) const {
    const auto known = addresses_.find({who, end.address, end.apiserver});
    return known == addresses_.end() ? std::nullopt : std::optional(known->second);
  }

  struct Owner {
    const EndValue* value = nullptr;
    std::size_t who = 0;
  };

  const Universe& universe_;
  const Chain& chain_;
  std::vector<std::size_t> who_;  // by end: the position of its peer
  std::vector<model::Peer> peers_;
  std::map<std::uint32_t, Owner> owners_;  // by address of one peer only
  std::map<Where, model::Address> addresses_;
  std::vector<model::Address> taken_;
  std::optional<std::string> why_not_;
};

}  // namespace

std::optional<std::vector<Witness>> shown(const model::Policy& policy, const model::Assertion& claim,
                                          const Universe& universe, const Chain& chain, model::Moment now) {
  if (!std::ranges::all_of(chain, [&](const Valuation& flow) { return universe.legal(flow); })) return {};
  const Ends ends(universe, chain);
  std::vector<Witness> out;
  for (std::size_t i = 0; i < chain.size(); ++i) out.push_back(ends.flow(i, now, policy));
  if (!breaks(claim, out)) return {};
  return out;
}

std::optional<std::string> cannot_exist(const Universe& universe, const Chain& chain) {
  return Ends(universe, chain).why_not();
}

Chain plainest(const model::Policy& policy, const model::Assertion& claim, const Universe& universe, Chain chain,
               model::Moment now) {
  const auto attempt = [&](const std::function<void(Chain&)>& change) {
    Chain simpler = chain;
    change(simpler);
    if (cannot_exist(universe, simpler) || !shown(policy, claim, universe, simpler, now)) return false;
    chain = std::move(simpler);
    return true;
  };
  // The ends of a chain of n flows are n + 1; one in the middle is the destination of a flow and the source of the
  // next.
  const auto at_end = [&](Chain& of, std::size_t end, const std::function<void(EndValue&)>& change) {
    if (end > 0) change(of[end - 1].destination);
    if (end < of.size()) change(of[end].source);
  };
  const auto labels_at = [&](std::size_t end) -> const std::vector<std::uint32_t>& {
    return end > 0 ? chain[end - 1].destination.labels : chain[0].source.labels;
  };
  for (std::size_t flow = 0; flow < chain.size(); ++flow) {
    if (chain[flow].own_node) attempt([&](Chain& c) { c[flow].own_node = false; });
    for (std::size_t i = 0; i < chain[flow].declares.size(); ++i) {
      if (chain[flow].declares[i]) attempt([&](Chain& c) { c[flow].declares[i] = false; });
    }
    if (chain[flow].source.apiserver) attempt([&](Chain& c) { c[flow].source.apiserver = false; });
    if (chain[flow].destination.apiserver) attempt([&](Chain& c) { c[flow].destination.apiserver = false; });
  }
  for (std::size_t end = 0; end <= chain.size(); ++end) {
    const auto all = [](EndValue& value) { std::ranges::fill(value.labels, 0U); };
    const auto turned_workload = [&](EndValue& value) {
      value.kind = PeerKind::Workload;
      all(value);
    };
    const PeerKind kind = end > 0 ? chain[end - 1].destination.kind : chain[0].source.kind;
    if (kind == PeerKind::Node && attempt([&](Chain& c) { at_end(c, end, turned_workload); })) continue;
    if (attempt([&](Chain& c) { at_end(c, end, all); })) continue;
    for (std::size_t key = 0; key < labels_at(end).size(); ++key) {
      if (labels_at(end)[key] == 0) continue;
      if (attempt([&](Chain& c) { at_end(c, end, [&](EndValue& v) { v.labels[key] = 0; }); })) continue;
      if (key != universe.ns()) continue;
      // A listed namespace goes with all its labels.
      attempt([&](Chain& c) {
        at_end(c, end, [&](EndValue& v) {
          v.labels[key] = 0;
          for (std::size_t other = 0; other < universe.keys().size(); ++other) {
            if (universe.keys()[other].key.scope == model::KeyScope::Namespace) v.labels[other] = 0;
          }
        });
      });
    }
  }
  for (std::size_t flow = 0; flow < chain.size(); ++flow) {
    for (const std::uint16_t port : std::initializer_list<std::uint16_t>{443, 80, 8080, 53, 1}) {
      const IndexSet atoms =
          universe.services(model::PointSet::of_point(model::service_point(model::protocol::tcp, port)));
      if (!atoms.empty() && attempt([&](Chain& c) { c[flow].service = atoms.lowest(); })) break;
    }
    if (!universe.uses_addresses()) continue;
    for (const model::Family family : {model::Family::V4, model::Family::V6}) {
      const std::uint32_t example = universe.example_address(family);
      attempt([&](Chain& c) { c[flow].source.address = c[flow].destination.address = example; });
      attempt([&](Chain& c) { c[flow].source.address = example; });
      attempt([&](Chain& c) { c[flow].destination.address = example; });
      if (chain[flow].source.address < universe.first_v6()) break;
    }
  }
  return chain;
}

}  // namespace weft::verifier
