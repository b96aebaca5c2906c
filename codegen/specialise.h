// Private to codegen: shows LLVM types.
#pragma once

#include <map>

#include <llvm/IR/DebugInfoMetadata.h>
#include <llvm/IR/Function.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Module.h>

#include "codegen/layout.h"

namespace weft::codegen {

/// Gives the data path the numbers, tables, maps and functions that `datapath/tables.h` leaves open. Tables are zero:
/// their contents travel beside the object, so the program text is the same for all policies of one shape.
void specialise(llvm::Module& module, const Layout& layout);

/// The line information of one generated function. What the kernel says about an instruction it says with the line of
/// it: that of the statement which asked for the instruction, else that of the function's declaration in the data path.
class Lines {
 public:
  /// Describes the function, which the data path declares, as one that stands where it is declared.
  Lines(llvm::Function& function, llvm::DICompileUnit* unit);

  /// The instructions that are built from here on stand at that place; without one, at the declaration.
  void stand_at(llvm::IRBuilder<>& ir, const std::optional<Place>& place);

 private:
  llvm::LLVMContext& context_;
  llvm::DISubprogram* function_ = nullptr;
  std::map<const Source*, llvm::DILexicalBlockFile*> files_;
};

}  // namespace weft::codegen
