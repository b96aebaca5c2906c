#pragma once

#include <cstdint>
#include <span>

namespace weft::codegen {

/// The data path of `codegen/datapath/` as LLVM bitcode, not yet optimised.
std::span<const std::uint8_t> datapath_bitcode();

}  // namespace weft::codegen
