#include "verifier/index_set.h"

#include <algorithm>

namespace weft::verifier {

IndexSet IndexSet::below(std::uint32_t size) { return size == 0 ? IndexSet{} : of(0, size - 1); }

IndexSet IndexSet::of(std::uint32_t first, std::uint32_t last) {
  IndexSet out;
  out.intervals_ = {{first, last}};
  return out;
}

IndexSet IndexSet::of(std::vector<Interval> intervals) {
  std::ranges::sort(intervals, {}, &Interval::first);
  IndexSet out;
  for (const Interval& interval : intervals) {
    if (!out.intervals_.empty() && interval.first <= out.intervals_.back().last + 1) {
      out.intervals_.back().last = std::max(out.intervals_.back().last, interval.last);
    } else {
      out.intervals_.push_back(interval);
    }
  }
  return out;
}

bool IndexSet::contains(std::uint32_t number) const {
  const auto after = std::ranges::upper_bound(intervals_, number, {}, &Interval::first);
  return after != intervals_.begin() && number <= std::prev(after)->last;
}

IndexSet IndexSet::with(const IndexSet& other) const {
  std::vector<Interval> all = intervals_;
  all.insert(all.end(), other.intervals_.begin(), other.intervals_.end());
  return of(std::move(all));
}

IndexSet IndexSet::common_with(const IndexSet& other) const {
  IndexSet out;
  auto a = intervals_.begin();
  auto b = other.intervals_.begin();
  while (a != intervals_.end() && b != other.intervals_.end()) {
    const std::uint32_t first = std::max(a->first, b->first);
    const std::uint32_t last = std::min(a->last, b->last);
    if (first <= last) out.intervals_.push_back({first, last});
    if (a->last < b->last) {
      ++a;
    } else {
      ++b;
    }
  }
  return out;
}

IndexSet IndexSet::complement(std::uint32_t size) const {
  IndexSet out;
  std::uint32_t from = 0;
  for (const Interval& interval : intervals_) {
    if (from < interval.first) out.intervals_.push_back({from, interval.first - 1});
    from = interval.last + 1;
  }
  if (from < size) out.intervals_.push_back({from, size - 1});
  return out;
}

bool IndexSet::intersects(const IndexSet& other) const {
  auto a = intervals_.begin();
  auto b = other.intervals_.begin();
  while (a != intervals_.end() && b != other.intervals_.end()) {
    if (std::max(a->first, b->first) <= std::min(a->last, b->last)) return true;
    if (a->last < b->last) {
      ++a;
    } else {
      ++b;
    }
  }
  return false;
}

bool IndexSet::is_subset_of(const IndexSet& wide) const {
  auto in = wide.intervals_.begin();
  return std::ranges::all_of(intervals_, [&](const Interval& interval) {
    while (in != wide.intervals_.end() && in->last < interval.first) ++in;
    return in != wide.intervals_.end() && in->first <= interval.first && interval.last <= in->last;
  });
}

}  // namespace weft::verifier
