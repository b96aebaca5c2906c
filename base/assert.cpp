#include "base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace weft {

void assertion_failed(const char* invariant, const char* file, int line) {
  std::fprintf(stderr, "weft: internal error: %s (%s:%d)\nThis is a bug in weft, not in your policy.\n", invariant,
               file, line);
  std::fflush(nullptr);
  std::_Exit(70);
}

}  // namespace weft
