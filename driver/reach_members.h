#pragma once

#include <map>
#include <set>
#include <string>

#include "driver/reach.h"

// Private to the reachability of this folder.
namespace weft::driver {

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

}  // namespace weft::driver
