#include "plan/atoms.h"

#include <algorithm>
#include <map>
#include <set>

namespace weft::plan {

Atoms atoms_of(const std::vector<model::PointSet>& sets) {
  // At each cut, the sets that begin or end there; between two cuts the membership does not change.
  std::map<std::uint32_t, std::vector<std::uint32_t>> cuts{{0, {}}};
  for (std::uint32_t s = 0; s < sets.size(); ++s) {
    for (const model::ServiceRange& range : sets[s].ranges()) {
      cuts[range.first].push_back(s);
      if (range.last < model::last_service_point) cuts[range.last + 1].push_back(s);
    }
  }

  Atoms out;
  out.of_set.resize(sets.size());
  std::map<std::vector<std::uint32_t>, std::uint32_t> numbers;
  std::set<std::uint32_t> inside;
  for (auto cut = cuts.begin(); cut != cuts.end(); ++cut) {
    for (const std::uint32_t set : cut->second) {
      if (!inside.erase(set)) inside.insert(set);
    }
    const auto after = std::next(cut);
    const std::uint32_t last = after == cuts.end() ? model::last_service_point : after->first - 1;
    const auto [found, fresh] = numbers.emplace(std::vector(inside.begin(), inside.end()), out.count);
    if (fresh) {
      ++out.count;
      for (const std::uint32_t set : inside) out.of_set[set].push_back(found->second);
    }
    if (!out.ranges.empty() && out.of_range.back() == found->second) {
      out.ranges.back().points.last = last;
    } else {
      out.ranges.push_back({{cut->first, last}, AtomId{static_cast<std::uint16_t>(found->second)}});
      out.of_range.push_back(found->second);
    }
  }
  return out;
}

}  // namespace weft::plan
