#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "driver/reach.h"

// Private to the reachability of this folder.
namespace weft::driver {

/// More groups than this are no overview any more.
inline constexpr std::size_t most_groups = 60;

/// Gathers who belongs to a group, end by end.
class Members {
 public:
  Members(const model::Inventory& inventory, const verifier::Connectivity& connectivity)
      : inventory_(inventory), connectivity_(connectivity) {}

  /// An end of an instance; the classes of its other ends are not in the group for it.
  void add(const model::Instance& instance, const model::End& end) {
    parts_[connectivity_.class_of(end)].insert(*instance.peer.instance);
  }
  void add_whole(const model::Instance& instance) {
    for (const std::uint32_t number : connectivity_.classes_of(*instance.peer.instance)) {
      parts_[number].insert(*instance.peer.instance);
    }
  }
  void add_part(model::InstanceId instance, std::uint32_t number) { parts_[number].insert(instance); }
  void add_world(const model::End& end) { parts_[connectivity_.class_of(end)]; }
  void add_world(std::uint32_t number) { parts_[number]; }
  /// Everybody a selector matches.
  void add_all(const Reachability& reachability, const model::Selector& selector);

  ReachGroup group(std::string name) const;

 private:
  const model::Inventory& inventory_;
  const verifier::Connectivity& connectivity_;
  std::map<std::uint32_t, std::set<model::InstanceId>> parts_;  // by class
};

std::vector<ReachGroup> named_or_fewer(const Reachability& reachability, const std::deque<Members>& members);

/// Puts ends together that have the same key, in the order in which keys come first.
template <typename Key>
class Alike {
 public:
  explicit Alike(const Reachability& reachability) : reachability_(reachability) {}

  Members& of(const Key& key) {
    const auto [found, fresh] = numbers_.try_emplace(key, members_.size());
    if (fresh) members_.emplace_back(reachability_.compilation().inventory, reachability_.connectivity());
    return members_[found->second];
  }
  /// With names; those of `Reachability::groups` where these are too many to read.
  std::vector<ReachGroup> groups() const { return named_or_fewer(reachability_, members_); }

 private:
  const Reachability& reachability_;
  std::map<Key, std::size_t> numbers_;
  std::deque<Members> members_;
};

}  // namespace weft::driver
