#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "bundle/bundle.h"

namespace weft::test {

/// What the kernel's verifier did with one program. It may walk a million instructions, and functions that call each
/// other may take 512 bytes of stack together.
struct Verified {
  std::string program;
  unsigned walked = 0;
  /// What the calls that take the most stack take together, as kernels count it: every function is rounded up to 16
  /// bytes where programs are compiled (Linux 6.9 and later), to 32 before.
  unsigned stack = 0, stack_before_6_9 = 0;
  std::string deepest;                ///< those calls: "weft_from_workload 112, weft_decide_egress 16"
  unsigned calls = 0;                 ///< functions in that row of calls
  std::vector<int> helpers;           ///< the kernel's functions that it calls, by number, ascending
  bool calls_kernel_by_name = false;  ///< kfuncs, of which Linux 5.15 has none for programs like these
};

/// Lets the kernel verify the programs of the bundle, all of them at once; nothing stays loaded. Errors: what the
/// kernel said.
Result<std::vector<Verified>> verified(const bundle::Bundle& bundle);

}  // namespace weft::test
