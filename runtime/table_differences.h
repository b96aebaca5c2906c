#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "bundle/bundle.h"
#include "runtime/address_changes.h"
#include "runtime/targets.h"

/// Tables as they are against tables as they should be, said so that people can act on it.
namespace weft::runtime {

/// What differs in one table: the first few, then how many there are besides.
class TableDifferences {
 public:
  void add(std::string text);
  std::vector<std::string> take(std::string_view table) &&;

 private:
  std::vector<std::string> named_;
  std::size_t more_ = 0;
};

/// "element 12 of `weft_egress_actions` is 3, not 1".
std::vector<std::string> table_differences(const bundle::MapImage& image, std::span<const std::uint8_t> now);
/// "`10.0.0.7` is class 9 in `weft_exact4`, not class 4".
std::vector<std::string> entry_differences(const bundle::MapImage& image, const Tables::Entries& now);
/// Of the hosts of IPv6 in buckets and in the hash behind them, wherever there they are; `hash` is null where the
/// bundle has none.
std::vector<std::string> host6_differences(const bundle::MapImage& buckets, std::span<const std::uint8_t> buckets_now,
                                           const bundle::MapImage* hash, const Tables::Entries& hash_now);
/// Of who is at which interface or cgroup; their numbers in the tables do not matter.
std::vector<std::string> endpoint_differences(const std::vector<Target>& targets, const EndpointTables& wanted,
                                              std::span<const std::uint8_t> endpoints,
                                              std::span<const std::uint8_t> slots);

}  // namespace weft::runtime
