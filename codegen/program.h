#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "bundle/bundle.h"
#include "codegen/layout.h"

namespace weft::codegen {

/// A program as LLVM writes it.
struct Program {
  bundle::Bytes object;            ///< ELF with BTF and without DWARF
  std::uint64_t instructions = 0;  ///< of the whole object
};

/// Specialises the data path for a layout and compiles it. Errors: W4103 with what LLVM says.
Result<Program> compile(const Layout& layout);

/// The specialised data path after optimisation, as text. Errors: W4103.
Result<std::string> compile_to_ir(const Layout& layout);

/// The same as assembly. Errors: W4103.
Result<std::string> compile_to_assembly(const Layout& layout);

}  // namespace weft::codegen
