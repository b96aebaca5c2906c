#pragma once

#include <map>
#include <string>
#include <vector>

#include "model/selector.h"
#include "verifier/bit_set.h"
#include "verifier/connectivity.h"

namespace weft::verifier {

/// Which classes of ends a selector matches, as sets of bits. Exact for selectors that the classes were made to tell
/// apart; of any other it says what it makes of the example of each class. Stays on one thread.
class ClassSelection {
 public:
  /// The classes must outlive it.
  explicit ClassSelection(const std::vector<PeerClass>& classes) : classes_(classes) {}

  BitSet of(const model::Selector& selector);

 private:
  BitSet none() const { return BitSet(classes_.size()); }
  const BitSet& each(const model::Selector& selector);
  const std::map<std::string, BitSet, std::less<>>& by_value(const model::LabelKey& key);

  const std::vector<PeerClass>& classes_;
  std::map<model::LabelKey, std::map<std::string, BitSet, std::less<>>> values_;
  std::map<std::string, BitSet> others_;  // by text
};

}  // namespace weft::verifier
