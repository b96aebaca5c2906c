#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace weft::cli {

/// Help as people read it: what it is for, examples, then the options with those of every command last.
class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override;
};

}  // namespace weft::cli
