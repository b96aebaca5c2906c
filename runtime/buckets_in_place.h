#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "runtime/address_changes.h"

/// Hosts of IPv6 that come and go while packets ask for them: see bundle/buckets.h.
namespace weft::runtime {

struct Host6 {
  std::uint64_t high = 0;  ///< as in the packet
  std::uint64_t low = 0;
  std::uint32_t identity = 0;

  auto operator<=>(const Host6&) const = default;
};

/// The hosts that packets find in these buckets and in the hash behind them, in the order of their addresses; :: is one
/// of them.
std::vector<Host6> hosts6(std::span<const std::uint8_t> buckets, const std::vector<TableEntry>& hash);
std::vector<Host6> hosts6(std::span<const std::uint8_t> buckets, const std::vector<bundle::MapEntry>& hash);

struct Host6Changes {
  std::vector<TableStep> come;  ///< and change
  std::vector<TableStep> go;    ///< after all that comes
  std::size_t hosts = 0;
};

/// From the hosts that are in the buckets `now` and the hash behind them to those of `wanted` and `wanted_hash`,
/// wherever there they are. None where a host finds no place, or a half-written address would be another that is asked
/// for in the same bucket.
std::optional<Host6Changes> host6_changes(std::span<const std::uint8_t> now, const Tables::Entries& hash,
                                          std::span<const std::uint8_t> wanted,
                                          const std::vector<bundle::MapEntry>& wanted_hash);

}  // namespace weft::runtime
