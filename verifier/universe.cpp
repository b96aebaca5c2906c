#include "verifier/universe.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <set>

#include "base/assert.h"
#include "model/value_classes.h"
#include "verifier/familiar_service.h"

namespace weft::verifier {

using model::LabelKey;
using model::PeerKind;
using model::Selector;
using model::ValueClasses;
using model::ValueUse;

/// Everything the selectors and services of a policy compare with.
struct Universe::Uses {
  std::map<LabelKey, ValueUse> keys;
  std::set<model::Address> address_starts;
  bool addresses = false;
  std::set<std::uint32_t> service_starts;
  std::set<model::PortName> names;
  std::vector<model::Relation> relations;
  bool chains = false;  // some claim is about more than one flow

  explicit Uses(const model::Policy& policy) {
    for (const model::Rule& rule : policy.rules) {
      if (rule.audit) continue;  // decides nothing
      add(rule.source);
      add(rule.destination);
      add(rule.ports);
      relations.insert(relations.end(), rule.relations.begin(), rule.relations.end());
    }
    for (const model::Isolation& isolation : policy.isolations) add(isolation.subject);
    for (const model::Guard& guard : policy.guards) add(guard.nodes);
    for (const model::Assertion& assertion : policy.assertions) {
      add(assertion.source);
      add(assertion.destination);
      add(assertion.ports);
      if (assertion.avoiding) add(*assertion.avoiding);
      chains = chains || assertion.chain;
      relations.insert(relations.end(), assertion.relations.begin(), assertion.relations.end());
    }
    for (const model::Relation& relation : relations) {
      keys[relation.source];
      keys[relation.destination];
    }
    for (auto& [key, use] : keys) {
      const auto declared = policy.schema.find(key);
      if (declared != policy.schema.end()) use.domain = declared->second.values;
    }
  }

  /// Keys whose values relations compare, directly or through others, know the same texts. Of values that the policy
  /// otherwise treats alike there are enough for every pattern of equal and different: where `m` keys of one end meet
  /// `n` of the other, at most min(m, n) values stand on both sides, and what stands on one side only can be one text.
  void share_related_values() {
    std::vector<Related> groups;
    for (const model::Relation& relation : relations) {
      Related joined{{relation.source}, {relation.destination}};
      std::erase_if(groups, [&](const Related& group) {
        const bool touches = group.has(relation.source) || group.has(relation.destination);
        if (touches) joined.take(group);
        return touches;
      });
      groups.push_back(std::move(joined));
    }
    for (const Related& group : groups) {
      ValueUse shared;
      shared.copies = std::min(group.sources.size(), group.destinations.size()) + 1;
      // Whoever stands in a chain is compared with two neighbours: its values can always be new to the one before.
      if (chains) shared.copies = 2 * (group.sources.size() + group.destinations.size());
      std::set<LabelKey> members = group.sources;
      members.insert(group.destinations.begin(), group.destinations.end());
      for (const LabelKey& key : members) {
        const ValueUse& use = keys.at(key);
        shared.constants.insert(use.constants.begin(), use.constants.end());
        shared.constants.insert(use.reserved.begin(), use.reserved.end());
        if (use.domain) shared.constants.insert(use.domain->begin(), use.domain->end());
        shared.globs.insert(use.globs.begin(), use.globs.end());
      }
      for (const LabelKey& key : members) {
        ValueUse& use = keys.at(key);
        if (use.domain) continue;  // its values are what they are
        use.constants = shared.constants;
        use.globs = shared.globs;
        use.copies = shared.copies;
      }
    }
  }

  bool is_related(const LabelKey& key) const {
    return std::ranges::any_of(relations, [&](const model::Relation& relation) {
      return relation.source == key || relation.destination == key;
    });
  }

 private:
  // Keys joined by a chain of relations, by the end at which they are compared.
  struct Related {
    std::set<LabelKey> sources;
    std::set<LabelKey> destinations;

