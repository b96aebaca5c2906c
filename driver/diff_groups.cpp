#include "driver/diff_groups.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace weft::driver {
namespace {

using verifier::Difference;

// What differences of one group have in common.
struct Common {
  bool gained = false;
  bool closes = false;  // it is on the side that keeps the flow from passing
  verifier::Interval when;
  std::vector<verifier::Decider> deciders;  // of the turns

  bool operator<(const Common& other) const {
    const auto all = [](const Common& each) {
      return std::tuple(!each.gained, each.when.from, each.when.until, each.closes);
    };
    if (all(*this) != all(other)) return all(*this) < all(other);
    return deciders < other.deciders;
  }
  bool of_after() const { return gained != closes; }
};

Common common(const Difference& difference, bool closes) {
  Common out{difference.gained, closes, difference.when, {}};
  for (const verifier::Turn& turn : difference.turns) {
    out.deciders.push_back(out.of_after() ? turn.after : turn.before);
  }
  return out;
}

}  // namespace

std::vector<DifferenceGroup> group_differences(const verifier::Diff& diff) {
  std::map<Common, std::vector<std::size_t>> sharing;
  for (std::size_t i = 0; i < diff.differences.size(); ++i) {
    for (const bool closes : {false, true}) sharing[common(diff.differences[i], closes)].push_back(i);
  }
  std::vector<DifferenceGroup> out;
  while (!sharing.empty()) {
    const auto most = std::ranges::max_element(sharing, {}, [](const auto& each) { return each.second.size(); });
    DifferenceGroup group{most->first.of_after(), most->second};
    sharing.erase(most);
    for (auto at = sharing.begin(); at != sharing.end();) {
      std::erase_if(at->second, [&](std::size_t i) { return std::ranges::binary_search(group.members, i); });
      at = at->second.empty() ? sharing.erase(at) : std::next(at);
    }
    group.more = std::ranges::any_of(group.members, [&](std::size_t i) { return diff.differences[i].more; });
    out.push_back(std::move(group));
  }
  std::ranges::sort(out, {}, [](const DifferenceGroup& group) { return group.members.front(); });
  return out;
}

}  // namespace weft::driver
