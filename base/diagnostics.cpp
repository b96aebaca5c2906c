#include "base/diagnostics.h"

namespace weft {

Diagnostic& Diagnostics::add(Diagnostic diagnostic) {
  if (diagnostic.severity == Severity::Error) ++errors_;
  if (diagnostic.severity == Severity::Warning) ++warnings_;
  all_.push_back(std::move(diagnostic));
  return all_.back();
}

}  // namespace weft
