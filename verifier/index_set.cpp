#include "verifier/index_set.h"

#include <algorithm>

namespace weft::verifier {

namespace {

using Intervals = std::vector<IndexSet::Interval>;

// Of sets of very different size, a look-up for each interval of the small one beats a walk through the large one:
// what is left of thousands of values is often held against a single one of them.
constexpr std::size_t lopsided = 8;

bool is_lopsided(const Intervals& small, const Intervals& large) { return small.size() * lopsided < large.size(); }

// The first that does not end before `number`.
Intervals::const_iterator from(const Intervals& intervals, std::uint32_t number) {
  return std::ranges::lower_bound(intervals, number, {}, &IndexSet::Interval::last);
}

bool any_meets(const Intervals& few, const Intervals& many) {
  return std::ranges::any_of(few, [&](const IndexSet::Interval& interval) {
    const auto in = from(many, interval.first);
    return in != many.end() && in->first <= interval.last;
  });
}

Intervals common_parts(const Intervals& few, const Intervals& many) {
  Intervals out;
  for (const IndexSet::Interval& interval : few) {
    for (auto in = from(many, interval.first); in != many.end() && in->first <= interval.last; ++in) {
      out.push_back({std::max(interval.first, in->first), std::min(interval.last, in->last)});
    }
  }
  return out;
}

}  // namespace

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
  if (is_lopsided(intervals_, other.intervals_)) {
    out.intervals_ = common_parts(intervals_, other.intervals_);
    return out;
  }
  if (is_lopsided(other.intervals_, intervals_)) {
    out.intervals_ = common_parts(other.intervals_, intervals_);
    return out;
  }
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
  if (is_lopsided(intervals_, other.intervals_)) return any_meets(intervals_, other.intervals_);
  if (is_lopsided(other.intervals_, intervals_)) return any_meets(other.intervals_, intervals_);
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
  const bool search = is_lopsided(intervals_, wide.intervals_);
  auto in = wide.intervals_.begin();
  return std::ranges::all_of(intervals_, [&](const Interval& interval) {
    if (search) in = from(wide.intervals_, interval.first);
    while (in != wide.intervals_.end() && in->last < interval.first) ++in;
    return in != wide.intervals_.end() && in->first <= interval.first && interval.last <= in->last;
  });
}

}  // namespace weft::verifier
