#include "codegen/specialise.h"

#include "base/assert.h"

namespace weft::codegen {

Lines::Lines(llvm::Function& function, llvm::DICompileUnit* unit) : context_(function.getContext()) {
  const llvm::DISubprogram* declared = function.getSubprogram();
  WEFT_ASSERT(declared, "clang describes what the data path declares");
  function_ = llvm::DISubprogram::getDistinct(
      context_, declared->getFile(), function.getName(), {}, declared->getFile(), declared->getLine(),
      declared->getType(), declared->getLine(), nullptr, 0, 0, llvm::DINode::FlagPrototyped,
      llvm::DISubprogram::SPFlagDefinition | llvm::DISubprogram::SPFlagLocalToUnit |
          llvm::DISubprogram::SPFlagOptimized,
      unit);
  function.setSubprogram(function_);
}

void Lines::stand_at(llvm::IRBuilder<>& ir, const std::optional<Place>& place) {
  if (!place) {
    ir.SetCurrentDebugLocation(llvm::DILocation::get(context_, function_->getLine(), 0, function_));
    return;
  }
  llvm::DILexicalBlockFile*& file = files_[place->source];
  if (!file) {
    // With its text, or LLVM would look for a file of that name where a policy is compiled.
    auto* described = llvm::DIFile::get(context_, place->source->name(), "", std::nullopt, place->source->text());
    file = llvm::DILexicalBlockFile::get(context_, function_, described, 0);
  }
  ir.SetCurrentDebugLocation(llvm::DILocation::get(context_, place->position.line, place->position.column, file));
}

}  // namespace weft::codegen
