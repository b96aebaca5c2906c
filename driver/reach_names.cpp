#include "driver/reach_names.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/stable_sort.h"
#include "base/text.h"

namespace weft::driver {
namespace {

using Ids = std::vector<model::InstanceId>;  // ascending

// Labels that Kubernetes writes into each workload and changes with each roll-out: a name made of them tells nobody
// anything, and is another one tomorrow.
bool made_by_controllers(const model::LabelKey& key) {
  static constexpr std::string_view names[] = {"pod-template-hash",
                                               "pod-template-generation",
                                               "controller-revision-hash",
                                               "controller-uid",
                                               "batch.kubernetes.io/controller-uid",
                                               "statefulset.kubernetes.io/pod-name",
                                               "apps.kubernetes.io/pod-index",
                                               "batch.kubernetes.io/job-completion-index"};
  return std::ranges::find(names, std::string_view(key.name)) != std::end(names);
}

class Namer {
 public:
  static constexpr std::size_t values_shown = 4;  // of one label

  Namer(const model::Policy& policy, const model::Inventory& inventory) : inventory_(inventory) {
    for (const model::Group& group : policy.groups) {
      Ids members;
      for (const model::Instance& instance : inventory.instances) {
        if (!instance.host && matches_somewhere(group.selector, instance)) members.push_back(*instance.peer.instance);
      }
      if (!members.empty()) groups_.push_back({&group, std::move(members)});
    }
    for (const model::Instance& instance : inventory.instances) {
      if (instance.host) continue;
      for (const auto& [key, value] : instance.peer.labels) by_label_[key][value].push_back(*instance.peer.instance);
      of_kind_[instance.peer.kind].push_back(*instance.peer.instance);
    }
    // Keys the policy speaks of first: people know them.
    for (const auto& [key, values] : by_label_) {
      const bool known = policy.schema.contains(key);
      if (known || !made_by_controllers(key)) keys_.emplace_back(!known, key);
    }
    std::ranges::sort(keys_);
  }

  void name(ReachGroup& group) const {
    if (group.members.empty()) return;
    if (const Named* named = group_of(group.members)) group.predicate = to_string(named->group->selector);
    if (auto found = exact(group.members, group.kind)) {
      group.name = *found;
      return;
    }
    const std::string& first = inventory_[group.members[0]].name;
    group.name = fmt::format("{} and {} more", first, group.members.size() - 1);
  }

  // What says exactly who they are, if anything does.
  std::optional<std::string> exact(const Ids& members, model::PeerKind kind, std::size_t most_values = SIZE_MAX) const {
    if (const Named* named = group_of(members)) return named->group->name;
    if (of_kind_.at(kind) == members) return kind == model::PeerKind::Node ? "node" : "workload";
    if (auto found = by_one_label(members)) return found;
    if (members.size() == 1) return inventory_[members[0]].name;
    if (auto found = by_two_labels(members)) return found;
    if (auto found = by_groups(members)) return found;
    if (auto found = by_what_is_left(members)) return found;
    return by_values(members, most_values);
  }

  // All of a kind but some, which are fewer: by such a name, or how many.
  std::optional<std::string> all_but(const Ids& members, model::PeerKind kind) const {
    Ids others;
    std::ranges::set_difference(of_kind_.at(kind), members, std::back_inserter(others));
    if (others.empty() || others.size() >= members.size()) return {};
    const auto named = exact(others, kind, values_shown);
    return fmt::format("{} except {}", kind == model::PeerKind::Node ? "node" : "workload",
                       named ? *named : fmt::format("{} others", others.size()));
  }

  static void name_world(ReachGroup& group, bool rest, const verifier::Connectivity& connectivity) {
    if (rest) {
      group.name = "world";
      return;
    }
    std::vector<model::Prefix> prefixes;
    for (const ReachGroup::Part& part : group.parts) {
      for (const model::AddressRange& range : connectivity.classes()[part.number].addresses) {
        const std::vector<model::Prefix> of_range = model::cover(range);
        prefixes.insert(prefixes.end(), of_range.begin(), of_range.end());
      }
    }
    std::ranges::sort(prefixes);
    constexpr std::size_t shown = 3;
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < std::min(shown, prefixes.size()); ++i) texts.push_back(to_string(prefixes[i]));
    if (prefixes.size() > shown) texts.push_back(fmt::format("{} more", prefixes.size() - shown));
    group.name = texts.size() == 1 ? "world " + texts[0] : fmt::format("world {{{}}}", fmt::join(texts, ", "));
  }

