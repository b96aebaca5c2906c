#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

namespace weft::bench {

/// The value below which this share of the values lies; no number where there are none.
inline double quantile(std::vector<double> values, double share) {
  if (values.empty()) return std::nan("");
  std::ranges::sort(values);
  return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1) + 0.5)];
}

inline double median(const std::vector<double>& values) { return quantile(values, 0.5); }

}  // namespace weft::bench
