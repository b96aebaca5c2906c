#pragma once

#include <cstdint>

#include "model/inventory.h"
#include "model/policy.h"

namespace weft::bench {

/// A world of 100,000 workloads on one packed range and a policy of `rules` rules, in which the workload at `first_address`
/// reaches every other on TCP `port` by a rule in the middle of the policy.
struct VerdictWorld {
  static constexpr std::uint32_t first_address = 0x0A000000;  // 10.0.0.0
  static constexpr std::uint32_t hosts = 100'000;
  static constexpr std::uint16_t port = 443;

  model::Policy policy;
  model::Inventory inventory;
};

VerdictWorld verdict_world(std::uint32_t rules);

}  // namespace weft::bench
