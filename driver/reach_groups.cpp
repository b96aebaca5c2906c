#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "driver/codes.h"
#include "driver/reach.h"
#include "driver/reach_members.h"
#include "driver/reach_names.h"

namespace weft::driver {
namespace {

using verifier::ClassMatrix;
using verifier::Connectivity;

// Beyond this many classes equal rows are not looked for: it takes a matrix for every atom.
constexpr std::size_t most_classes = 4000;

// Splits classes until those left together reach the same on every service, and are reached by the same.
class Roles {
 public:
  explicit Roles(const Connectivity& connectivity) : block_(connectivity.classes().size()) {
    split([&](std::uint32_t c) {
      const verifier::PeerClass& mine = connectivity.classes()[c];
      return static_cast<std::uint64_t>(mine.kind) * 4 + (mine.v4 ? 2 : 0) + (mine.v6 ? 1 : 0);
    });
    for (std::uint32_t atom = 0; atom < connectivity.atoms().size(); ++atom) {
      const ClassMatrix from = connectivity.gates_matrix(atom);
      split_by_rows(from);
      split_by_rows(from.transposed());
    }
  }

  std::uint32_t of_class(std::uint32_t number) const { return block_[number]; }
  std::uint32_t count() const { return count_; }

 private:
  void split_by_rows(const ClassMatrix& matrix) {
    std::unordered_multimap<std::uint64_t, std::pair<std::uint32_t, std::uint32_t>>
        rows;  // a class of each, its number
    std::uint32_t distinct = 0;
    split([&](std::uint32_t c) -> std::uint64_t {
      const std::span<const std::uint64_t> row = matrix.row(c);
      std::uint64_t hash = row.size();
      for (const std::uint64_t word : row) hash = (hash ^ word) * 0x9E37'79B9'7F4A'7C15 + (hash >> 29);
      const auto [first, last] = rows.equal_range(hash);
      for (auto at = first; at != last; ++at) {
        if (std::ranges::equal(matrix.row(at->second.first), row)) return at->second.second;
      }
      rows.emplace(hash, std::pair(c, distinct));
      return distinct++;
    });
  }

  template <typename Tell>
  void split(Tell tell) {
    std::map<std::pair<std::uint32_t, std::uint64_t>, std::uint32_t> numbers;
    for (std::uint32_t c = 0; c < block_.size(); ++c) {
      block_[c] =
          numbers.emplace(std::pair(block_[c], tell(c)), static_cast<std::uint32_t>(numbers.size())).first->second;
    }
    count_ = static_cast<std::uint32_t>(numbers.size());
  }

  std::vector<std::uint32_t> block_;
  std::uint32_t count_ = 1;
};

class Grouper {
 public:
  Grouper(const Reachability& reachability)
      : reachability_(reachability),
        inventory_(reachability.compilation().inventory),
        policy_(reachability.compilation().policy),
        connectivity_(reachability.connectivity()) {}

  Result<std::vector<ReachGroup>> run(const std::string& by) {
    if (by == "groups") return by_policy_groups();
    if (by == "roles") {
      if (connectivity_.classes().size() <= most_classes) return by_role();
      return std::unexpected(Error{std::string(reach_code::unknown_key),
                                   fmt::format("`--by roles` tells up to {} kinds of peers apart, and here are {}",
                                               most_classes, connectivity_.classes().size()),
                                   "ask about one subject with `--from` or `--to`, or choose a label"});
    }
    if (!by.empty()) return by_label(by);
    if (connectivity_.classes().size() <= most_classes) {
      std::vector<ReachGroup> roles = by_role();
      if (roles.size() <= most_groups) return roles;
    }
    return by_key(telling_key());
  }

 private:
  std::vector<ReachGroup> by_role() {
    const Roles roles(connectivity_);
    std::map<std::uint32_t, Members> groups;
    for (std::uint32_t c = 0; c < connectivity_.classes().size(); ++c) {
      Members& group = groups.try_emplace(roles.of_class(c), inventory_, connectivity_).first->second;
      const verifier::PeerClass& mine = connectivity_.classes()[c];
      if (mine.kind == model::PeerKind::World) group.add_world(c);
      for (const model::InstanceId member : mine.members) group.add_part(member, c);
    }
    std::vector<ReachGroup> out;
    for (const auto& [role, members] : groups) out.push_back(members.group(""));
    name_groups(out, policy_, inventory_, connectivity_);
    return out;
  }

