#pragma once

#include <cstdint>

#include "model/inventory.h"
#include "model/policy.h"
#include "tests/unit/verifier/brute_force.h"

namespace weft::verifier::test {

/// A small policy with a few of the language's features, and the world that tells all its flows apart.
struct Sample {
  model::Policy policy;
  model::Inventory inventory;
  bool with_inventory = false;
  World world;
  model::Moment now = model::before_all;  ///< from when on to look
};

/// The same seed gives the same sample everywhere.
Sample random_sample(std::uint64_t seed);

}  // namespace weft::verifier::test
