#pragma once

namespace weft {

/// Prints the broken invariant with its place and aborts. Called by WEFT_ASSERT only.
[[noreturn]] void assertion_failed(const char* invariant, const char* file, int line);

}  // namespace weft

/// States an invariant of ours, checked in every build. Never for input: bad input is a diagnostic.
#define WEFT_ASSERT(condition, invariant)                                        \
  do {                                                                           \
    if (!(condition)) ::weft::assertion_failed((invariant), __FILE__, __LINE__); \
  } while (false)
