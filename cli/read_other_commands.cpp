#include <algorithm>

#include <CLI/CLI.hpp>

#include "cli/command_readers.h"
#include "cli/help.h"
#include "cli/options.h"

namespace weft::cli {

Result<Command> load_command(const CLI::App& command, Words& words) {
  if (words.positionals.empty()) return usage_error("no bundle is given", "build one with `weft build PATH -o DIR`");
  if (words.positionals.size() > 1) return unexpected_word(command, words.positionals[1]);
  using runtime::Hook;
  const auto hook = choice<Hook>("--hook", words.hook, "WEFT_HOOK",
                                 {{"auto", Hook::Auto}, {"tcx", Hook::Tcx}, {"clsact", Hook::Clsact}}, Hook::Auto);
  if (!hook) return std::unexpected(hook.error());
  LoadArguments arguments{words.positionals[0], {}, words.only, words.skip_missing, *hook, words.anew};
  for (const std::string& map : words.maps) {
    const std::size_t equals = map.rfind('=');  // interface names have none
    if (equals == std::string::npos || equals == 0 || equals + 1 == map.size()) {
      return usage_error(fmt::format("`{}` is no value of --map", printable(map)), "it is written WORKLOAD=INTERFACE");
    }
    if (!arguments.interfaces.emplace(map.substr(0, equals), map.substr(equals + 1)).second) {
      return usage_error(fmt::format("--map names `{}` twice", printable(map.substr(0, equals))), {});
    }
  }
  for (const auto& [workload, interface] : arguments.interfaces) {
    if (words.only.empty() || std::ranges::find(words.only, workload) != words.only.end()) continue;
    return usage_error(fmt::format("--map names `{}`, which --only leaves out", printable(workload)),
                       fmt::format("add `--only {}`, or leave its --map out", printable(workload)));
  }
  return arguments;
}

Result<Command> monitor_command(const CLI::App& command, Words& words) {
  if (!words.positionals.empty()) return unexpected_word(command, words.positionals[0]);
  using Verdict = MonitorArguments::Verdict;
  const auto verdict = choice<Verdict>(
      "--verdict", words.verdict, nullptr,
      {{"allow", Verdict::Allow}, {"deny", Verdict::Deny}, {"audited", Verdict::Audited}}, Verdict::Any);
  if (!verdict) return std::unexpected(verdict.error());
  const auto count = number_of("--count", words.count, 1, UINT64_MAX);
  if (!count) return std::unexpected(count.error());
  const auto seconds = number_of("--for", words.seconds, 1, 1'000'000'000);
  if (!seconds) return std::unexpected(seconds.error());
  return MonitorArguments{words.workloads, *verdict, words.rules, *count, *seconds};
}

Result<Command> fmt_command(Words& words) {
  FmtArguments arguments{std::move(words.positionals), {}, words.write, words.check, words.diff};
  if (words.write && (words.check || words.diff)) {
    return usage_error(fmt::format("--write and {} are both given", words.check ? "--check" : "--diff"),
                       "leave one out: the one changes files, the other only looks");
  }
  if (std::ranges::find(arguments.paths, "") != arguments.paths.end()) {
    return usage_error("the name of a policy is empty", "name a file or a directory");
  }
  // Files that nobody named are not rewritten because somebody forgot a word.
  if (arguments.paths.empty()) {
    if (arguments.prints()) {
      return usage_error(
          "no file is named",
          "`weft fmt --write` rewrites the files of the project, `--check` lists those that would change, "
          "`weft fmt -` formats standard input");
    }
    auto project = project_of(words);
    if (!project) return std::unexpected(std::move(project.error()));
    arguments.project = std::move(*project);
    if (arguments.project.empty()) arguments.paths = {"."};
  }
  if (arguments.write && std::ranges::find(arguments.paths, "-") != arguments.paths.end()) {
    return usage_error("standard input cannot be rewritten", "leave out --write: the text is printed");
  }
  return arguments;
}

Result<Command> help_command(const CLI::App& root, const Words& words) {
  if (words.topic.empty()) return HelpArguments{root.help()};
  if (words.topic.size() > 1) {
    return usage_error(fmt::format("unexpected argument `{}`", printable(words.topic[1])), "name one topic");
  }
  if (words.topic[0] == "exit-codes") return HelpArguments{std::string(exit_codes_help)};
  for (const CLI::App* command : root.get_subcommands({})) {
    if (command->get_name() == words.topic[0]) return HelpArguments{command->help()};
  }
  std::vector<std::string> topics = command_names(root);
  topics.push_back("exit-codes");
  const std::string near = nearest(words.topic[0], topics);
  return usage_error(
      fmt::format("there is no help on `{}`", printable(words.topic[0])),
      near.empty() ? "see `weft --help` for the commands" : fmt::format("did you mean `weft help {}`?", near));
}

}  // namespace weft::cli
