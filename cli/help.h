#pragma once

#include <string_view>

namespace weft::cli {

/// What a command says of itself. The first sentence of the description stands in the list of commands.
struct CommandHelp {
  std::string_view name;
  std::string_view description;
  std::string_view examples;
};

extern const CommandHelp root_help;
extern const CommandHelp check_help;
extern const CommandHelp build_help;
extern const CommandHelp query_help;
extern const CommandHelp reach_help;
extern const CommandHelp graph_help;
extern const CommandHelp test_help;
extern const CommandHelp diff_help;
extern const CommandHelp labels_help;
extern const CommandHelp profile_help;
extern const CommandHelp fmt_help;
extern const CommandHelp load_help;
extern const CommandHelp unload_help;
extern const CommandHelp status_help;
extern const CommandHelp monitor_help;
extern const CommandHelp doctor_help;
extern const CommandHelp lsp_help;
extern const CommandHelp explain_help;
extern const CommandHelp version_help;
extern const CommandHelp help_help;

/// Of `weft` without a word.
extern const std::string_view short_help;
/// Of `weft help exit-codes`.
extern const std::string_view exit_codes_help;

}  // namespace weft::cli
