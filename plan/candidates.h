#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/selector.h"

namespace weft::plan {

/// Finds the selectors that may match a peer without asking all of them: most ask for one value of a label before
/// anything else, and a cluster has thousands of values, selectors and peers.
class Candidates {
 public:
  explicit Candidates(const std::vector<const model::Selector*>& selectors);

  /// The positions of the selectors that may match the peer at some address, ascending. Those it leaves out do not
  /// match; of those it names some do not either.
  std::vector<std::uint32_t> of(const model::Peer& peer) const;

 private:
  std::vector<std::uint32_t> of_any_;  ///< that could match whoever comes
  std::array<std::vector<std::uint32_t>, 3> of_kind_;
  std::map<model::LabelKey, std::unordered_map<std::string, std::vector<std::uint32_t>>> of_value_;
};

}  // namespace weft::plan
