#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/diagnostics.h"

/// Everything the verifier has to say.
namespace weft::verifier {

/// the policy that denies, the policy that allows, what comes of it
inline constexpr DiagnosticKind<std::string_view, std::string_view, std::string_view> conflict{
    "W3001", Severity::Warning, "a `deny` of `{}` and an `allow` of `{}` match the same flow; {}"};

/// the assertion as written, as code, who reaches whom on what
inline constexpr DiagnosticKind<std::string, std::string> never_refuted{"W3002", Severity::Error, "{} is broken: {}"};

/// the assertion as written, as code, who cannot reach whom on what
inline constexpr DiagnosticKind<std::string, std::string> always_refuted{"W3003", Severity::Error, "{} is broken: {}"};

/// the question, the reason
inline constexpr DiagnosticKind<std::string, std::string> undecided{"W3004", Severity::Warning,
                                                                    "could not decide {}: {}"};

/// the assertion as written, as code, the reason
inline constexpr DiagnosticKind<std::string, std::string> vacuous_assertion{"W3005", Severity::Warning,
                                                                            "{} proves nothing: {}"};

/// the two policies, the priority and the tier they share
inline constexpr DiagnosticKind<std::string_view, std::string_view, std::int64_t, std::string_view> ambiguous_priority{
    "W3006", Severity::Error,
    "policies `{}` and `{}` share priority {} of tier `{}`, and which of them decides a flow would hang on the "
    "position "
    "of its rules"};

/// what did not reproduce
inline constexpr DiagnosticKind<std::string> internal_disagreement{"W3007", Severity::Error, "internal error: {}"};

/// what is audited and "is" or "are", "it" or "them"
inline constexpr DiagnosticKind<std::string, std::string_view> audited{
    "W3009", Severity::Note, "{} not in force: findings and proofs are about the policy without {}"};

/// what was left out, the reason
inline constexpr DiagnosticKind<std::string, std::string> left_out{"W3008", Severity::Warning, "did not check {}: {}"};

// Rules and isolations without which nothing would change. What it is, as in "this `allow`".

/// what it is
inline constexpr DiagnosticKind<std::string_view> shadowed{
    "W3010", Severity::Warning, "this {} never decides: whatever it matches is decided before"};

inline constexpr DiagnosticKind<> overridden{
    "W3011", Severity::Warning, "this `allow` never has its way: whatever it matches is denied on its own level"};

/// what it is, who says the same
inline constexpr DiagnosticKind<std::string_view, std::string_view> redundant{
    "W3012", Severity::Warning, "this {} changes nothing: {} the same of whatever it matches"};

/// what it is, why
inline constexpr DiagnosticKind<std::string_view, std::string> contradictory{"W3013", Severity::Warning,
                                                                             "this {} never matches: {}"};

/// "tier" or "policy", its name, why
inline constexpr DiagnosticKind<std::string_view, std::string, std::string_view> unreachable{
    "W3014", Severity::Warning, "nothing in {} `{}` ever decides: {}"};

/// when, in how many days
inline constexpr DiagnosticKind<std::string, std::string> expires_soon{
    "W3015", Severity::Warning, "this rule expires on {}, {}: from then on it matches nothing"};

// The closed world: an inventory.

/// a selector, or a group by name, as code
inline constexpr DiagnosticKind<std::string> matches_nobody{"W3020", Severity::Warning,
                                                            "nobody in the inventory matches {}"};

/// the range, as code; who has addresses in it
inline constexpr DiagnosticKind<std::string, std::string> world_range_with_owners{
    "W3021", Severity::Warning, "{} does not match {} of the inventory whose addresses lie in it"};

/// the range, as code; who has addresses in it; ", whatever their labels say"
inline constexpr DiagnosticKind<std::string, std::string, std::string_view> range_with_owners{
    "W3022", Severity::Warning, "{} matches {} of the inventory by their addresses{}"};

/// who, "may open connections and cannot" in number
inline constexpr DiagnosticKind<std::string> no_names{
    "W3023", Severity::Warning, "{} open connections, and reach nobody on udp/53 to ask for a name"};

}  // namespace weft::verifier