  // How much of the address space a part of the world has.
  static double size_of_world(const ReachGroup& group, const verifier::Connectivity& connectivity) {
    double out = 0;
    for (const ReachGroup::Part& part : group.parts) {
      for (const model::AddressRange& range : connectivity.classes()[part.number].addresses) {
        for (const model::Prefix& prefix : model::cover(range)) {
          double share = 1;
          for (unsigned i = 0; i < prefix.length; ++i) share /= 2;
          out += share;
        }
      }
    }
    return out;
  }

 private:
  struct Named {
    const model::Group* group;
    Ids members;
  };

  const Named* group_of(const Ids& members) const {
    const auto found = std::ranges::find(groups_, members, &Named::members);
    return found == groups_.end() ? nullptr : &*found;
  }

  static bool matches_somewhere(const model::Selector& selector, const model::Instance& instance) {
    if (matches(selector, {&instance.peer, {}})) return true;
    return std::ranges::any_of(instance.addresses, [&](const model::Address& address) {
      return matches(selector, {&instance.peer, address});
    });
  }

  // The value all members have of a key, if they have one.
  const std::string* common_value(const Ids& members, const model::LabelKey& key) const {
    const std::string* out = nullptr;
    for (const model::InstanceId member : members) {
      const model::Labels& labels = inventory_[member].peer.labels;
      const auto found = labels.find(key);
      if (found == labels.end() || (out && *out != found->second)) return nullptr;
      out = &found->second;
    }
    return out;
  }

  std::optional<std::string> by_one_label(const Ids& members) const {
    for (const auto& [unknown, key] : keys_) {
      const std::string* value = common_value(members, key);
      if (value && by_label_.at(key).at(*value) == members) return to_string(model::Selector::equals(key, *value));
    }
    return {};
  }

  std::optional<std::string> by_two_labels(const Ids& members) const {
    std::vector<std::pair<model::LabelKey, const std::string*>> common;
    for (const auto& [unknown, key] : keys_) {
      if (const std::string* value = common_value(members, key)) common.emplace_back(key, value);
    }
    for (std::size_t a = 0; a < common.size(); ++a) {
      for (std::size_t b = a + 1; b < common.size(); ++b) {
        Ids both;
        std::ranges::set_intersection(by_label_.at(common[a].first).at(*common[a].second),
                                      by_label_.at(common[b].first).at(*common[b].second), std::back_inserter(both));
        if (both != members) continue;
        return to_string(model::Selector::all_of({model::Selector::equals(common[a].first, *common[a].second),
                                                  model::Selector::equals(common[b].first, *common[b].second)}));
      }
    }
    return {};
  }

  // All with one label but those with some values of another: what is left of a namespace, say.
  std::optional<std::string> by_what_is_left(const Ids& members) const {
    constexpr std::size_t most_left_out = 3;
    for (const auto& [unknown, key] : keys_) {
      const std::string* value = common_value(members, key);
      if (!value) continue;
      Ids others;
      std::ranges::set_difference(by_label_.at(key).at(*value), members, std::back_inserter(others));
      if (others.empty() || others.size() >= members.size()) continue;
      for (const auto& [unknown_too, by] : keys_) {
        std::set<std::string> left_out;
        for (const model::InstanceId other : others) {
          const auto found = inventory_[other].peer.labels.find(by);
          left_out.insert(found == inventory_[other].peer.labels.end() ? "" : found->second);
        }
        if (left_out.size() > most_left_out || left_out.contains("")) continue;
        const bool of_a_member = std::ranges::any_of(members, [&](model::InstanceId member) {
          const auto found = inventory_[member].peer.labels.find(by);
          return found != inventory_[member].peer.labels.end() && left_out.contains(found->second);
        });
        if (of_a_member) continue;
        model::Selector without = left_out.size() == 1
                                      ? model::Selector::equals(by, *left_out.begin())
                                      : model::Selector::one_of(by, {left_out.begin(), left_out.end()});
        return to_string(model::Selector::all_of(
            {model::Selector::equals(key, *value), model::Selector::negation(std::move(without))}));
      }
    }
    return {};
  }

  // Two or three groups of the policy that have exactly these members between them.
  std::optional<std::string> by_groups(const Ids& members) const {
    std::vector<std::string> names;
    std::set<model::InstanceId> left(members.begin(), members.end());
    while (!left.empty() && names.size() < 4) {
      const Named* best = nullptr;
      std::size_t most = 0;
      for (const Named& named : groups_) {
        if (!std::ranges::includes(members, named.members)) continue;
        const auto covered = static_cast<std::size_t>(
            std::ranges::count_if(named.members, [&](model::InstanceId id) { return left.contains(id); }));
        if (covered > most) {
          most = covered;
          best = &named;
        }
      }
      if (!best) return {};
      names.push_back(best->group->name);
      for (const model::InstanceId id : best->members) left.erase(id);
    }
    if (!left.empty()) return {};
    return fmt::format("{}", fmt::join(names, ", "));
  }