  std::vector<ReachGroup> by_policy_groups() {
    std::vector<ReachGroup> out;
    Members others(inventory_, connectivity_);
    std::vector<bool> taken(inventory_.instances.size());
    for (const model::Group& group : policy_.groups) {
      Members members(inventory_, connectivity_);
      members.add_all(reachability_, group.selector);
      ReachGroup made = members.group(group.name);
      if (made.parts.empty()) continue;
      made.predicate = to_string(group.selector);
      for (const model::InstanceId member : made.members) taken[static_cast<std::size_t>(member)] = true;
      out.push_back(std::move(made));
    }
    std::map<model::PeerKind, Members> rest;
    for (const model::Instance& instance : inventory_.instances) {
      if (instance.host || taken[static_cast<std::size_t>(*instance.peer.instance)]) continue;
      rest.try_emplace(instance.peer.kind, inventory_, connectivity_).first->second.add_whole(instance);
    }
    for (const auto& [kind, members] : rest) {
      out.push_back(members.group(kind == model::PeerKind::Node ? "other nodes" : "workloads in no group"));
    }
    add_world(out);
    return out;
  }

  Result<std::vector<ReachGroup>> by_label(const std::string& text) {
    std::set<model::LabelKey> keys;
    for (const model::Instance& instance : inventory_.instances) {
      for (const auto& [key, value] : instance.peer.labels) keys.insert(key);
    }
    std::vector<std::string> known{"groups", "roles"};
    for (const model::LabelKey& key : keys) {
      if (to_string(key) == text || key.name == text) return by_key(key);
      known.push_back(to_string(key));
    }
    const std::string near = nearest(text, known);
    return std::unexpected(Error{
        std::string(reach_code::unknown_key), fmt::format("nobody in the inventory has a label `{}`", printable(text)),
        near.empty() ? "`--by groups` takes the groups of the policy, `--by roles` peers that behave alike"
                     : fmt::format("did you mean `{}`?", near)});
  }

  std::vector<ReachGroup> by_key(const model::LabelKey& key) {
    const bool of_nodes = key.scope == model::KeyScope::Node;
    std::map<std::string, Members> with;
    std::map<model::PeerKind, Members> without;
    for (const model::Instance& instance : inventory_.instances) {
      if (instance.host) continue;
      const auto label = instance.peer.labels.find(key);
      Members& group = label == instance.peer.labels.end()
                           ? without.try_emplace(instance.peer.kind, inventory_, connectivity_).first->second
                           : with.try_emplace(label->second, inventory_, connectivity_).first->second;
      group.add_whole(instance);
    }
    std::vector<ReachGroup> out;
    for (const auto& [value, members] : with) {
      out.push_back(members.group(to_string(model::Selector::equals(key, value))));
    }
    for (const auto& [kind, members] : without) {
      const bool node = kind == model::PeerKind::Node;
      out.push_back(members.group(node != of_nodes
                                      ? (node ? "node" : "workload")
                                      : fmt::format("{} without {}", node ? "nodes" : "workloads", to_string(key))));
    }
    add_world(out);
    return out;
  }

  // The world is one group, unless the policy tells few parts of it apart.
  void add_world(std::vector<ReachGroup>& out) {
    Members members(inventory_, connectivity_);
    for (std::uint32_t c = 0; c < connectivity_.classes().size(); ++c) {
      if (connectivity_.classes()[c].kind == model::PeerKind::World) members.add_world(c);
    }
    ReachGroup world = members.group("world");
    if (!world.parts.empty()) out.push_back(std::move(world));
  }

  // Of the keys the policy looks at, the one that makes the most groups that can still be read; else that with the
  // fewest.
  model::LabelKey telling_key() const {
    std::map<model::LabelKey, std::set<std::string_view>> values;
    for (const model::Instance& instance : inventory_.instances) {
      for (const auto& [key, value] : instance.peer.labels) {
        if (policy_.schema.contains(key) || key.scope == model::KeyScope::Identity) values[key].insert(value);
      }
    }
    std::optional<model::LabelKey> best;
    const auto better = [&](std::size_t a, std::size_t b) {
      if ((a <= most_groups) != (b <= most_groups)) return a <= most_groups;
      return a <= most_groups ? a > b : a < b;
    };
    for (const auto& [key, of_key] : values) {
      if (!best || better(of_key.size(), values[*best].size())) best = key;
    }
    return best.value_or(model::keys::ns);
  }

  const Reachability& reachability_;
  const model::Inventory& inventory_;
  const model::Policy& policy_;
  const Connectivity& connectivity_;
};

}  // namespace

Result<std::vector<ReachGroup>> Reachability::groups(const Grouping& grouping) const {
  return Grouper(*this).run(grouping.by);
}

}  // namespace weft::driver
