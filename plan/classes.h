#pragma once

#include <cstdint>
#include <vector>

#include "plan/conditions.h"
#include "plan/ends.h"
#include "plan/gates.h"
#include "plan/plan.h"

namespace weft::plan {

/// The classes of a policy over an inventory, nobody first. Kinds that take part in the same entries share a row; ends
/// of one row are one class unless an entry of that row compares a value in which they differ.
struct Classes {
  struct Rows {
    std::vector<Bits> own, peer;  ///< by Class::row
  };

  std::vector<Class> classes;
  std::vector<std::uint32_t> of_variant;  ///< by position in Ends::variants; may exceed what ClassId holds
  Rows egress;
  Rows ingress;
  std::size_t value_count = 0;  ///< may exceed what Class::values holds: the caller checks both before using them
  bool complete = true;         ///< false: rows took more than they may, and the rest was left out
};

Classes classes_of(const Vocabulary& vocabulary, const Ends& ends, const Conditions& conditions, const KindSets& sets,
                   const std::vector<DraftEntry>& egress, const std::vector<DraftEntry>& ingress,
                   std::uint64_t most_row_bytes);

}  // namespace weft::plan
