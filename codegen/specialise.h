// Private to codegen: shows LLVM types.
#pragma once

#include <llvm/IR/Module.h>

#include "codegen/layout.h"

namespace weft::codegen {

/// Gives the data path the numbers, tables, maps and functions that `datapath/tables.h` leaves open. Tables are zero:
/// their contents travel beside the object, so the program text is the same for all policies of one shape.
void specialise(llvm::Module& module, const Layout& layout);

}  // namespace weft::codegen
