#pragma once

#include <string>
#include <string_view>

#include "base/diagnostics.h"

namespace weft::driver {

/// What `weft diff` has to say in the formats in which a finding has a code.

/// the flow
inline constexpr DiagnosticKind<std::string> widened{"W3030", Severity::Warning, "more is allowed than before: {}"};
/// the flow
inline constexpr DiagnosticKind<std::string> narrowed{"W3031", Severity::Warning, "less is allowed than before: {}"};
/// the key, what the old policy says of it, what the new one does
inline constexpr DiagnosticKind<std::string, std::string, std::string> other_vocabulary{
    "W3032", Severity::Note, "label {} is {} in the old policy and {} in the new one; all values of both are compared"};
/// the question, the reason
inline constexpr DiagnosticKind<std::string, std::string> diff_undecided{"W3033", Severity::Warning,
                                                                         "could not decide {}: {}"};

// As they travel in an Error.
namespace diff_code {
inline constexpr std::string_view no_such_side = "W3040";  ///< neither a file, nor a directory, nor a revision
inline constexpr std::string_view git_failed = "W3041";    ///< git cannot be run, or fails
}  // namespace diff_code

}  // namespace weft::driver
