#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <tuple>
#include <vector>

#include "verifier/slice.h"

namespace weft::verifier {

/// Some rules, or other things that have such covers, indexed by the few labels, addresses and services that each of them asks for, so that the few which may
/// match what another rule matches are found without a look at the others.
class Candidates {
 public:
  Candidates(std::vector<std::uint32_t> rules, const Slicer& slicer);
  Candidates(std::vector<std::uint32_t> numbers, const std::function<const RuleCover&(std::uint32_t)>& cover_of);

  /// All rules that may match a flow the other one matches, and some more; ascending.
  std::vector<std::uint32_t> of(const RuleCover& other) const;

 private:
  enum class What : std::uint8_t { Service, SourceAddress, DestinationAddress, SourceLabel, DestinationLabel };
  struct Dimension {
    What what = What::Service;
    std::uint32_t key = 0;  // of a label
    auto operator<=>(const Dimension&) const = default;
  };
  struct Index {
    std::map<std::uint32_t, std::vector<std::uint32_t>> rules;  // by value
    std::vector<std::uint32_t> wide;                            // all others
  };
  using Values = std::vector<std::uint32_t>;

  static std::optional<Values> few(const IndexSet& set);
  static std::map<Dimension, Values> narrow_in(const RuleCover& cover);
  static void add_end(const Cover& cover, What label, What address, std::map<Dimension, Values>& out);

  std::vector<std::uint32_t> rules_;
  std::map<Dimension, Index> indices_;
};

}  // namespace weft::verifier
