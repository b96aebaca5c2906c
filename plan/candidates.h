#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/selector.h"

namespace weft::plan {

/// Finds the selectors that may match an end without asking all of them: most ask for one value of a label before
/// anything else, and a cluster has thousands of values, selectors and ends.
class Candidates {
 public:
  /// The selectors have to stay where they are.
  explicit Candidates(const std::vector<const model::Selector*>& selectors);

  /// Calls `use` once with the position of every selector that may match an end with these labels. Those it leaves out
  /// do not match; of those it names some do not either.
  template <typename Use>
  void for_each(const model::Labels& labels, Use use) const {
    for (const std::uint32_t selector : of_any_) use(selector);
    for (const auto& [key, by_value] : of_value_) {
      const auto label = labels.find(key);
      if (label == labels.end()) continue;
      const auto found = by_value.find(label->second);
      if (found == by_value.end()) continue;
      for (const std::uint32_t selector : found->second) use(selector);
    }
  }

 private:
  std::vector<std::uint32_t> of_any_;  ///< that demand no value
  std::map<model::LabelKey, std::unordered_map<std::string, std::vector<std::uint32_t>>> of_value_;
};

}  // namespace weft::plan
