#include "codegen/version.h"

#include <llvm/Config/llvm-config.h>

namespace weft::codegen {

std::string llvm_version() { return LLVM_VERSION_STRING; }

}  // namespace weft::codegen
