#include "base/diagnostics.h"

namespace weft {

Diagnostic& Diagnostics::add(Diagnostic diagnostic) {
  if (diagnostic.severity == Severity::Error) ++errors_;
  if (diagnostic.severity == Severity::Warning) {
    const auto found = levels_.find(diagnostic.code);
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
