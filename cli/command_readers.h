#pragma once

#include "cli/arguments.h"
#include "cli/words.h"

/// One function a command: judges the words that were given to it. Errors are W9001 unless said otherwise.
namespace weft::cli {

Result<Command> check_command(const CLI::App& command, Words& words);
Result<Command> build_command(const CLI::App& command, Words& words);
Result<Command> query_command(const CLI::App& command, Words& words);
Result<Command> reach_command(const CLI::App& command, Words& words);
Result<Command> graph_command(const CLI::App& command, Words& words);
Result<Command> test_command(const CLI::App& command, Words& words);
Result<Command> diff_command(const CLI::App& command, Words& words);
Result<Command> labels_command(const CLI::App& command, Words& words);
Result<Command> profile_command(const CLI::App& command, Words& words);
Result<Command> load_command(const CLI::App& command, Words& words);
Result<Command> monitor_command(const CLI::App& command, Words& words);
Result<Command> fmt_command(Words& words);
Result<Command> explain_command(const CLI::App& command, Words& words);
Result<Command> help_command(const CLI::App& root, const Words& words);

}  // namespace weft::cli
