#pragma once

#include <cstddef>
#include <vector>

#include "verifier/diff.h"

namespace weft::driver {

/// Differences that one statement makes: it decides all of them on its side, and on the other side statements of many
/// places do. One of them is enough for a reader.
struct DifferenceGroup {
  bool of_after = true;              ///< the side on which they agree: of the new policy, else of the old one
  std::vector<std::size_t> members;  ///< among the differences, ascending; the first is shown
  bool more = false;                 ///< there are others, which are not listed one by one

  bool operator==(const DifferenceGroup&) const = default;
};

/// Puts every difference into one group: of all that are left, those of the statement that most of them share, and of
/// equals what opens before what closes. Groups stand in the order of what they show.
std::vector<DifferenceGroup> group_differences(const verifier::Diff& diff);

}  // namespace weft::driver
