#pragma once

#include <cstdint>

#include "model/address.h"

namespace weft::bench {

/// The IPv4 address of that number, or the one in fd00::/96 whose last four bytes it is.
inline model::Address address_of(std::uint32_t number, bool six) {
  if (!six) return model::v4_address(number);
  model::Address out;
  out.family = model::Family::V6;
  out.bytes[0] = 0xFD;
  for (std::size_t i = 0; i < 4; ++i) out.bytes[12 + i] = static_cast<std::uint8_t>(number >> (24 - 8 * i));
  return out;
}

}  // namespace weft::bench
