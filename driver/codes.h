#pragma once

#include <cstdint>
#include <string_view>

#include "base/diagnostics.h"

namespace weft::driver {

// Trouble with the files of a run.
inline constexpr DiagnosticKind<std::string_view> file_not_found{"W9002", Severity::Error,
                                                                 "there is no file or directory `{}`"};
inline constexpr DiagnosticKind<std::string_view, std::string_view> file_unreadable{"W9003", Severity::Error,
                                                                                    "cannot read `{}`: {}"};
inline constexpr DiagnosticKind<std::string_view, std::string_view> directory_without_files{
    "W9004", Severity::Error, "the directory `{}` holds no file named {}"};
inline constexpr DiagnosticKind<std::string_view, std::uint64_t> file_too_big{
    "W9005", Severity::Error, "`{}` is bigger than {} MiB, the most that is read"};
inline constexpr DiagnosticKind<> stdin_twice{"W9006", Severity::Error, "standard input is asked for more than once"};
inline constexpr DiagnosticKind<std::string_view> empty_policy{"W9010", Severity::Error, "`{}` is empty"};
inline constexpr DiagnosticKind<std::string_view, std::string_view> directory_unwritable{
    "W9012", Severity::Error, "cannot write into the directory `{}`: {}"};
inline constexpr DiagnosticKind<std::string_view, std::string_view> wrong_kind{"W9015", Severity::Error,
                                                                               "`{}` looks like {}"};
inline constexpr DiagnosticKind<std::string_view, std::string_view> no_file{"W9016", Severity::Error,
                                                                            "`{}` is {}, and no file"};
inline constexpr DiagnosticKind<std::string_view> utf16_policy{"W9017", Severity::Error, "`{}` is UTF-16 text"};
// W9019: a file cannot be changed by `check --fix`, as an Error of driver/fix.h.
inline constexpr DiagnosticKind<> no_inventory{"W9007", Severity::Error, "there is no inventory to build for"};

// W9018 is a `--now` or WEFT_NOW that is neither a date nor a time.

// Trouble with the project file.
inline constexpr DiagnosticKind<std::string> project_syntax{"W9020", Severity::Error, "this is no TOML: {}"};
inline constexpr DiagnosticKind<std::string_view> project_unknown_key{"W9021", Severity::Error,
                                                                      "a project file has no key `{}`"};
inline constexpr DiagnosticKind<std::string_view, std::string_view, std::string_view> project_wrong_type{
    "W9022", Severity::Error, "`{}` is {}, and not {}"};
inline constexpr DiagnosticKind<std::string_view, std::string_view> project_wrong_value{"W9023", Severity::Error,
                                                                                        "`{}` is no {}"};
inline constexpr DiagnosticKind<std::string_view> project_unknown_code{"W9024", Severity::Error,
                                                                       "there is no finding `{}`"};
inline constexpr DiagnosticKind<std::string_view> project_fixed_code{
    "W9025", Severity::Error, "`{}` is an error whatever a project says: only warnings have levels"};
inline constexpr DiagnosticKind<std::string_view, std::string_view> project_profile{
    "W9026", Severity::Error, "the policy is written for profile `{}`, the project for `{}`"};
inline constexpr DiagnosticKind<std::string_view> project_no_match{"W9027", Severity::Error, "no file matches `{}`"};

// A file that `weft fmt --write` cannot replace, as it travels in an Error.
inline constexpr std::string_view rewrite_failed = "W9030";
// An expectation that a flow is not as; in the formats in which a finding has a code.
inline constexpr DiagnosticKind<std::string, std::string> expectation_fails{"W9050", Severity::Error,
                                                                            "test `{}`: `{}` does not hold"};

// What a rule asks for and no packet filter can see.
inline constexpr DiagnosticKind<std::string> obligation_refused{"W9031", Severity::Error,
                                                                "a packet filter cannot see to {}"};
inline constexpr DiagnosticKind<std::string, std::string_view> obligation_widened{
    "W9032", Severity::Warning, "{} is left out of what is built: the rule will {} every flow of its service"};

// Questions about reachability that cannot be answered, as they travel in an Error.
namespace reach_code {
inline constexpr std::string_view unknown_key = "W9070";      ///< nobody has the label to group by
inline constexpr std::string_view unknown_subject = "W9071";  ///< no workload, node or group of that name
inline constexpr std::string_view nobody = "W9072";           ///< a subject that matches nobody
inline constexpr std::string_view named_port = "W9073";       ///< a service by name, to which no destination is known
}  // namespace reach_code

// Codes of questions that cannot be answered, as they travel in an Error.
namespace query_code {
inline constexpr std::string_view malformed = "W9101";         ///< no flow can be read out of the text
inline constexpr std::string_view unknown_name = "W9102";      ///< the inventory has no such workload or node
inline constexpr std::string_view bad_address = "W9103";       ///< no IPv4 or IPv6 address
inline constexpr std::string_view bad_service = "W9104";       ///< not one service of one protocol
inline constexpr std::string_view no_common_family = "W9105";  ///< one end has only IPv4, the other only IPv6
inline constexpr std::string_view bad_peer = "W9106";          ///< an imagined workload the inventory contradicts
inline constexpr std::string_view doubtful = "W9107";  ///< a label of an imagined workload that no rule can tell
}  // namespace query_code

}  // namespace weft::driver
