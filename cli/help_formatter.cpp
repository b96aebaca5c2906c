#include "cli/help_formatter.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/options.h"

namespace weft::cli {
namespace {

std::string usage(const CLI::App& app) {
  if (app.get_parent() == nullptr) return "weft COMMAND [OPTIONS]";
  std::string out = "weft " + app.get_name();
  for (const CLI::Option* option : app.get_options([](const CLI::Option* each) { return each->get_positional(); })) {
    out += " " + option->get_option_text();
  }
  return out + " [OPTIONS]";
}

std::string summary(const CLI::App& command) {
  const std::string& text = command.get_description();
  return text.substr(0, text.find_first_of(".\n"));
}

std::string line(const std::string& name, const std::string& text) {
  constexpr std::size_t column = 30;
  const std::string gap = name.size() + 2 < column ? "" : "\n" + std::string(column + 2, ' ');
  std::string lines;
  for (const char c : text) {
    lines += c;
    if (c == '\n') lines += std::string(column + 2, ' ');
  }
  return gap.empty() ? fmt::format("  {:<{}}{}\n", name, column, lines) : fmt::format("  {}{}{}\n", name, gap, lines);
}

// `command` is the one whose help shows them; not every command writes every format.
std::string options(const CLI::App& app, const CLI::App* command = nullptr) {
  std::string out;
  for (const CLI::Option* option : app.get_options([](const CLI::Option* each) { return each->nonpositional(); })) {
    if (option->get_group().empty() || (option == app.get_help_ptr() && app.get_parent() != nullptr)) continue;
    std::string name = option->get_name(false, true);
    // "--count-pairs{4096}": what a flag without a value stands for is said in its text.
    if (const std::size_t brace = name.find('{'); brace != std::string::npos) name.erase(brace);
    if (const std::size_t comma = name.find(','); comma != std::string::npos) name.insert(comma + 1, " ");
    const std::string text = name == "--format" && command != nullptr
                                 ? fmt::format("{}", fmt::join(formats_of(command->get_name()), "|"))
                                 : option->get_option_text();
    if (!text.empty()) name += (text.starts_with("[=") ? "" : " ") + text;
    out += line(name, option->get_description());
  }
  return out;
}

std::string indented(const std::string& text) {
  std::string out = "  ";
  for (const char c : text) {
    out += c;
    if (c == '\n') out += "  ";
  }
  return out;
}

}  // namespace

std::string HelpFormatter::make_help(const CLI::App* app, std::string, CLI::AppFormatMode) const {
  std::string out = app->get_description() + "\n";
  if (!app->get_footer().empty()) out += fmt::format("\nExamples:\n{}\n", indented(app->get_footer()));
  out += fmt::format("\nUsage:\n  {}\n", usage(*app));
  if (app->get_parent() == nullptr) {
    out += "\nCommands:\n";
    for (const CLI::App* command : app->get_subcommands({})) out += line(command->get_name(), summary(*command));
  }
  const auto positionals = app->get_options([](const CLI::Option* option) { return option->get_positional(); });
  if (!positionals.empty()) {
    out += "\nArguments:\n";
    for (const CLI::Option* option : positionals) out += line(option->get_name(true, false), option->get_description());
  }
  if (app->get_parent() != nullptr) {
    const std::string own = options(*app);
    if (!own.empty()) out += "\nOptions:\n" + own;
  }
  const CLI::App& root = app->get_parent() != nullptr ? *app->get_parent() : *app;
  out += "\nOptions of every command:\n" + options(root, app->get_parent() != nullptr ? app : nullptr);
  if (app->get_parent() == nullptr) out += "\nMore: `weft help COMMAND`, `weft help exit-codes`.\n";
  return out;
}

}  // namespace weft::cli
