#pragma once

#include <cstdint>
#include <vector>

namespace weft::verifier {

/// A set of small numbers: disjoint intervals in ascending order with gaps between them.
class IndexSet {
 public:
  struct Interval {
    std::uint32_t first = 0;
    std::uint32_t last = 0;  ///< included

    bool operator==(const Interval&) const = default;
  };

  IndexSet() = default;
  /// The numbers below `size`.
  static IndexSet below(std::uint32_t size);
  static IndexSet of(std::uint32_t first, std::uint32_t last);
  static IndexSet of(std::vector<Interval> intervals);  ///< in any order, overlaps allowed

  bool contains(std::uint32_t number) const;
  bool empty() const { return intervals_.empty(); }
  std::uint32_t lowest() const { return intervals_.front().first; }  ///< of a set that is not empty
  const std::vector<Interval>& intervals() const { return intervals_; }
  IndexSet with(const IndexSet& other) const;
  IndexSet common_with(const IndexSet& other) const;
  IndexSet complement(std::uint32_t size) const;
  bool intersects(const IndexSet& other) const;
  bool is_subset_of(const IndexSet& wide) const;

  bool operator==(const IndexSet&) const = default;

 private:
  std::vector<Interval> intervals_;
};

}  // namespace weft::verifier
