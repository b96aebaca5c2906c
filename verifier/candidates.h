#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <tuple>
#include <vector>

#include "verifier/slice.h"

namespace weft::verifier {

/// Some rules, or other things that have such covers, indexed by the few labels, addresses and services that each of
/// them asks for, so that the few which may match what another rule matches are found without a look at the others.
class Candidates {
 public:
  Candidates(std::vector<std::uint32_t> rules, const Slicer& slicer);
  Candidates(std::vector<std::uint32_t> numbers, const std::function<const RuleCover&(std::uint32_t)>& cover_of);

  /// All of them below a number that may match a flow the other one matches, and some more; ascending.
  std::vector<std::uint32_t> of(const RuleCover& other, std::uint32_t below = UINT32_MAX) const;

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
    std::unique_ptr<Candidates> of_wide{};  // the same by their other dimensions, where they are many
  };
  using Values = std::vector<std::uint32_t>;
  using Narrow = std::map<Dimension, Values>;

  Candidates(std::vector<std::uint32_t> rules,
             const std::vector<const Narrow*>& narrow);  // not looked into any further

  void index(const std::vector<const Narrow*>& narrow, std::size_t max_dimensions, bool further);
  void add_to(std::vector<std::uint32_t>& out, const Narrow& asked, std::uint32_t below) const;

  static std::optional<Values> few(const IndexSet& set);
  static Narrow narrow_in(const RuleCover& cover);
  static void add_end(const Cover& cover, What label, What address, Narrow& out);

  std::vector<std::uint32_t> rules_;
  std::map<Dimension, Index> indices_;
};

}  // namespace weft::verifier
