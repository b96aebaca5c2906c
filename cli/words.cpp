#include "cli/words.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include <CLI/CLI.hpp>

#include "cli/options.h"
#include "driver/moment.h"
#include "driver/project.h"

namespace weft::cli {

std::unexpected<Error> usage_error(std::string message, std::string help) {
  return std::unexpected(Error{"W9001", std::move(message), std::move(help)});
}

std::unexpected<Error> unexpected_word(const CLI::App& command, const std::string& word) {
  if (!word.starts_with('-') || word == "-") {
    return usage_error(fmt::format("unexpected argument `{}`", printable(word)), see_help(command));
  }
  std::vector<std::string> names;
  for (const CLI::App* app : {&command, command.get_parent()}) {
    if (app == nullptr) continue;
    for (const CLI::Option* option : app->get_options()) {
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
  }
  const std::string near = nearest(word.substr(0, word.find('=')), names);
  return usage_error(fmt::format("there is no option `{}`", printable(word)),
                     near.empty() ? see_help(command) : fmt::format("did you mean `{}`?", near));
}

std::optional<std::string> environment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0') return {};
  return value;
}

std::vector<std::string> split_names(const std::string& text) {
  std::vector<std::string> names;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(':', begin), text.size());
    if (end > begin) names.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return names;
}

Result<std::string> project_of(const Words& words) {
  if (words.no_config && !words.config.empty()) {
    return usage_error("--config and --no-config are both given", "leave one out");
  }
  if (words.no_config) return std::string();
  if (!words.config.empty()) return words.config;
  if (const auto set = environment("WEFT_CONFIG")) return *set;
  return driver::find_project();
}

Result<model::Moment> now_of(const Words& words) {
  const auto set = environment("WEFT_NOW");
  if (words.now.empty() && !set) return driver::clock_moment();
  auto moment = driver::parse_moment(words.now.empty() ? *set : words.now);
  if (!moment) moment.error().message += words.now.empty() ? " (WEFT_NOW)" : " (--now)";
  return moment;
}

Result<driver::InputNames> inputs_of(const CLI::App& command, const Words& words, std::vector<std::string> paths) {
  driver::InputNames inputs;
  inputs.policies = std::move(paths);
  inputs.policies.insert(inputs.policies.end(), words.policies.begin(), words.policies.end());
  inputs.inventories = words.inventories;
  if (const auto set = environment("WEFT_POLICY"); set && inputs.policies.empty()) inputs.policies = split_names(*set);
  if (const auto set = environment("WEFT_INVENTORY"); set && inputs.inventories.empty()) {
    inputs.inventories = split_names(*set);
  }
  auto project = project_of(words);
  if (!project) return std::unexpected(std::move(project.error()));
  inputs.project = std::move(*project);
  if (inputs.policies.empty() && inputs.project.empty()) {
    return usage_error(
        "no policy is given",
        fmt::format("name a file or a directory, such as `weft {} .`, or put a `weft.toml` here", command.get_name()));
  }
  for (const auto& [names, what] : {std::pair{&inputs.policies, "a policy"}, {&inputs.inventories, "an inventory"}}) {
    if (std::ranges::find(*names, "") == names->end()) continue;
    return usage_error(fmt::format("the name of {} is empty", what), "is a variable of the shell not set?");
  }
  return inputs;
}

Result<std::optional<std::uint64_t>> number_of(std::string_view option, const std::string& text, std::uint64_t least,
                                               std::uint64_t most) {
  if (text.empty()) return std::nullopt;
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [rest, problem] = std::from_chars(text.data(), end, value);
  if (problem == std::errc{} && rest == end && value >= least && value <= most) return value;
  return usage_error(fmt::format("`{}` is no value of {}", printable(text), option),
                     most == UINT64_MAX ? fmt::format("it is a number from {} up", least)
                                        : fmt::format("it is a number from {} to {}", least, most));
}

}  // namespace weft::cli
