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
                   const Vocabulary& vocabulary, const Conditions& conditions) {
  std::string key = fmt::format("{} {} ", static_cast<int>(peer.kind), range);
  for (const model::LabelKey& label : vocabulary.keys) {
    const auto found = peer.labels.find(label);
    if (found == peer.labels.end()) {
      key += '-';
    } else {
      append(key, found->second);
    }
  }
  for (const model::LabelKey& label : conditions.keys) key += peer.labels.contains(label) ? '+' : '-';
  for (const model::NamedPort& port : ports) {
    append(key, port.name);
    key += fmt::format("/{}/{}", port.protocol, port.port);
  }
  return key;
}

// Looks kinds and variants up by key and describes each new one.
class Kinds {
 public:
  Kinds(const model::Policy& policy, const Vocabulary& vocabulary, const Conditions& conditions, Ends& out)
      : policy_(policy), vocabulary_(vocabulary), conditions_(conditions), out_(out) {}

  std::uint32_t variant_of(const model::End& end, std::size_t range, const std::string& name) {
    const std::uint32_t kind = kind_of(end, range);
    EndVariant variant{kind, {}, name, 0};
    std::string key = fmt::format("{} ", kind);
    for (const model::LabelKey& label : conditions_.keys) {
      const auto found = end.peer->labels.find(label);
      variant.values.push_back(found == end.peer->labels.end() ? nullptr : &found->second);
      if (variant.values.back()) append(key, *variant.values.back());
    }
    const auto [found, fresh] =
        variant_numbers_.emplace(std::move(key), static_cast<std::uint32_t>(out_.variants.size()));
    if (fresh) out_.variants.push_back(std::move(variant));
    return found->second;
  }

 private:
  std::uint32_t kind_of(const model::End& end, std::size_t range) {
    std::vector<model::NamedPort> ports = ports_in_use(*end.peer, vocabulary_);
    const auto [found, fresh] = kind_numbers_.emplace(key_of(*end.peer, ports, range, vocabulary_, conditions_),
                                                      static_cast<std::uint32_t>(out_.kinds.size()));
    if (fresh) {
      EndKind kind{end, Bits(conditions_.keys.size()), std::move(ports), Bits(vocabulary_.selectors.size()),
                   model::has_gates(policy_, end)};
      for (std::size_t i = 0; i < conditions_.keys.size(); ++i) {
        if (end.peer->labels.contains(conditions_.keys[i])) kind.related.set(i);
      }
      for (std::size_t i = 0; i < vocabulary_.selectors.size(); ++i) {
        if (model::matches(*vocabulary_.selectors[i], end)) kind.matches.set(i);
      }
      out_.kinds.push_back(std::move(kind));
    }
    return found->second;
  }

  const model::Policy& policy_;
  const Vocabulary& vocabulary_;
  const Conditions& conditions_;
  Ends& out_;
  std::unordered_map<std::string, std::uint32_t> kind_numbers_;
  std::unordered_map<std::string, std::uint32_t> variant_numbers_;
};

}  // namespace

Ends ends_of(const model::Policy& policy, const model::Inventory& inventory, const Vocabulary& vocabulary,
             const Conditions& conditions) {
  Ends out;
  out.world = elementary_ranges(vocabulary, inventory);
  Kinds kinds(policy, vocabulary, conditions, out);

  for (const model::AddressRange& range : out.world) {
    const auto number = static_cast<std::size_t>(&range - out.world.data());
    const std::string name = fmt::format("{}-{}", to_string(range.first), to_string(range.last));
    out.world_variants.push_back(kinds.variant_of({&inventory.world, range.first}, number, name));
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
      const std::uint32_t variant = kinds.variant_of({&instance.peer, address}, range_of(address), instance.name);
      out.hosts.push_back({address, model::InstanceId{i}, variant});
      ++out.variants[variant].members;
    }
  }
  std::ranges::sort(out.hosts, {}, &Ends::Host::address);
  return out;
}

}  // namespace weft::plan
