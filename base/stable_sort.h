#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <numeric>
#include <ranges>
#include <utility>
#include <vector>

namespace weft {

/// Sorts a vector and leaves what compares equal in the order it had. O(n log n) comparisons, one move of each element.
///
/// Used in place of std::stable_sort and std::stable_partition: those of libstdc++ 12 rest on
/// std::get_temporary_buffer, which C++17 deprecated and clang 19 refuses under -Werror.
template <class T, class Compare = std::ranges::less, class Projection = std::identity>
void sort_stably(std::vector<T>& items, Compare compare = {}, Projection projection = {}) {
  std::vector<std::size_t> order(items.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    if (std::invoke(compare, std::invoke(projection, items[a]), std::invoke(projection, items[b]))) return true;
    if (std::invoke(compare, std::invoke(projection, items[b]), std::invoke(projection, items[a]))) return false;
    return a < b;
  });
  std::vector<T> sorted;
  sorted.reserve(items.size());
  for (const std::size_t position : order) sorted.push_back(std::move(items[position]));
  items = std::move(sorted);
}

}  // namespace weft
