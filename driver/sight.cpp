#include "driver/sight.h"

#include <algorithm>
#include <set>

#include "model/evaluate.h"

namespace weft::driver {
namespace {

void append(std::string& out, std::uint64_t number) {
  out += std::to_string(number);
  out += ',';
}

// Length first, so that no two lists of texts read alike; a missing text has none.
void append(std::string& out, const model::Labels& labels, const std::vector<model::LabelKey>& keys) {
  for (const model::LabelKey& key : keys) {
    const auto found = labels.find(key);
    if (found == labels.end()) {
      out += '-';
    } else {
      append(out, found->second.size());
      out += found->second;
    }
  }
}

using Ports = std::set<std::pair<std::string, model::ServicePoint>>;

// The declared ports whose names are in use (sorted).
Ports ports_of(const model::Peer& peer, const std::vector<model::PortName>& used) {
  Ports ports;
  for (const model::NamedPort& port : peer.ports) {
    if (!std::ranges::binary_search(used, model::PortName{port.protocol, port.name})) continue;
    ports.emplace(port.name, model::service_point(port.protocol, port.port));
  }
  return ports;
}

void append(std::string& out, const Ports& ports) {
  for (const auto& [name, point] : ports) {
    append(out, name.size());
    out += name;
    append(out, static_cast<std::uint32_t>(point));
  }
}

}  // namespace

Sight::Sight(const model::Policy& policy, const model::Inventory& inventory)
    : policy_(policy), vocabulary_(plan::vocabulary_of(policy)) {
  std::set<model::LabelKey> compared;
  for (const model::Rule& rule : policy.rules) {
    for (const model::Relation& relation : rule.relations) {
      compared.insert(relation.source);
      compared.insert(relation.destination);
    }
  }
  relation_keys_.assign(compared.begin(), compared.end());
  compared.insert(vocabulary_.keys.begin(), vocabulary_.keys.end());
  keys_.assign(compared.begin(), compared.end());
  ranges_ = plan::elementary_ranges(vocabulary_, inventory);
}

// Everything of an end that could matter, as it is written.
std::string Sight::surface_of(const model::End& end) const {
  const model::Peer& peer = *end.peer;
  std::string out;
  append(out, static_cast<std::uint64_t>(peer.kind));
  append(out, peer.labels, keys_);
  append(out, ports_of(peer, vocabulary_.port_names));
  if (!end.address) return out + "|none";
  const auto range = std::ranges::upper_bound(ranges_, *end.address, {}, &model::AddressRange::first);
  out += '|';
  append(out, static_cast<std::uint64_t>(range - ranges_.begin()));
  append(out, peer.apiserver.contains(*end.address) ? 1 : 0);
  return out;
}

std::uint32_t Sight::of(const model::End& end) {
  std::string surface = surface_of(end);
  if (const auto found = by_surface_.find(surface); found != by_surface_.end()) return found->second;

  // Below the surface: two values no selector tells apart are the same, unless some relation compares them.
  std::vector<bool> selected;
  std::string depth;
  for (const model::Selector* selector : vocabulary_.selectors) {
    selected.push_back(model::matches(*selector, end));
    depth += selected.back() ? '1' : '0';
  }
  append(depth, static_cast<std::uint64_t>(end.peer->kind));
  append(depth, end.peer->labels, relation_keys_);
  append(depth, ports_of(*end.peer, vocabulary_.port_names));
  depth += !end.address ? "none" : end.address->family == model::Family::V4 ? "v4" : "v6";
  const auto [found, fresh] = by_depth_.emplace(std::move(depth), static_cast<std::uint32_t>(selected_.size()));
  if (fresh) selected_.push_back(std::move(selected));
  by_surface_.emplace(std::move(surface), found->second);
  return found->second;
}

bool Sight::may_match(std::size_t rule, std::uint32_t source, std::uint32_t destination) const {
  return selected_[source][vocabulary_.rule_source[rule]] && selected_[destination][vocabulary_.rule_destination[rule]];
}

}  // namespace weft::driver
