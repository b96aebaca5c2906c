#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace weft::verifier {

/// A set of the numbers below a size, 64 to a word. Two sets that meet in an operation have one size.
class BitSet {
 public:
  BitSet() = default;
  explicit BitSet(std::size_t size, bool all = false)
      : size_(size), words_((size + 63) / 64, all ? ~std::uint64_t{0} : 0) {
    trim();
  }

  std::size_t size() const { return size_; }
  bool test(std::size_t at) const { return (words_[at / 64] >> (at % 64) & 1) != 0; }
  void set(std::size_t at) { words_[at / 64] |= std::uint64_t{1} << (at % 64); }
  void clear(std::size_t at) { words_[at / 64] &= ~(std::uint64_t{1} << (at % 64)); }

  BitSet& operator|=(const BitSet& other) {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] |= other.words_[i];
    return *this;
  }
  BitSet& operator&=(const BitSet& other) {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= other.words_[i];
    return *this;
  }
  BitSet& operator-=(const BitSet& other) {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= ~other.words_[i];
    return *this;
  }
  void invert() {
    for (std::uint64_t& word : words_) word = ~word;
    trim();
  }

  bool empty() const {
    for (const std::uint64_t word : words_) {
      if (word != 0) return false;
    }
    return true;
  }
  std::size_t count() const {
    std::size_t out = 0;
    for (const std::uint64_t word : words_) out += static_cast<std::size_t>(std::popcount(word));
    return out;
  }
  bool intersects(const BitSet& other) const {
    for (std::size_t i = 0; i < words_.size(); ++i) {
      if ((words_[i] & other.words_[i]) != 0) return true;
    }
    return false;
  }
  /// True if every member is one of `other` too.
  bool within(const BitSet& other) const {
    for (std::size_t i = 0; i < words_.size(); ++i) {
      if ((words_[i] & ~other.words_[i]) != 0) return false;
    }
    return true;
  }

  /// Calls `visit(number)` for every member, ascending.
  template <typename Visit>
  void each(Visit visit) const {
    for (std::size_t i = 0; i < words_.size(); ++i) {
      for (std::uint64_t rest = words_[i]; rest != 0; rest &= rest - 1) {
        visit(static_cast<std::uint32_t>(i * 64 + static_cast<std::size_t>(std::countr_zero(rest))));
      }
    }
  }

  const std::vector<std::uint64_t>& words() const { return words_; }
  std::vector<std::uint64_t>& words() { return words_; }

  bool operator==(const BitSet&) const = default;

 private:
  // No bit beyond the size is ever set, so that words can be compared and counted.
  void trim() {
    if (size_ % 64 != 0 && !words_.empty()) words_.back() &= (std::uint64_t{1} << (size_ % 64)) - 1;
  }

  std::size_t size_ = 0;
  std::vector<std::uint64_t> words_;
};

}  // namespace weft::verifier
