#include "plan/ends.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include <fmt/format.h>

#include "base/assert.h"
#include "model/evaluate.h"
#include "plan/candidates.h"

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

// Calls `use` with each key and its value, or null where it is absent. Both are sorted: one walk through both.
template <typename Use>
void for_each_value(const std::vector<model::LabelKey>& keys, const model::Labels& labels, Use use) {
  auto label = labels.begin();
  for (const model::LabelKey& key : keys) {
    while (label != labels.end() && label->first < key) ++label;
    use(label != labels.end() && label->first == key ? &label->second : nullptr);
  }
}

/// A row of numbers and texts as one text: equal keys were made of equal parts.
class Key {
 public:
  void add(std::size_t number) { text_.append(reinterpret_cast<const char*>(&number), sizeof(number)); }
  void add(const std::string* text) {
    add(text ? text->size() + 1 : 0);
    if (text) text_ += *text;
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

// Looks kinds and variants up by key and describes each new one.
class Kinds {
 public:
  Kinds(const model::Policy& policy, const Vocabulary& vocabulary, const Conditions& conditions, Ends& out)
      : policy_(policy),
        vocabulary_(vocabulary),
        conditions_(conditions),
        candidates_(vocabulary.selectors),
        out_(out) {
    out_.selected.resize(vocabulary.selectors.size());
  }

  std::uint32_t variant_of(const model::End& end, std::size_t range, const std::string& name) {
    EndVariant variant{kind_of(end, range), {}, name, 0};
    Key key;
    key.add(variant.kind);
    for_each_value(conditions_.keys, end.peer->labels, [&](const std::string* value) {
      variant.values.push_back(value);
      key.add(value);
    });
    const auto [found, fresh] = variant_numbers_.emplace(key.take(), static_cast<std::uint32_t>(out_.variants.size()));
    if (fresh) out_.variants.push_back(std::move(variant));
    return found->second;
  }

 private:
  std::uint32_t kind_of(const model::End& end, std::size_t range) {
    // Everything of an end that the vocabulary can see.
    const std::uint32_t ports = ports_of(*end.peer);
    Bits related(conditions_.keys.size());
    Key key;
    key.add(static_cast<std::size_t>(end.peer->kind));
    key.add(range);
    key.add(ports);
    for_each_value(vocabulary_.keys, end.peer->labels, [&](const std::string* value) { key.add(value); });
    std::size_t position = 0;
    for_each_value(conditions_.keys, end.peer->labels, [&](const std::string* value) {
      if (value) related.set(position);
      ++position;
    });
    for (const std::uint64_t word : related.words()) key.add(word);

    const auto number = static_cast<std::uint32_t>(out_.kinds.size());
    const auto [found, fresh] = kind_numbers_.emplace(key.take(), number);
    if (!fresh) return found->second;
    out_.kinds.push_back({end, std::move(related), ports, model::has_gates(policy_, end)});
    for (const std::uint32_t selector : candidates_.of(*end.peer)) {
      if (model::matches(*vocabulary_.selectors[selector], end)) out_.selected[selector].push_back(number);
    }
    return number;
  }

  std::uint32_t ports_of(const model::Peer& peer) {
    std::vector<model::NamedPort> ports = ports_in_use(peer, vocabulary_);
    const auto [found, fresh] = port_numbers_.emplace(ports, static_cast<std::uint32_t>(out_.port_lists.size()));
    if (fresh) out_.port_lists.push_back(std::move(ports));
    return found->second;
  }

  const model::Policy& policy_;
  const Vocabulary& vocabulary_;
  const Conditions& conditions_;
  const Candidates candidates_;
  Ends& out_;
  std::unordered_map<std::string, std::uint32_t> kind_numbers_;
  std::unordered_map<std::string, std::uint32_t> variant_numbers_;
  std::map<std::vector<model::NamedPort>, std::uint32_t> port_numbers_;
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
