#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "base/result.h"

namespace weft::runtime {

/// Where a variable of the object lies: libbpf makes one map of each data section.
struct GlobalSymbol {
  std::string section;  ///< ".bss", ".data", ".rodata", or one of these with a suffix
  std::uint64_t offset = 0;
  std::uint64_t size = 0;

  bool operator==(const GlobalSymbol&) const = default;
};

/// The variables in the data sections of a 64-bit little-endian ELF object, by name.
///
/// Errors: W6006 where it is no such object; offsets that lead out of it are never followed.
Result<std::map<std::string, GlobalSymbol>> global_symbols(std::span<const std::uint8_t> object);

}  // namespace weft::runtime
