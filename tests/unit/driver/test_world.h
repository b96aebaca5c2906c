#pragma once

#include <string>
#include <utility>
#include <vector>

#include "model/inventory.h"
#include "model/policy.h"

/// Small policies and inventories in the model's own terms.
namespace weft::driver::test {

inline const model::LabelKey app = model::keys::of_workload("app");
inline const model::LabelKey pod_index = model::keys::of_workload("index");

inline model::Selector is(const std::string& value) { return model::Selector::equals(app, value); }

inline model::PortSet tcp(std::uint16_t first, std::uint16_t last) {
  return {model::PointSet::of_range(6, first, last), {}};
}
inline model::PortSet tcp(std::uint16_t port) { return tcp(port, port); }

inline model::Instance& add(model::Inventory& inventory, std::string name, model::Labels labels,
                            std::vector<std::string> addresses = {}) {
  model::Instance& instance = inventory.instances.emplace_back();
  instance.name = std::move(name);
  instance.peer.kind = model::PeerKind::Workload;
  instance.peer.instance = static_cast<model::InstanceId>(inventory.instances.size() - 1);
  instance.peer.labels = std::move(labels);
  for (const std::string& each : addresses) instance.addresses.push_back(model::parse_address(each).value());
  return instance;
}

inline model::Instance& add_node(model::Inventory& inventory, std::string name, std::vector<std::string> addresses) {
  model::Instance& instance = add(inventory, std::move(name), {}, std::move(addresses));
  instance.peer.kind = model::PeerKind::Node;
  return instance;
}

/// A policy of the tier `app` with one block `shop` and no rule.
inline model::Policy empty_policy() {
  model::Policy out;
  out.tiers.push_back({"app", {}});
  out.blocks.push_back({});
  out.blocks[0].name = "shop";
  return out;
}

inline model::Rule& add_rule(model::Policy& policy, model::Verdict verdict, model::Selector source,
                             model::Selector destination, model::PortSet ports) {
  model::Rule& rule = policy.rules.emplace_back();
  rule.verdict = verdict;
  rule.source = std::move(source);
  rule.destination = std::move(destination);
  rule.ports = std::move(ports);
  return rule;
}

inline void isolate(model::Policy& policy, model::Selector subject) {
  model::Isolation isolation;
  isolation.subject = std::move(subject);
  policy.isolations.push_back(std::move(isolation));
}

}  // namespace weft::driver::test
