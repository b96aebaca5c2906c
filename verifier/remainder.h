#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "verifier/region.h"
#include "verifier/slice.h"
#include "verifier/universe.h"

namespace weft::verifier {

/// What may keep a flow from where its walk is asked for.
struct Obstacle {
  const RuleCover* cover = nullptr;         ///< around all flows that match it
  bool exact = false;                       ///< and around no others
  std::uint32_t tier = 0;                   ///< in which a walk meets it
  std::optional<std::uint32_t> leads_to{};  ///< no end of the walk: it goes on in this later tier
  std::size_t preference = 0;               ///< of several that do, the lowest is named
};

/// What obstacles leave of some regions.
struct Remainder {
  enum class Kind : std::uint8_t {
    Left,     ///< a flow that was accepted
    Nothing,  ///< none
    Unknown,  ///< boxes do not tell, or there were too many pieces to look at
  };

  Kind kind = Kind::Unknown;
  /// Of Nothing, ascending: obstacles that are enough while those that lead on stay, and of which none can go. Where to
  /// tell that takes very long, some may.
  std::vector<std::size_t> enough{};
};

/// Takes regions apart by what stands in the way of their flows, without a solver: every piece lies inside or outside
/// of each obstacle. Exact where the obstacles are; the same question gets the same answer.
class Remainders {
 public:
  /// `universe` must outlive it.
  explicit Remainders(const Universe& universe) : universe_(universe) {}

  /// `obstacles` stand in the order in which a walk meets them. `accept` is asked about pieces that nothing seems to
  /// keep from getting through, and answers whether it knows a flow there that does.
  Remainder of(const std::vector<Region>& regions, const std::vector<Obstacle>& obstacles,
               const std::function<bool(const Region&)>& accept);
  /// What all questions so far have cost: pieces and obstacles looked at. The same for the same questions.
  std::uint64_t work() const { return work_; }

 private:
  const Universe& universe_;
  std::uint64_t work_ = 0;
};

}  // namespace weft::verifier
