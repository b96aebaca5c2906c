#include "cli/arguments.h"

#include <algorithm>
#include <utility>

#include <CLI/CLI.hpp>

#include "cli/command_readers.h"
#include "cli/help.h"
#include "cli/options.h"

namespace weft::cli {
namespace {

std::unexpected<Error> unknown_command(const CLI::App& root, const std::string& word) {
  const std::string near = nearest(word, command_names(root));
  return usage_error(
      fmt::format("there is no command `{}`", printable(word)),
      near.empty() ? "see `weft --help` for the commands" : fmt::format("did you mean `weft {}`?", near));
}

Result<Command> command_of(const CLI::App& root, const CLI::App& command, Words& words) {
  const std::string& name = command.get_name();
  if (name == "check") return check_command(command, words);
  if (name == "build") return build_command(command, words);
  if (name == "query") return query_command(command, words);
  if (name == "reach") return reach_command(command, words);
  if (name == "graph") return graph_command(command, words);
  if (name == "test") return test_command(command, words);
  if (name == "diff") return diff_command(command, words);
  if (name == "labels") return labels_command(command, words);
  if (name == "profile") return profile_command(command, words);
  if (name == "fmt") return fmt_command(words);
  if (name == "load") return load_command(command, words);
  if (name == "unload") return UnloadArguments{};
  if (name == "status" && words.pairs && !words.verify.empty()) {
    return usage_error("`--pairs` and `--verify` show different things", "ask for one of them");
  }
  if (name == "status") return StatusArguments{words.verify, words.pairs};
  if (name == "monitor") return monitor_command(command, words);
  if (name == "doctor") return DoctorArguments{};
  if (name == "lsp") return LspArguments{};
  if (name == "explain") return explain_command(command, words);
  if (name == "version") return VersionArguments{};
  return help_command(root, words);
}

Result<Common> common_of(const Words& words, const CLI::App& command) {
  const std::vector<std::string_view> formats = formats_of(command.get_name());
  const auto set = environment("WEFT_FORMAT");
  const std::string format = words.format.empty() ? set.value_or("text") : words.format;
  if (std::ranges::find(formats, format) == formats.end()) {
    return usage_error(
        fmt::format("`{}` is no value of {}", printable(format), words.format.empty() ? "WEFT_FORMAT" : "--format"),
        fmt::format("it is one of: {}", fmt::join(formats, ", ")));
  }
  auto color = choice<ColorChoice>(
      "--color", words.color, "WEFT_COLOR",
      {{"auto", ColorChoice::Auto}, {"always", ColorChoice::Always}, {"never", ColorChoice::Never}}, ColorChoice::Auto);
  if (!color) return std::unexpected(std::move(color.error()));
  return Common{format == "json" ? Format::Json : Format::Text, *color, words.quiet};
}

// CLI11 says "--inventory: 1 required TEXT missing", "--format: At Most 1 required but received 2" and "strict was
// given a disallowed flag override".
std::unexpected<Error> refused_by_parser(const CLI::App& command, const CLI::ParseError& error) {
  std::string message = error.what();
  if (error.get_name() == "ArgumentMismatch") {
    const std::size_t colon = message.find(": ");
    const std::string name = message.substr(0, colon == std::string::npos ? message.find(' ') : colon);
    if (colon == std::string::npos) {
      message = fmt::format("`{}{}` takes no value", name.size() == 1 ? "-" : "--", name);
    } else {
      const CLI::Option* option = command.get_option_no_throw(name);
      if (option == nullptr && command.get_parent() != nullptr) {
        option = command.get_parent()->get_option_no_throw(name);
      }
      const bool repeated = option != nullptr && option->count() > 1;
      message = fmt::format("`{}` {}", name, repeated ? "is given twice" : "needs a value");
    }
  }
  return usage_error(printable(message), see_help(command));
}

// CLI11 leaves "-=no" of "-q=no".
std::unexpected<Error> unexpected_rest(const CLI::App& command, const std::string& rest,
                                       const std::vector<std::string>& given) {
  if (rest.starts_with("-=")) {
    for (const std::string& word : given) {
      if (!word.starts_with('-') || word.starts_with("--") || !word.ends_with(rest.substr(1))) continue;
      return usage_error(fmt::format("`{}` takes no value", printable(word.substr(0, word.find('=')))),
                         see_help(command));
    }
  }
  return unexpected_word(command, rest);
}

}  // namespace

Result<Invocation> parse_arguments(int count, const char* const* words_given) {
  CLI::App root;
  Words words;
  define(root, words);
  const auto selected = [&]() -> CLI::App& {
    const auto commands = root.get_subcommands();
    return commands.empty() ? root : *commands.front();
  };
  // For CLI11 the `--` of a command is a word like others: what it ends is kept from it.
  std::vector<std::string> given(words_given + std::min(count, 1), words_given + count);
  const auto end = std::ranges::find(given, "--");
  const std::vector<std::string> operands(end == given.end() ? end : end + 1, given.end());
  given.erase(end, given.end());
  try {
    std::vector<std::string> reversed(given.rbegin(), given.rend());  // as it wants them
    root.parse(reversed);
  } catch (const CLI::CallForHelp&) {
    return Invocation{{}, HelpArguments{selected().help()}};
  } catch (const CLI::ParseError& error) {
    return refused_by_parser(selected(), error);
  }

  CLI::App& command = selected();
  auto common = common_of(words, command);
  if (!common) return std::unexpected(std::move(common.error()));
  if (const auto rest = root.remaining(true); !rest.empty()) {
    const bool wrong_command = &command == &root && !rest[0].starts_with('-');
    return wrong_command ? unknown_command(root, rest[0]) : unexpected_rest(command, rest[0], given);
  }
  if (!operands.empty()) {
    if (command.get_options([](const CLI::Option* option) { return option->get_positional(); }).empty()) {
      return usage_error(fmt::format("unexpected argument `{}`", printable(operands[0])), see_help(command));
    }
    const std::string& name = command.get_name();
    auto& positionals = name == help_help.name || name == explain_help.name ? words.topic : words.positionals;
    positionals.insert(positionals.end(), operands.begin(), operands.end());
  }
  if (words.version) return Invocation{*common, VersionArguments{}};
  if (&command == &root) return Invocation{*common, HelpArguments{std::string(short_help)}};
  auto parsed = command_of(root, command, words);
  if (!parsed) return std::unexpected(std::move(parsed.error()));
  return Invocation{*common, std::move(*parsed)};
}

}  // namespace weft::cli
