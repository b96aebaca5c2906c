#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/inventory.h"
#include "model/policy.h"
#include "plan/vocabulary.h"

namespace weft::driver {

/// What a policy can see of the ends of flows. Two ends of one sight are treated alike by everything in the policy, but
/// for two things that are about pairs: an instance talking to itself, and a node talking to a workload it runs.
class Sight {
 public:
  /// Both must outlive it.
  Sight(const model::Policy& policy, const model::Inventory& inventory);

  /// The number of what can be seen of an end. Cheap where another end with the same labels was asked about.
  std::uint32_t of(const model::End& end);

  /// True if the rule speaks of some source and some destination of these sights, whatever the service.
  bool may_match(std::size_t rule, std::uint32_t source, std::uint32_t destination) const;

  const plan::Vocabulary& vocabulary() const { return vocabulary_; }
  /// The label keys that rules, isolations and guards look at, sorted.
  const std::vector<model::LabelKey>& keys() const { return keys_; }

 private:
  std::string surface_of(const model::End& end) const;

  const model::Policy& policy_;
  plan::Vocabulary vocabulary_;
  std::vector<model::LabelKey> keys_;           // of selectors and relations
  std::vector<model::LabelKey> relation_keys_;  // whose values are compared as they are
  std::vector<model::AddressRange> ranges_;
  std::unordered_map<std::string, std::uint32_t> by_surface_;
  std::unordered_map<std::string, std::uint32_t> by_depth_;
  std::deque<std::vector<bool>> selected_;  // by sight, then by selector of the vocabulary
};

}  // namespace weft::driver
