#pragma once

#include <cstdint>

#include "model/inventory.h"
#include "model/policy.h"

namespace weft::bench {

/// A world of workloads and a policy of `rules` rules, in which the workload with the first address reaches every other
/// on TCP `port` by a rule in the middle of the policy.
struct VerdictWorld {
  static constexpr std::uint32_t first_address = 0x0A000000;  // 10.0.0.0; of IPv6 fd00::a00:0
  static constexpr std::uint32_t hosts = 100'000;
  static constexpr std::uint16_t port = 443;
  /// From one address to the next: so that all lie on one packed range, and too far from each other for a direct table.
  static constexpr std::uint32_t packed = 1, scattered = 1'021;

  model::Policy policy;
  model::Inventory inventory;

  /// The address of a workload by its number.
  static model::Address address(std::uint32_t number, bool six, std::uint32_t stride = packed);
};

VerdictWorld verdict_world(std::uint32_t rules, std::uint32_t hosts = VerdictWorld::hosts, bool six = false,
                           std::uint32_t stride = VerdictWorld::packed);

}  // namespace weft::bench
