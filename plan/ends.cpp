#include "plan/ends.h"

#include <algorithm>
#include <unordered_map>

#include <fmt/format.h>

#include "base/assert.h"
#include "model/evaluate.h"

namespace weft::plan {
namespace {

std::vector<model::NamedPort> ports_in_use(const model::Peer& peer, const Vocabulary& vocabulary) {
  std::vector<model::NamedPort> out;
  for (const model::NamedPort& port : peer.ports) {
    const model::PortName name{port.protocol, port.name};
    if (std::ranges::binary_search(vocabulary.port_names, name)) out.push_back(port);
  }
  std::ranges::sort(out);
  return out;
}

void append(std::string& out, std::string_view text) { out += fmt::format("{}:{}", text.size(), text); }

// Everything of an end that the vocabulary can see, as text: equal keys mean equal kinds.
std::string key_of(const model::Peer& peer, const std::vector<model::NamedPort>& ports, std::size_t range,
                   const Vocabulary& vocabulary) {
  std::string key = fmt::format("{} {} ", static_cast<int>(peer.kind), range);
  for (const model::LabelKey& label : vocabulary.keys) {
    const auto found = peer.labels.find(label);
    if (found == peer.labels.end()) {
      key += '-';
    } else {
      append(key, found->second);
    }
  }
  for (const model::NamedPort& port : ports) {
    append(key, port.name);
    key += fmt::format("/{}/{}", port.protocol, port.port);
  }
  return key;
}

// Looks kinds up by key and describes each new one.
class Kinds {
 public:
  Kinds(const model::Policy& policy, const Vocabulary& vocabulary, std::vector<EndKind>& out)
      : policy_(policy), vocabulary_(vocabulary), out_(out) {}

  std::uint32_t of(const model::End& end, std::size_t range, const std::string& name) {
    std::vector<model::NamedPort> ports = ports_in_use(*end.peer, vocabulary_);
    const auto [found, fresh] =
        numbers_.emplace(key_of(*end.peer, ports, range, vocabulary_), static_cast<std::uint32_t>(out_.size()));
    if (fresh) {
      EndKind kind{end, name, 0, std::move(ports), Bits(vocabulary_.selectors.size()), model::has_gates(policy_, end)};
      for (std::size_t i = 0; i < vocabulary_.selectors.size(); ++i) {
        if (model::matches(*vocabulary_.selectors[i], end)) kind.matches.set(i);
      }
      out_.push_back(std::move(kind));
    }
    return found->second;
  }

 private:
  const model::Policy& policy_;
  const Vocabulary& vocabulary_;
  std::vector<EndKind>& out_;
  std::unordered_map<std::string, std::uint32_t> numbers_;
};

}  // namespace

Ends ends_of(const model::Policy& policy, const model::Inventory& inventory, const Vocabulary& vocabulary) {
  Ends out;
  out.world = elementary_ranges(vocabulary, inventory);
  Kinds kinds(policy, vocabulary, out.kinds);

  for (const model::AddressRange& range : out.world) {
    const auto number = static_cast<std::size_t>(&range - out.world.data());
    const std::string name = fmt::format("{}-{}", to_string(range.first), to_string(range.last));
    out.world_kinds.push_back(kinds.of({&inventory.world, range.first}, number, name));
  }

  const auto range_of = [&](const model::Address& address) {
    const auto after =
        std::upper_bound(out.world.begin(), out.world.end(), address,
                         [](const model::Address& a, const model::AddressRange& r) { return a < r.first; });
    WEFT_ASSERT(after != out.world.begin(), "the elementary ranges cover every address");
    return static_cast<std::size_t>(std::prev(after) - out.world.begin());
  };
  for (std::uint32_t i = 0; i < inventory.instances.size(); ++i) {
    const model::Instance& instance = inventory.instances[i];
    if (instance.host) continue;  // it is its node, which has an entry of its own
    for (const model::Address& address : instance.addresses) {
      const std::uint32_t kind = kinds.of({&instance.peer, address}, range_of(address), instance.name);
      out.hosts.push_back({address, model::InstanceId{i}, kind});
      ++out.kinds[kind].members;
    }
  }
  std::ranges::sort(out.hosts, {}, &Ends::Host::address);
  return out;
}

}  // namespace weft::plan
