#include "cli/graph_rows.h"

#include <algorithm>
#include <cmath>

namespace weft::cli {
namespace {

constexpr int between_boxes = 16, beside_box = 11, between_passages = 8;
constexpr int rounds = 16;

// From the middle of one slot to that of the one below it, at least.
double distance(int height, int below) {
  const int gap = height > 0 && below > 0 ? between_boxes : height > 0 || below > 0 ? beside_box : between_passages;
  return gap + (height + below) / 2.0;
}

// The places nearest to the wished ones, by the sum of squares, that keep these distances: neighbours that would come
// too near to one another move as one.
std::vector<double> settled(const std::vector<double>& wished, const std::vector<double>& distances) {
  struct Pack {
    double sum = 0;
    std::size_t count = 0;
    double mean() const { return sum / static_cast<double>(count); }
  };
  std::vector<Pack> packs;
  double offset = 0;
  for (std::size_t i = 0; i < wished.size(); ++i) {
    if (i > 0) offset += distances[i - 1];
    packs.push_back({wished[i] - offset, 1});
    while (packs.size() > 1 && packs[packs.size() - 2].mean() >= packs.back().mean()) {
      const Pack last = packs.back();
      packs.pop_back();
      packs.back().sum += last.sum;
      packs.back().count += last.count;
    }
  }
  std::vector<double> out;
  offset = 0;
  for (const Pack& pack : packs) {
    for (std::size_t i = 0; i < pack.count; ++i) {
      if (!out.empty()) offset += distances[out.size() - 1];
      out.push_back(pack.mean() + offset);
    }
  }
  return out;
}

}  // namespace

std::vector<int> middles_of(const Layout& layout, const std::vector<int>& heights) {
  std::vector<std::vector<double>> distances;
  std::vector<double> middles(heights.size());
  for (const auto& column : layout.columns) {
    std::vector<double>& apart = distances.emplace_back();
    for (std::size_t i = 0; i + 1 < column.size(); ++i) {
      apart.push_back(distance(heights[column[i]], heights[column[i + 1]]));
    }
    double total = 0;
    for (const double each : apart) total += each;
    double at = -total / 2;
    for (std::size_t i = 0; i < column.size(); ++i) {
      middles[column[i]] = at;
      if (i < apart.size()) at += apart[i];
    }
  }
  const auto settle = [&](std::size_t number) {
    const auto& column = layout.columns[number];
    std::vector<double> wished;
    for (const std::size_t slot : column) {
      double sum = 0;
      for (const std::size_t other : layout.beside[slot]) sum += middles[other];
      const auto count = static_cast<double>(layout.beside[slot].size());
      wished.push_back(count == 0 ? middles[slot] : sum / count);
    }
    const std::vector<double> places = settled(wished, distances[number]);
    for (std::size_t i = 0; i < column.size(); ++i) middles[column[i]] = places[i];
  };
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < layout.columns.size(); ++i) settle(i);
    for (std::size_t i = layout.columns.size(); i-- > 0;) settle(i);
  }

  double top = 0;
  for (std::size_t i = 0; i < middles.size(); ++i) {
    const double upper = middles[i] - heights[i] / 2.0;
    top = i == 0 ? upper : std::min(top, upper);
  }
  // Rounded down each, so that distances may lose a pixel; the least of them has that to lose.
  std::vector<int> out;
  for (const double middle : middles) out.push_back(static_cast<int>(std::floor(middle - top)));
  return out;
}

}  // namespace weft::cli
