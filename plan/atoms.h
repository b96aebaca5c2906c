#pragma once

#include <vector>

#include "model/service.h"
#include "plan/plan.h"

namespace weft::plan {

/// The service points cut into atoms: all points of one atom are in exactly the same of the given sets.
struct Atoms {
  std::vector<AtomRange> ranges;        ///< ascending, covering every point, neighbours differ
  std::uint32_t count = 0;              ///< may exceed what AtomId holds: the caller checks before using `ranges`
  std::vector<std::uint32_t> of_range;  ///< by position in `ranges`: its atom, also where AtomId cannot hold it
  std::vector<std::vector<std::uint32_t>> of_set;  ///< by position of a set: the atoms that make it up, ascending
};

Atoms atoms_of(const std::vector<model::PointSet>& sets);

}  // namespace weft::plan
