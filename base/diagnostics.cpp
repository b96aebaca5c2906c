#include "base/diagnostics.h"

namespace weft {

Diagnostic& Diagnostics::add(Diagnostic diagnostic) {
  const auto found = levels_.find(diagnostic.code);
  if (diagnostic.severity == Severity::Error) {
    const bool softened = found != levels_.end() && found->second == LintLevel::Warn;
    if (softened) diagnostic.severity = Severity::Warning;
    ++(softened ? warnings_ : errors_);
  } else if (diagnostic.severity == Severity::Warning) {
    const LintLevel level = found == levels_.end() ? LintLevel::Warn : found->second;
    switch (level) {
      case LintLevel::Allow:
        return dropped_ = std::move(diagnostic);
      case LintLevel::Warn:
        ++warnings_;
        break;
      case LintLevel::Deny:
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
