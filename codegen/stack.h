#pragma once

#include <string>

#include "bundle/bundle.h"

namespace weft::codegen {

/// What the kernel grants the functions of a program that call each other: it refuses whatever takes more.
inline constexpr unsigned most_stack = 512, most_calls = 8;

/// A row of calls, from a program on.
struct CallRow {
  unsigned stack = 0;     ///< of all functions in it together, in bytes
  unsigned calls = 0;     ///< functions in it
  std::string functions;  ///< "weft_from_workload 112, weft_decide_egress 16"
};

/// The row of calls in an object that takes the most stack, as the kernel counts it: every function is rounded up to
/// `rounding` bytes, 16 since Linux 6.9 where programs are compiled, 32 before. Of an object that is none: an empty
/// row.
CallRow deepest_row(const bundle::Bytes& object, unsigned rounding);

}  // namespace weft::codegen
