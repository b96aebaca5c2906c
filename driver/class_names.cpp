#include "driver/class_names.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "plan/vocabulary.h"

namespace weft::driver {
namespace {

using Ids = std::vector<model::InstanceId>;

// Groups are compared with classes as long as that is a matter of milliseconds.
constexpr std::size_t most_comparisons = 1'000'000;

// What the world has in its classes: a class of workloads from which no rule tells parts of the world apart has both.
std::set<plan::ClassId> world_of(const plan::DecisionPlan& plan) {
  std::set<plan::ClassId> out{plan.v4.otherwise.class_id, plan.v6.otherwise.class_id};
  for (const plan::IdentityLayout* layout : {&plan.v4, &plan.v6}) {
    for (const auto& entry : layout->prefixes) out.insert(entry.identity.class_id);
  }
  return out;
}

std::size_t number(plan::ClassId id) { return static_cast<std::size_t>(id); }

// Who has an address in which class, in the order of the inventory.
std::vector<Ids> members_of(const model::Inventory& inventory, const plan::DecisionPlan& plan) {
  std::vector<Ids> out(plan.classes.size());
  for (const model::Instance& instance : inventory.instances) {
    if (instance.host) continue;
    for (const model::Address& address : instance.addresses) {
      Ids& members = out[number(plan::identify(plan, address).class_id)];
      const model::InstanceId id = *instance.peer.instance;
      if (members.empty() || members.back() != id) members.push_back(id);
    }
  }
  return out;
}

// Groups that have exactly the members of one class. A group that rules use is made of whole classes, so one member
// speaks for all; of others every member is asked.
std::map<std::size_t, std::string> group_names(const model::Policy& policy, const model::Inventory& inventory,
                                               const std::vector<Ids>& members) {
  std::map<std::size_t, std::string> out;
  if (policy.groups.size() * members.size() > most_comparisons) return out;
  const auto is_in = [&](const model::Group& group, model::InstanceId id) {
    const model::Instance& instance = inventory[id];
    if (matches(group.selector, {&instance.peer, {}})) return true;
    return std::ranges::any_of(instance.addresses, [&](const model::Address& address) {
      return matches(group.selector, {&instance.peer, address});
    });
  };
  for (const model::Group& group : policy.groups) {
    std::optional<std::size_t> only;
    bool several = false;
    for (std::size_t c = 1; c < members.size() && !several; ++c) {
      if (members[c].empty() || !is_in(group, members[c].front())) continue;
      several = only.has_value();
      only = c;
    }
    if (several || !only) continue;
    if (std::ranges::all_of(members[*only], [&](model::InstanceId id) { return is_in(group, id); })) {
      out.try_emplace(*only, group.name);
    }
  }
  return out;
}

// "app == "web" and env == "prod"", as far as all of them have it; empty if there is nothing.
std::string common_labels(const model::Inventory& inventory, const Ids& members,
                          const std::vector<model::LabelKey>& keys) {
  std::vector<std::string> out;
  for (const model::LabelKey& key : keys) {
    const model::Labels& first = inventory[members.front()].peer.labels;
    const auto value = first.find(key);
    if (value == first.end()) continue;
    const bool common = std::ranges::all_of(members, [&](model::InstanceId id) {
      const model::Labels& labels = inventory[id].peer.labels;
      const auto found = labels.find(key);
      return found != labels.end() && found->second == value->second;
    });
    if (common) out.push_back(to_string(model::Selector::equals(key, value->second)));
  }
  return fmt::format("{}", fmt::join(out, " and "));
}

}  // namespace

std::vector<bundle::ClassName> class_names(const model::Policy& policy, const model::Inventory& inventory,
                                           const plan::DecisionPlan& plan) {
  const std::vector<Ids> members = members_of(inventory, plan);
  const std::set<plan::ClassId> world = world_of(plan);
  const std::map<std::size_t, std::string> groups = group_names(policy, inventory, members);
  std::vector<model::LabelKey> keys = plan::vocabulary_of(policy).keys;
  keys.insert(keys.end(), plan.relation_keys.begin(), plan.relation_keys.end());
  std::ranges::sort(keys);
  keys.erase(std::ranges::unique(keys).begin(), keys.end());

  std::vector<bundle::ClassName> out;
  for (std::size_t c = 0; c < plan.classes.size(); ++c) {
    const plan::Class& one = plan.classes[c];
    bundle::ClassName name{.text = {}, .example = one.example, .members = 0};
    if (c == 0) {
      name.text = "nobody";
    } else if (members[c].empty()) {
      const bool rest = c == number(plan.v4.otherwise.class_id) || c == number(plan.v6.otherwise.class_id);
      name.text = rest ? "world" : fmt::format("world {}", one.example);
    } else {
      name.members = static_cast<std::uint32_t>(members[c].size());
      name.example = inventory[members[c].front()].name;
      const auto group = groups.find(c);
      name.text = name.members == 1       ? name.example
                  : group != groups.end() ? group->second
                                          : common_labels(inventory, members[c], keys);
      if (name.text.empty()) name.text = fmt::format("{} and {} more", name.example, name.members - 1);
      if (world.contains(static_cast<plan::ClassId>(c))) name.text += " or world";
    }
    out.push_back(std::move(name));
  }
  // Ends whose addresses are told apart have the same labels: their examples tell which is which.
  std::map<std::string, std::size_t> bearers;
  for (const bundle::ClassName& name : out) ++bearers[name.text];
  for (bundle::ClassName& name : out) {
    if (bearers[name.text] > 1 && !name.example.empty()) name.text += fmt::format(" like {}", name.example);
  }
  return out;
}

}  // namespace weft::driver
