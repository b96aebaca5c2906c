#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "bundle/bundle.h"

namespace weft::test {

/// What the kernel's verifier did with one program. It may walk a million instructions and 512 bytes of stack.
struct Verified {
  std::string program;
  unsigned walked = 0;
  unsigned stack = 0;  ///< the deepest of the functions that are verified each on its own
};

/// Lets the kernel verify each program of the bundle by itself; nothing stays loaded. Errors: what the kernel said.
Result<std::vector<Verified>> verified(const bundle::Bundle& bundle);

}  // namespace weft::test
