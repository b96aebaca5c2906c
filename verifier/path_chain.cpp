#include "verifier/path_chain.h"

#include <algorithm>
#include <functional>
#include <map>

#include "model/evaluate.h"

namespace weft::verifier {

using model::PeerKind;

bool breaks(const model::Assertion& claim, const std::vector<Witness>& flows) {
  if (flows.empty()) return false;
  for (std::size_t i = 0; i < flows.size(); ++i) {
    if (!flows[i].decision.allowed || flows[i].decision.self) return false;
    if (i + 1 == flows.size()) break;
    if (flows[i].destination_name != flows[i + 1].source_name) return false;
    const model::End between = flows[i].flow().destination;
    if (between.peer->kind == PeerKind::World) return false;
    if (claim.avoiding && model::matches(*claim.avoiding, between)) return false;
  }
  const model::Flow last = flows.back().flow();
  return model::matches(claim.source, flows.front().flow().source) &&
         model::matches(claim.destination, last.destination) && model::matches(claim.ports, last);
}

std::optional<std::vector<Witness>> shown(const model::Policy& policy, const model::Assertion& claim,
                                          const Universe& universe, const Chain& chain, model::Moment now) {
  std::vector<Witness> out;
  for (const Valuation& flow : chain) {
    if (!universe.legal(flow)) return {};
    out.push_back(universe.concrete(flow, now, policy));
  }
  if (!breaks(claim, out)) return {};
  return out;
}

bool can_exist(const Universe& universe, const Chain& chain) {
  std::map<std::uint32_t, const EndValue*> owners;  // by address of one peer only
  const auto is_new = [&](const EndValue& end) {
    if (!universe.uses_addresses() || !universe.single_addresses().contains(end.address)) return true;
    const auto [known, added] = owners.emplace(end.address, &end);
    return added || (known->second->kind == end.kind && known->second->labels == end.labels &&
                     known->second->apiserver == end.apiserver);
  };
  const auto runs_on_next = [](const Valuation& flow) {
    return flow.own_node && flow.source.kind == PeerKind::Workload;
  };
  for (std::size_t i = 0; i < chain.size(); ++i) {
    if (!is_new(chain[i].source) || !is_new(chain[i].destination)) return false;
    // It came from its own node and goes on to it: that is one node.
    const bool both =
        i > 0 && chain[i - 1].own_node && chain[i - 1].source.kind == PeerKind::Node && runs_on_next(chain[i]);
    if (both && chain[i - 1].source.labels != chain[i].destination.labels) return false;
  }
  return true;
}

Chain plainest(const model::Policy& policy, const model::Assertion& claim, const Universe& universe, Chain chain,
               model::Moment now) {
  const auto attempt = [&](const std::function<void(Chain&)>& change) {
    Chain simpler = chain;
    change(simpler);
    if (!can_exist(universe, simpler) || !shown(policy, claim, universe, simpler, now)) return false;
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
