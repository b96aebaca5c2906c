#include "support.h"

#include <fmt/format.h>
#include <catch2/catch.hpp>

#include <fstream>
#include <set>
#include <sstream>

namespace weft::inventory::test {

std::vector<std::string> Reading::codes() const {
  std::vector<std::string> out;
  for (const Diagnostic& diagnostic : diagnostics.all()) out.push_back(diagnostic.code);
  return out;
}

Reading read_texts(const std::vector<std::string>& texts) {
  Reading out;
  std::vector<SourceId> ids;
  for (const std::string& text : texts) ids.push_back(out.sources.add(fmt::format("{}.yaml", ids.size()), text));
  out.inventory = read(out.sources, ids, out.diagnostics);
  check_promises(out.inventory);
  return out;
}

Reading read_good(const std::vector<std::string>& texts) {
  Reading out = read_texts(texts);
  INFO(out.rendered());
  REQUIRE(out.diagnostics.errors() + out.diagnostics.warnings() == 0);
  return out;
}

std::string dump(const model::Inventory& inventory) {
  std::string out;
  for (const model::Instance& instance : inventory.instances) {
    out += instance.peer.kind == model::PeerKind::Node ? "node " : "workload ";
    out += instance.name;
    for (const auto& [key, value] : instance.peer.labels) out += fmt::format(" {}={}", to_string(key), value);
    if (instance.peer.node) out += fmt::format(" on {}", inventory[*instance.peer.node].name);
    if (instance.host) out += fmt::format(" is {}", inventory[*instance.host].name);
    for (const model::Address& address : instance.addresses) out += " " + to_string(address);
    for (const model::NamedPort& port : instance.peer.ports)
      out += fmt::format(" {}:{}/{}", port.name, port.protocol, port.port);
    if (instance.attach) {
      out += fmt::format(" @{}|{}|{}", instance.attach->interface, instance.attach->cgroup, instance.attach->netns);
    }
    out += '\n';
  }
  for (const auto& [name, labels] : inventory.namespaces) {
    out += fmt::format("namespace {}", name);
    for (const auto& [key, value] : labels) out += fmt::format(" {}={}", to_string(key), value);
    out += '\n';
  }
  for (const model::Prefix& prefix : inventory.apiserver.prefixes())
    out += fmt::format("apiserver {}\n", to_string(prefix));
  return out;
}

void check_promises(const model::Inventory& inventory) {
  std::set<std::string> names;
  std::set<model::Address> addresses;
  for (std::size_t i = 0; i < inventory.instances.size(); ++i) {
    const model::Instance& instance = inventory.instances[i];
    REQUIRE(names.insert(instance.name).second);
    REQUIRE(inventory.find(instance.name) == &instance);
    const auto is_node = [&](model::InstanceId id) {
      return static_cast<std::size_t>(id) < inventory.instances.size() &&
             inventory[id].peer.kind == model::PeerKind::Node && !inventory[id].host;
    };
    if (instance.host) {
      REQUIRE(is_node(*instance.host));
      REQUIRE(instance.peer == inventory[*instance.host].peer);
      REQUIRE(instance.addresses.empty());
      REQUIRE(!instance.attach);
      continue;
    }
    REQUIRE(static_cast<std::size_t>(instance.peer.instance.value()) == i);
    if (instance.peer.node) REQUIRE(is_node(*instance.peer.node));
    for (const model::Address& address : instance.addresses) {
      REQUIRE(addresses.insert(address).second);
      REQUIRE(inventory.owner(address) == &instance);
    }
  }
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  INFO(path);
  REQUIRE(file);
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}

}  // namespace weft::inventory::test
