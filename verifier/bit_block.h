#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "verifier/connectivity.h"

// Private to this folder.
namespace weft::verifier {

/// Transposes 64 rows of 64 bits in place: halves are swapped, then quarters, down to single bits.
/// Source: Hacker's Delight, 2nd edition, section 7-3, with bit 0 as the first column.
inline void transpose_block(std::uint64_t (&block)[64]) {
  std::uint64_t mask = 0x0000'0000'FFFF'FFFF;
  for (unsigned width = 32; width != 0; width >>= 1, mask ^= mask << width) {
    for (unsigned row = 0; row < 64; row = ((row | width) + 1) & ~width) {
      const std::uint64_t swapped = ((block[row] >> width) ^ block[row | width]) & mask;
      block[row] ^= swapped << width;
      block[row | width] ^= swapped;
    }
  }
}

/// Fills a matrix of which column `i` is the row of bits that `row_of(i)` points at.
template <typename RowOf>
void turn_round(ClassMatrix& out, RowOf row_of) {
  const std::size_t size = out.size();
  std::uint64_t block[64];
  for (std::size_t first = 0; first < size; first += 64) {
    const std::size_t rows = std::min<std::size_t>(64, size - first);
    const std::uint64_t* from[64];
    for (std::size_t i = 0; i < rows; ++i) from[i] = row_of(first + i);
    for (std::size_t right = 0; right * 64 < size; ++right) {
      for (std::size_t i = 0; i < 64; ++i) block[i] = i < rows ? from[i][right] : 0;
      transpose_block(block);
      const std::size_t columns = std::min<std::size_t>(64, size - right * 64);
      for (std::size_t i = 0; i < columns; ++i) out.row(right * 64 + i)[first / 64] = block[i];
    }
  }
}

}  // namespace weft::verifier
