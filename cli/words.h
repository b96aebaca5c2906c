#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/result.h"
#include "base/text.h"
#include "driver/files.h"
#include "model/policy.h"

namespace CLI {
class App;
}

/// The command line before it is judged, and what the readers of all commands ask of it.
namespace weft::cli {

/// What the options of all commands write into.
struct Words {
  std::string format;
  std::string color;
  bool quiet = false;
  bool version = false;
  std::vector<std::string> positionals;
  std::vector<std::string> policies;
  std::vector<std::string> inventories;
  std::string dump_smt;
  bool widen_obligations = false;
  bool strict = false;
  bool verbose = false;
  std::string effort;
  bool fix = false;
  bool dry_run = false;
  std::string output;
  std::string emit;
  bool print_plan = false;
  std::string batch;
  bool exit_code = false;
  std::vector<std::string> maps;
  std::vector<std::string> only;
  bool skip_missing = false;
  bool anew = false;
  std::string verify;
  std::string hook;
  bool write = false;
  bool check = false;
  bool diff = false;
  std::vector<std::string> topic;
  std::string config;
  bool no_config = false;
  std::string now;
  std::string filter;
  std::string fail_on;
  bool coverage = false;
  std::string from;
  std::string to;
  std::string service;
  std::string by;
  std::string focus;
  std::string depth;
  std::string against;
  bool transitive = false;
  bool blast_radius = false;
  bool exposed = false;
  bool watch = false;
  bool stdio = false;
  std::string events;
  std::string count_pairs;
  bool pairs = false;
  std::string strategy;
  std::string max_table_bytes;
  bool explain_plan = false;
  std::vector<std::string> workloads;
  std::string verdict;
  std::vector<std::string> rules;
  std::string count;
  std::string seconds;
};

/// W9001.
std::unexpected<Error> usage_error(std::string message, std::string help);

/// W9001 for a word that the command does not take, with the nearest option.
std::unexpected<Error> unexpected_word(const CLI::App& command, const std::string& word);

/// A variable that is set and not empty.
std::optional<std::string> environment(const char* name);

/// The names in a variable, with `:` between them.
std::vector<std::string> split_names(const std::string& text);

/// The project file to read, or an empty name.
Result<std::string> project_of(const Words& words);

/// When the flows happen: the clock is an input like others.
Result<model::Moment> now_of(const Words& words);

/// Policies, inventories and project, at least one policy or a project; `paths` are policies as well.
Result<driver::InputNames> inputs_of(const CLI::App& command, const Words& words, std::vector<std::string> paths);

/// The number given to an option, from `least` to `most`; nothing where it is not given.
Result<std::optional<std::uint64_t>> number_of(std::string_view option, const std::string& text, std::uint64_t least,
                                               std::uint64_t most);

/// The value of an option with a fixed set of values: of the flag, else of the environment.
template <typename Value>
Result<Value> choice(std::string_view option, std::string text, const char* variable,
                     std::initializer_list<std::pair<std::string_view, Value>> values, Value otherwise) {
  std::string origin(option);
  if (text.empty() && variable != nullptr) {
    if (const auto set = environment(variable)) {
      text = *set;
      origin = variable;
    }
  }
  if (text.empty()) return otherwise;
  std::vector<std::string_view> names;
  for (const auto& [name, value] : values) {
    if (text == name) return value;
    names.push_back(name);
  }
  return usage_error(fmt::format("`{}` is no value of {}", printable(text), origin),
                     fmt::format("it is one of: {}", fmt::join(names, ", ")));
}

}  // namespace weft::cli
