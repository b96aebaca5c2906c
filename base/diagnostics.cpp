#include "base/diagnostics.h"

namespace weft {

Diagnostic& Diagnostics::add(Diagnostic diagnostic) {
  if (diagnostic.severity == Severity::Error) ++errors_;
  if (diagnostic.severity == Severity::Warning) {
    const auto found = levels_.find(diagnostic.code);
    const Level level = found == levels_.end() ? Level::Warn : found->second;
    switch (level) {
      case Level::Allow:
        return dropped_ = std::move(diagnostic);
      case Level::Warn:
        ++warnings_;
        break;
      case Level::Deny:
        ++denied_;
        diagnostic.severity = Severity::Error;
        diagnostic.denied = true;
        break;
    }
  }
  all_.push_back(std::move(diagnostic));
  return all_.back();
}

}  // namespace weft
