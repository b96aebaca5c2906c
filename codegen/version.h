#pragma once

#include <string>

namespace weft::codegen {

/// The version of the LLVM that emits programs: "19.1.7".
std::string llvm_version();

}  // namespace weft::codegen