  std::optional<std::string> by_values(const Ids& members, std::size_t most) const {
    for (const auto& [unknown, key] : keys_) {
      std::set<std::string> values;
      bool all = true;
      for (const model::InstanceId member : members) {
        const auto found = inventory_[member].peer.labels.find(key);
        all = all && found != inventory_[member].peer.labels.end();
        if (!all) break;
        values.insert(found->second);
      }
      if (!all || values.empty() || values.size() > most) continue;
      std::size_t bearers = 0;
      for (const std::string& value : values) bearers += by_label_.at(key).at(value).size();
      if (bearers != members.size()) continue;
      std::vector<std::string> texts;
      for (const std::string& value : values) {
        if (texts.size() < values_shown) texts.push_back(in_quotes(value));
      }
      if (values.size() > values_shown) texts.push_back(fmt::format("{} more", values.size() - values_shown));
      return fmt::format("{} in {{{}}}", to_string(key), fmt::join(texts, ", "));
    }
    return {};
  }

  const model::Inventory& inventory_;
  std::vector<Named> groups_;
  std::map<model::LabelKey, std::map<std::string, Ids>> by_label_;
  std::map<model::PeerKind, Ids> of_kind_;
  std::vector<std::pair<bool, model::LabelKey>> keys_;
};

// Peers whose addresses are told apart stand in several groups.
std::string at_addresses(const std::vector<model::Address>& addresses) {
  if (addresses.empty()) return {};
  constexpr std::size_t shown = 2;
  std::vector<std::string> texts;
  for (const model::Address& address : addresses) {
    if (texts.size() == shown) break;
    texts.push_back(to_string(address));
  }
  const std::size_t more = addresses.size() - texts.size();
  return fmt::format(" at {}{}", fmt::join(texts, ", "), more == 0 ? "" : fmt::format(" and {} more", more));
}

}  // namespace

void name_groups(std::vector<ReachGroup>& groups, const model::Policy& policy, const model::Inventory& inventory,
                 const verifier::Connectivity& connectivity) {
  const Namer namer(policy, inventory);
  const ReachGroup* widest = nullptr;
  double width = 0;
  for (const ReachGroup& group : groups) {
    if (!group.members.empty()) continue;
    if (const double size = Namer::size_of_world(group, connectivity); size > width) {
      width = size;
      widest = &group;
    }
  }
  for (ReachGroup& group : groups) {
    if (group.members.empty()) {
      Namer::name_world(group, &group == widest, connectivity);
    } else {
      namer.name(group);
    }
  }
  std::map<std::string, std::vector<ReachGroup*>> alike;
  for (ReachGroup& group : groups) {
    group.name += at_addresses(group.addresses);
    alike[group.name].push_back(&group);
  }
  for (auto& [name, of_name] : alike) {
    if (of_name.size() < 2) continue;
    for (std::size_t i = 0; i < of_name.size(); ++i) of_name[i]->name += fmt::format(" ({})", i + 1);
  }
  // The world stands last, its parts behind what is left of it.
  sort_stably(groups, {},
              [](const ReachGroup& group) { return group.members.empty() ? (group.name == "world" ? 1 : 2) : 0; });
}

struct PeerNames::Tables {
  Namer namer;
  const model::Inventory& inventory;
};

PeerNames::PeerNames(const model::Policy& policy, const model::Inventory& inventory)
    : tables_(new Tables{Namer(policy, inventory), inventory}) {}

PeerNames::~PeerNames() = default;

std::string PeerNames::of(const std::vector<model::InstanceId>& members) const {
  const auto kind_of = [&](model::InstanceId id) { return tables_->inventory[id].peer.kind; };
  const model::PeerKind kind = kind_of(members.front());
  const bool of_one_kind = std::ranges::all_of(members, [&](model::InstanceId id) { return kind_of(id) == kind; });
  if (members.size() == 1 || !of_one_kind) return {};
  const Namer& namer = tables_->namer;
  if (auto found = namer.exact(members, kind, Namer::values_shown)) return *found;
  if (auto found = namer.all_but(members, kind)) return *found;
  return namer.exact(members, kind).value_or("");
}

}  // namespace weft::driver
