#pragma once

#include <vector>

#include "driver/diff.h"

// Private to the comparison of this folder.
namespace weft::driver {

/// What the pairs of peers of an inventory gain and lose at one moment, grouped so that a person can read it.
InventoryDiff diff_pairs(const model::Policy& before, const model::Policy& after, const model::Inventory& inventory,
                         model::Moment now);

}  // namespace weft::driver
