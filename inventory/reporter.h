#pragma once

#include <optional>

#include "base/diagnostics.h"
#include "inventory/diagnostics.h"

namespace weft::inventory {

/// Reports for one reading, up to a limit: garbage of 10 MB must not become a million messages.
class Reporter {
 public:
  /// Few enough that the message about the others is among those shown.
  static constexpr std::size_t most_errors = 50;

  explicit Reporter(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  template <typename... Arguments>
  Diagnostic& report(const DiagnosticKind<Arguments...>& kind, std::optional<Span> span,
                     const std::type_identity_t<Arguments>&... arguments) {
    if (kind.severity == Severity::Error && ++errors_ > most_errors) {
      if (errors_ == most_errors + 1) diagnostics_.report(too_many_errors, span, most_errors);
      return discarded_ = Diagnostic{};
    }
    return diagnostics_.report(kind, span, arguments...);
  }

  std::size_t errors() const { return errors_; }
  /// More would not be shown: reading on is of no use to anybody.
  bool full() const { return errors_ > most_errors; }

 private:
  Diagnostics& diagnostics_;
  Diagnostic discarded_;
  std::size_t errors_ = 0;
};

}  // namespace weft::inventory