    bool has(const LabelKey& key) const { return sources.contains(key) || destinations.contains(key); }
    void take(const Related& other) {
      sources.insert(other.sources.begin(), other.sources.end());
      destinations.insert(other.destinations.begin(), other.destinations.end());
    }
  };

  void add(const Selector& selector) {
    switch (selector.kind) {
      case Selector::Kind::OneOf:
        keys[selector.key].constants.insert(selector.values.begin(), selector.values.end());
        break;
      case Selector::Kind::Has:
        keys[selector.key];
        break;
      case Selector::Kind::Glob:
        keys[selector.key].globs.insert(selector.values[0]);
        break;
      case Selector::Kind::Apiserver:
        addresses = true;
        break;
      case Selector::Kind::Address:
        addresses = true;
        for (const model::AddressRange& range : selector.addresses.ranges()) {
          address_starts.insert(range.first);
          if (const auto after = next(range.last)) address_starts.insert(*after);
        }
        break;
      default:
        break;
    }
    for (const Selector& operand : selector.operands) add(operand);
  }

  void add(const model::PortSet& ports) {
    for (const model::ServiceRange& range : ports.points.ranges()) {
      service_starts.insert(range.first);
      service_starts.insert(range.last + 1);
    }
    for (const model::PortName& name : ports.names) {
      names.insert(name);
      service_starts.insert(std::uint32_t{name.protocol} << 16);
      service_starts.insert((std::uint32_t{name.protocol} + 1) << 16);
    }
  }
};

Universe::Universe(const model::Policy& policy, const model::Inventory* inventory) : inventory_(inventory) {
  Uses uses(policy);
  number_keys(uses);
  number_namespaces(uses);
  sort_values();
  cut_addresses(uses);
  cut_services(uses);
  if (inventory_ == nullptr) return;
  for (const model::Instance& instance : inventory_->instances) {
    owned_.insert(owned_.end(), instance.addresses.begin(), instance.addresses.end());
  }
  std::ranges::sort(owned_);
}

void Universe::number_keys(Uses& uses) {
  const bool asks_namespaces =
      std::ranges::any_of(uses.keys, [](const auto& entry) { return entry.first.scope == model::KeyScope::Namespace; });
  if (inventory_ && !inventory_->namespaces.empty() && asks_namespaces) {
    // A listed namespace says which `ns.*` labels go with its name, so both have to be known by text.
    ValueUse& names = uses.keys[model::keys::ns];
    for (const auto& [name, labels] : inventory_->namespaces) {
      names.reserved.insert(name);
      for (const auto& [key, value] : labels) {
        const auto use = uses.keys.find(key);
        if (use == uses.keys.end()) continue;
        // Two namespaces that a selector cannot tell apart differ to a relation.
        if (!use->second.domain && uses.is_related(key)) use->second.constants.insert(value);
        if (!use->second.domain) continue;
        if (std::ranges::find(*use->second.domain, value) == use->second.domain->end()) {
          use->second.reserved.insert(value);
        }
      }
    }
  }
  uses.share_related_values();
  for (const auto& [key, use] : uses.keys) {
    ValueClasses classes = model::value_classes(use);
    const auto number = static_cast<std::uint32_t>(keys_.size());
    key_numbers_.emplace(key, number);
    keys_.push_back({key, std::move(classes.texts), classes.exact});
    if (key == model::keys::ns) ns_ = number;
  }
}

void Universe::number_namespaces(const Uses& uses) {
  if (!inventory_ || !ns_) return;
  std::map<std::string, std::uint32_t, std::less<>> names;  // to their classes
  for (std::uint32_t c = 0; c < keys_[*ns_].values.size(); ++c) names.emplace(keys_[*ns_].values[c], c + 1);
  for (const auto& [name, labels] : inventory_->namespaces) {
    const auto place = names.find(name);
    if (place == names.end()) return;  // no selector asks for a label of a namespace
    Namespace listed{name, place->second, {}};
    for (std::uint32_t k = 0; k < keys_.size(); ++k) {
      Key& key = keys_[k];
      if (key.key.scope != model::KeyScope::Namespace) continue;
      std::uint32_t& value = listed.labels[k];
      const auto label = labels.find(key.key);
      if (label == labels.end()) continue;
      // The class of the value: itself, or the text that every selector treats the same.
      const ValueUse& use = uses.keys.at(key.key);
      for (std::uint32_t c = 0; c < key.values.size(); ++c) {
        const std::string& text = key.values[c];
        const bool is_alone = use.constants.contains(text) || use.constants.contains(label->second) || use.domain;
        const bool same =
            text == label->second || (!is_alone && std::ranges::all_of(use.globs, [&](const std::string& glob) {
              return model::glob_matches(glob, text) == model::glob_matches(glob, label->second);
            }));
        if (same) value = c + 1;
        if (same && text == label->second) break;
      }
      if (value == 0) {  // only where classes are missing
        key.values.push_back(label->second);
        value = static_cast<std::uint32_t>(key.values.size());
      }
      if (use.reserved.contains(label->second)) {
        const auto known =
            std::ranges::find_if(reserved_, [&](const Reserved& r) { return r.key == k && r.value == value; });
        if (known == reserved_.end()) {
          reserved_.push_back({k, value, {listed.value}});
        } else {
          known->namespaces.push_back(listed.value);
        }
      }
    }
    if (listed.value >= listed_.size()) listed_.resize(listed.value + 1);
    listed_[listed.value] = namespaces_.size() + 1;
    namespaces_.push_back(std::move(listed));
  }
}

IndexSet Universe::classes(const Selector& selector) const {
  const Key& key = keys_[this->key(selector.key)];
  if (selector.kind == Selector::Kind::Has) {
    return key.values.empty() ? IndexSet{} : IndexSet::of(1, key.classes() - 1);
  }
  std::vector<IndexSet::Interval> found;
  if (selector.kind == Selector::Kind::Glob) {
    for (std::uint32_t c = 0; c < key.values.size(); ++c) {
      if (model::glob_matches(selector.values[0], key.values[c])) found.push_back({c + 1, c + 1});
    }
    return IndexSet::of(std::move(found));
  }
  // A policy asks for thousands of values, and mostly for one at a time.
  const std::vector<std::uint32_t>& sorted = by_text_[this->key(selector.key)];
  const auto text = [&](std::uint32_t c) -> const std::string& { return key.values[c]; };
  for (const std::string& value : selector.values) {
    for (const std::uint32_t c : std::ranges::equal_range(sorted, value, {}, text)) found.push_back({c + 1, c + 1});
  }
  return IndexSet::of(std::move(found));
}

void Universe::sort_values() {
  for (const Key& key : keys_) {
    std::vector<std::uint32_t>& sorted = by_text_.emplace_back(key.values.size());
    std::iota(sorted.begin(), sorted.end(), std::uint32_t{0});
    const auto by_text = [&](std::uint32_t c) {
      return std::pair<const std::string&, std::uint32_t>(key.values[c], c);
    };
    std::ranges::sort(sorted, {}, by_text);
  }
}

void Universe::cut_addresses(const Uses& uses) {
  uses_addresses_ = uses.addresses;
  std::set<model::Address> starts = uses.address_starts;
  starts.insert(lowest(model::Family::V4));
  starts.insert(lowest(model::Family::V6));
  std::vector<IndexSet::Interval> singles;
  for (auto at = starts.begin(); at != starts.end(); ++at) {
    const auto after = std::next(at);
    const bool ends_family = after == starts.end() || after->family != at->family;
    const model::Address last = ends_family ? highest(at->family) : *previous(*after);
    const auto number = static_cast<std::uint32_t>(addresses_.size());
    if (at->family == model::Family::V4) first_v6_ = number + 1;
    if (*at == last) singles.push_back({number, number});
    addresses_.push_back({*at, last});
  }
  single_addresses_ = IndexSet::of(std::move(singles));
}

IndexSet Universe::addresses(const model::AddressSet& set) const {
  const auto number = [&](const model::Address& address) {
    const auto after = std::ranges::upper_bound(addresses_, address, {}, &model::AddressRange::first);
    return static_cast<std::uint32_t>(after - addresses_.begin()) - 1;
  };
  std::vector<IndexSet::Interval> out;
  for (const model::AddressRange& range : set.ranges()) out.push_back({number(range.first), number(range.last)});
  return IndexSet::of(std::move(out));
}

std::uint32_t Universe::example_address(model::Family family) const {
  const char* text = family == model::Family::V4 ? "203.0.113.1" : "2001:db8::1";
  return addresses(model::AddressSet::of(*model::parse_address(text))).lowest();
}

void Universe::cut_services(const Uses& uses) {
  std::set<std::uint32_t> starts = uses.service_starts;
  starts.insert(0);
  starts.erase(model::last_service_point + 1);
  for (auto at = starts.begin(); at != starts.end(); ++at) {
    const auto after = std::next(at);
    const model::ServiceRange points{*at, after == starts.end() ? model::last_service_point : *after - 1};
    if (const auto example = familiar_service(points)) services_.push_back({points, *example});
  }
  names_.assign(uses.names.begin(), uses.names.end());
  for (std::uint32_t i = 0; i < names_.size(); ++i) name_numbers_.emplace(names_[i], i);
}

IndexSet Universe::services(const model::PointSet& points) const {
  std::vector<IndexSet::Interval> out;
  for (const model::ServiceRange& range : points.ranges()) {
    const auto first =
        std::ranges::lower_bound(services_, range.first, {}, [](const Service& s) { return s.points.first; });
    const auto after =
        std::ranges::upper_bound(services_, range.last, {}, [](const Service& s) { return s.points.first; });
    if (first == after) continue;  // values no packet has
    out.push_back({static_cast<std::uint32_t>(first - services_.begin()),
                   static_cast<std::uint32_t>(after - services_.begin()) - 1});
  }
  return IndexSet::of(std::move(out));
}

IndexSet Universe::services_of_protocol(std::uint8_t protocol) const {
  return services(model::PointSet::of_protocol(protocol));
}

bool Universe::legal(const EndValue& end) const {
  for (std::uint32_t k = 0; k < keys_.size(); ++k) {
    const PeerKind bearer = keys_[k].of_node() ? PeerKind::Node : PeerKind::Workload;
    if (end.kind != bearer && end.labels[k] != 0) return false;
  }
  if (const Namespace* listed = ns_ ? namespace_of(end.labels[*ns_]) : nullptr) {
    for (const auto& [key, value] : listed->labels) {
      if (end.labels[key] != value) return false;
    }
  }
  return std::ranges::none_of(reserved_, [&](const Reserved& reserved) {
    return end.labels[reserved.key] == reserved.value &&
           std::ranges::find(reserved.namespaces, end.labels[*ns_]) == reserved.namespaces.end();
  });
}

bool Universe::legal(const Valuation& v) const {
  if (!legal(v.source) || !legal(v.destination)) return false;
  const auto runs_on = [](const EndValue& workload, const EndValue& node) {
    return workload.kind == PeerKind::Workload && node.kind == PeerKind::Node;
  };
  if (v.own_node && !runs_on(v.source, v.destination) && !runs_on(v.destination, v.source)) return false;
  if ((v.source.address < first_v6_) != (v.destination.address < first_v6_)) return false;
  // One address is one peer.
  if (v.source.address == v.destination.address && single_addresses_.contains(v.source.address)) return false;
  for (std::uint32_t i = 0; i < names_.size(); ++i) {
    if (v.declares[i] && !services_of_protocol(names_[i].protocol).contains(v.service)) return false;
  }
  return true;
}

Valuation Universe::blank() const {
  Valuation out;
  out.source.labels.assign(keys_.size(), 0);
  out.destination.labels.assign(keys_.size(), 0);
  out.declares.assign(names_.size(), false);
  return out;
}

std::optional<model::Address> Universe::address_in(std::uint32_t number, std::span<const model::Address> taken) const {
  static const std::vector<model::Address> familiar = [] {
    std::vector<model::Address> out;
    for (int i = 1; i < 10; ++i) out.push_back(*model::parse_address("203.0.113." + std::to_string(i)));
    for (const char* text : {"198.51.100.1", "192.0.2.1"}) out.push_back(*model::parse_address(text));
    for (int i = 1; i < 10; ++i) out.push_back(*model::parse_address("2001:db8::" + std::to_string(i)));
    return out;
  }();
  constexpr int max_tries = 1000;
  const model::AddressRange& range = addresses_[number];
  const auto first_that = [&](const auto& fits) -> std::optional<model::Address> {
    for (const model::Address& address : familiar) {
      if (range.first <= address && address <= range.last && fits(address)) return address;
    }
    // The first one often names the network itself.
    std::optional<model::Address> at = next(range.first);
    for (int tries = 0; at && *at <= range.last && tries < max_tries; ++tries, at = next(*at)) {
      if (fits(*at)) return at;
    }
    if (fits(range.first)) return range.first;
    return {};
  };
  const auto is_taken = [&](const model::Address& address) { return std::ranges::find(taken, address) != taken.end(); };
  auto out = first_that(
      [&](const auto& address) { return !is_taken(address) && !std::ranges::binary_search(owned_, address); });
  if (!out) out = first_that([&](const auto& address) { return !is_taken(address); });
  return out;
}

model::Peer Universe::peer(const EndValue& end) const {
  model::Peer peer;
  peer.kind = end.kind;
  for (std::uint32_t k = 0; k < keys_.size(); ++k) {
    if (end.labels[k] != 0) peer.labels[keys_[k].key] = keys_[k].values[end.labels[k] - 1];
  }
  // A listed namespace brings its labels as they are written in the inventory.
  if (const Namespace* listed = ns_ ? namespace_of(end.labels[*ns_]) : nullptr) {
    for (const auto& [key, value] : inventory_->namespaces.at(listed->name)) peer.labels[key] = value;
  }
  return peer;
}

Witness Universe::concrete(const Valuation& v, model::Moment now, const model::Policy& judge) const {
  Witness out;
  out.moment = now;
  out.source = peer(v.source);
  out.destination = peer(v.destination);
  if (v.source.kind != PeerKind::World) out.source.instance = model::InstanceId{0};
  if (v.destination.kind != PeerKind::World) out.destination.instance = model::InstanceId{1};
  if (v.own_node && v.source.kind == PeerKind::Workload) {
    out.source.node = out.destination.instance;
  } else if (v.own_node) {
    out.destination.node = out.source.instance;
  }
  std::vector<model::Address> taken;
  const auto address_of = [&](const EndValue& end) -> std::optional<model::Address> {
    if (!uses_addresses_ && end.kind != PeerKind::World) return {};
    taken.push_back(address_in(end.address, taken).value_or(addresses_[end.address].first));
    return taken.back();
  };
  out.source_address = address_of(v.source);
  out.destination_address = address_of(v.destination);
  if (v.source.apiserver) out.source.apiserver = model::AddressSet::of(*out.source_address);
  if (v.destination.apiserver) out.destination.apiserver = model::AddressSet::of(*out.destination_address);
  out.service = services_[v.service].example;
  for (std::uint32_t i = 0; i < names_.size(); ++i) {
    if (!v.declares[i]) continue;
    out.destination.ports.push_back({names_[i].name, names_[i].protocol, model::value_of(out.service)});
  }
  out.decision = model::evaluate(judge, out.flow(), now);
  return out;
}

}  // namespace weft::verifier
