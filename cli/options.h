#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/words.h"

namespace weft::cli {

/// All commands and their options, which write into `words`.
void define(CLI::App& root, Words& words);

/// The formats a command can write, `text` first.
std::vector<std::string_view> formats_of(std::string_view command);

/// "see `weft check --help`".
std::string see_help(const CLI::App& app);

std::vector<std::string> command_names(const CLI::App& root);

}  // namespace weft::cli
