#pragma once

// Private to this folder.

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/inventory.h"
#include "model/policy.h"
#include "verifier/closed_findings.h"

namespace weft::verifier {

/// Finds the label value that somebody of an inventory has where a selector asks for one that nobody has.
class Misspellings {
 public:
  /// Both must outlive it.
  Misspellings(const model::Policy& policy, const model::Inventory& inventory)
      : policy_(policy), inventory_(inventory) {}

  /// The one value of a selector that matches nobody which has another near it with which it matches somebody. Nothing
  /// where there is none or more than one; nor after some hundreds of selectors, as nobody reads so many.
  std::optional<Misspelt> in(const model::Selector& selector);

 private:
  const std::vector<std::string>& values(const model::LabelKey& key);
  void look_at(const model::Selector& selector, std::vector<Misspelt>& out);
  bool matches_somebody(const model::Selector& selector) const;

  const model::Policy& policy_;
  const model::Inventory& inventory_;
  std::map<model::LabelKey, std::vector<std::string>> values_;  // that somebody has, ascending
  std::size_t asked_ = 0;
};

}  // namespace weft::verifier
