#include "cli/arguments.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "base/text.h"
#include "cli/help.h"
#include "cli/help_formatter.h"
#include "driver/moment.h"
#include "driver/project.h"

namespace weft::cli {
namespace {

std::unexpected<Error> usage_error(std::string message, std::string help) {
  return std::unexpected(Error{"W9001", std::move(message), std::move(help)});
}

std::string see_help(const CLI::App& app) {
  return app.get_parent() == nullptr ? "see `weft --help`" : fmt::format("see `weft {} --help`", app.get_name());
}

// What the options write into, before it is judged.
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
  bool write = false;
  bool check = false;
  bool diff = false;
  std::vector<std::string> topic;
  std::string config;
  bool no_config = false;
  std::string now;
  std::string filter;
  bool coverage = false;
  bool watch = false;
};

// An option that may be repeated, one value each time: "--inventory a.yaml PATH" leaves PATH alone.
CLI::Option* repeated(CLI::App& app, const std::string& name, std::vector<std::string>& into, const std::string& text) {
  return app.add_option(name, into, text)->allow_extra_args(false);
}

// What may stand without an option's name, any number of times; how many are wanted is judged later, in our words.
void positional(CLI::App& app, const std::string& name, std::vector<std::string>& into, const std::string& usage,
                const std::string& text) {
  app.add_option(name, into, text)->expected(0, 1 << 20)->option_text(usage);
}

void add_policy_options(CLI::App& command, Words& words) {
  repeated(command, "--policy", words.policies, "a policy file or directory, as PATH; may be repeated (WEFT_POLICY)")
      ->option_text("PATH");
  command
      .add_option("--config", words.config,
                  "the project file, which says what is not given here; default: the nearest\n"
                  "`weft.toml` from here upwards (WEFT_CONFIG)")
      ->option_text("FILE");
  command.add_flag("--no-config", words.no_config, "no project file");
}

void add_inputs(CLI::App& command, Words& words, const std::string& usage, const std::string& text) {
  positional(command, "PATH", words.positionals, usage, text);
  add_policy_options(command, words);
  repeated(command, "--inventory", words.inventories,
           "workloads, nodes and addresses: a YAML or JSON file, or a directory of them;\n"
           "may be repeated; default: `inventory.yaml` of the directory PATH (WEFT_INVENTORY)")
      ->option_text("FILE");
}

void add_now(CLI::App& command, Words& words) {
  command
      .add_option("--now", words.now,
                  "the time at which rules are in force or expired, as `2027-03-01` or\n"
                  "`2027-03-01T12:30:00Z`; default: the clock (WEFT_NOW)")
      ->option_text("TIME");
}

constexpr const char* policy_path_text = "`.weft` files, directories of them, or `-` for standard input";

CLI::App* add_command(CLI::App& root, const CommandHelp& help) {
  CLI::App* command = root.add_subcommand(std::string(help.name), std::string(help.description));
  command->footer(std::string(help.examples));
  command->fallthrough();
  command->allow_extras();
  return command;
}

// CLI11 would take `--strict=no` for a flag that is not given.
void refuse_flag_values(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) {
    if (option->get_expected_max() == 0) option->disable_flag_override();
  }
}

void define(CLI::App& root, Words& words) {
  root.name("weft");
  root.description(std::string(root_help.description));
  root.footer(std::string(root_help.examples));
  root.formatter(std::make_shared<HelpFormatter>());
  root.set_help_flag("-h,--help", "this text, or that of the command");
  root.require_subcommand(0, 1);
  root.allow_extras();
  root.add_option("--format", words.format, "how results are written (WEFT_FORMAT)")->option_text("text|json");
  root.add_option("--color", words.color, "colours in messages (WEFT_COLOR; NO_COLOR turns them off)")
      ->option_text("auto|always|never");
  root.add_flag("-q,--quiet", words.quiet, "results and errors only");
  root.add_flag("--version", words.version, "the versions of weft and of what it is built on");

  CLI::App* check = add_command(root, check_help);
  add_inputs(*check, words, "[PATH…]", policy_path_text);
  check->add_option("--dump-smt", words.dump_smt, "writes every question put to the solver into DIR, as SMT-LIB 2")
      ->option_text("DIR");
  check->add_flag("--strict", words.strict, "warnings count as findings (exit code 1)");
  check->add_flag("--fix", words.fix, "makes the fixes that need no judgement in the files");
  check->add_flag("--dry-run", words.dry_run, "with --fix: prints them as a diff and changes nothing");
  add_now(*check, words);

  CLI::App* build = add_command(root, build_help);
  add_inputs(*build, words, "[PATH…]", policy_path_text);
  build
      ->add_option("-o,--output", words.output,
                   "the bundle to write: a new directory, or a bundle to replace; default:\n"
                   "`output` of the project")
      ->option_text("DIR");
  build
      ->add_option("--emit", words.emit,
                   "prints the decision plan, or the program as LLVM IR, on standard output;\n"
                   "without -o nothing else is written")
      ->option_text("plan|ir");
  build->add_flag("--print-plan,--explain-plan", words.print_plan, "as `--emit plan`")->group("");
  build->add_option("--dump-smt", words.dump_smt, "as in `weft check`")->option_text("DIR");
  build->add_flag("--widen-obligations", words.widen_obligations,
                  "builds rules that say `requires` without what they require");
  add_now(*build, words);

  CLI::App* query = add_command(root, query_help);
  add_inputs(*query, words, "[PATH…] FLOW…",
             "policies as in `weft check`, and flows such as 'shop/web-1 -> shop/db-0 : tcp/5432'");
  query->add_option("--batch", words.batch, "flows as JSON, one a line, from FILE or `-`; one line answers one line")
      ->option_text("FILE");
  query->add_flag("--exit-code", words.exit_code, "exit with 1 if a flow is denied");
  add_now(*query, words);

  CLI::App* test = add_command(root, test_help);
  add_inputs(*test, words, "[PATH…]", policy_path_text);
  test->add_option("--filter", words.filter, "only tests whose name contains TEXT")->option_text("TEXT");
  test->add_flag("--coverage", words.coverage, "names the rules that no test decides");
  test->add_flag("--watch", words.watch, "runs again whenever an input changes, until Ctrl-C");
  add_now(*test, words);

  add_inputs(*add_command(root, labels_help), words, "[PATH…]", policy_path_text);

  CLI::App* profile = add_command(root, profile_help);
  positional(*profile, "NAME", words.positionals, "[NAME]", "a profile; without one, all are listed");
  add_policy_options(*profile, words);

  CLI::App* format = add_command(root, fmt_help);
  positional(*format, "PATH", words.positionals, "[PATH…]",
             "`.weft` files, directories, or `-` for standard input; default: those of the\n"
             "project, or this directory");
  format->add_flag("-w,--write", words.write, "rewrites the files and names those that changed");
  format->add_flag("--check", words.check, "names the files that would change; exits with 1 if there are any");
  format->add_flag("-d,--diff", words.diff, "shows what would change, as `diff -u` does");

  CLI::App* load = add_command(root, load_help);
  positional(*load, "BUNDLE", words.positionals, "BUNDLE", "a directory written by `weft build`");
  repeated(*load, "--map", words.maps, "attaches a workload at this interface; may be repeated")
      ->option_text("WORKLOAD=INTERFACE");
  repeated(*load, "--only", words.only, "attaches this workload and no unnamed one; may be repeated")
      ->option_text("WORKLOAD");
  load->add_flag("--skip-missing", words.skip_missing, "leaves out workloads whose interface does not exist");

  add_command(root, unload_help);
  add_command(root, status_help);
  add_command(root, doctor_help);
  positional(*add_command(root, explain_help), "CODE", words.topic, "[CODE]", "such as W1003; without it, all of them");
  add_command(root, version_help);
  positional(*add_command(root, help_help), "TOPIC", words.topic, "[TOPIC]", "a command, or `exit-codes`");
  refuse_flag_values(root);
  for (CLI::App* command : root.get_subcommands({})) refuse_flag_values(*command);
}

std::vector<std::string> command_names(const CLI::App& root) {
  std::vector<std::string> names;
  for (const CLI::App* command : root.get_subcommands({})) names.push_back(command->get_name());
  return names;
}

std::unexpected<Error> unknown_command(const CLI::App& root, const std::string& word) {
  const std::string near = nearest(word, command_names(root));
  return usage_error(
      fmt::format("there is no command `{}`", printable(word)),
      near.empty() ? "see `weft --help` for the commands" : fmt::format("did you mean `weft {}`?", near));
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

// A variable that is set and not empty.
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

// The value of an option with a fixed set of values: of the flag, else of the environment.
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

// The project file to read, or an empty name.
Result<std::string> project_of(const Words& words) {
  if (words.no_config && !words.config.empty()) {
    return usage_error("--config and --no-config are both given", "leave one out");
  }
  if (words.no_config) return std::string();
  if (!words.config.empty()) return words.config;
  if (const auto set = environment("WEFT_CONFIG")) return *set;
  return driver::find_project();
}

// When the flows happen: the clock is an input like others.
Result<model::Moment> now_of(const Words& words) {
  const auto set = environment("WEFT_NOW");
  if (words.now.empty() && !set) return driver::clock_moment();
  auto moment = driver::parse_moment(words.now.empty() ? *set : words.now);
  if (!moment) moment.error().message += words.now.empty() ? " (WEFT_NOW)" : " (--now)";
  return moment;
}

Result<driver::InputNames> inputs_of(const CLI::App& command, Words& words, std::vector<std::string> paths) {
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

Result<Command> check_command(const CLI::App& command, Words& words) {
  auto inputs = inputs_of(command, words, words.positionals);
  if (!inputs) return std::unexpected(std::move(inputs.error()));
  const auto now = now_of(words);
  if (!now) return std::unexpected(now.error());
  if (words.dry_run && !words.fix) {
    return usage_error("`--dry-run` shows what `--fix` would change", "give `--fix --dry-run`");
  }
  return CheckArguments{std::move(*inputs), words.dump_smt, words.strict, *now, words.fix, words.dry_run};
}

Result<Command> build_command(const CLI::App& command, Words& words) {
  auto inputs = inputs_of(command, words, words.positionals);
  if (!inputs) return std::unexpected(std::move(inputs.error()));
  using Emit = BuildArguments::Emit;
  auto emit = choice<Emit>("--emit", words.emit, nullptr, {{"plan", Emit::Plan}, {"ir", Emit::Ir}},
                           words.print_plan ? Emit::Plan : Emit::Bundle);
  if (!emit) return std::unexpected(std::move(emit.error()));
  if (words.output.empty() && *emit == Emit::Bundle && inputs->project.empty()) {
    return usage_error("no output is given", "name the bundle to write with `-o DIR`");
  }
  const auto now = now_of(words);
  if (!now) return std::unexpected(now.error());
  return BuildArguments{std::move(*inputs), words.output, *emit, words.dump_smt, *now, words.widen_obligations};
}

// Flows are told from paths by their arrow; a path with one can be given with --policy. What has a label map or a
// service and is no file was meant as a flow, and is told what it lacks.
bool is_flow(const std::string& word) {
  if (word.contains("->")) return true;
  const std::size_t colon = word.rfind(':');
  bool meant = word.starts_with('{');
  if (colon != std::string::npos) {
    const std::size_t begin = word.find_first_not_of(' ', colon + 1);
    const std::string service = begin == std::string::npos ? "" : word.substr(begin);
    const auto is_service = [&](std::string_view protocol) {
      return service == protocol || service.starts_with(std::string(protocol) + "/");
    };
    meant =
        meant || std::ranges::any_of(
                     std::initializer_list<std::string_view>{"tcp", "udp", "sctp", "icmp", "icmp6", "ip"}, is_service);
  }
  std::error_code ignored;
  return meant && !std::filesystem::exists(word, ignored);
}

Result<Command> query_command(const CLI::App& command, Words& words) {
  std::vector<std::string> paths, flows;
  for (std::string& word : words.positionals) (is_flow(word) ? flows : paths).push_back(std::move(word));
  if (flows.empty() && words.batch.empty()) {
    return usage_error("no flow is given", "ask 'SOURCE -> DESTINATION : SERVICE', or give many with `--batch FILE`");
  }
  if (!flows.empty() && !words.batch.empty()) {
    return usage_error("a flow and `--batch` are both given", "put all flows into the batch, or none");
  }
  auto inputs = inputs_of(command, words, std::move(paths));
  if (!inputs) return std::unexpected(std::move(inputs.error()));
  if (words.batch == "-" &&
      (std::ranges::count(inputs->policies, "-") + std::ranges::count(inputs->inventories, "-")) > 0) {
    return usage_error("standard input is asked for more than once", "give the policy and the inventory as files");
  }
  const auto now = now_of(words);
  if (!now) return std::unexpected(now.error());
  return QueryArguments{std::move(*inputs), std::move(flows), words.batch, words.exit_code, *now};
}

Result<Command> test_command(const CLI::App& command, Words& words) {
  auto inputs = inputs_of(command, words, words.positionals);
  if (!inputs) return std::unexpected(std::move(inputs.error()));
  using enum TestArguments::Format;
  const auto format = choice<TestArguments::Format>(
      "--format", words.format, "WEFT_FORMAT", {{"text", Text}, {"json", Json}, {"junit", Junit}, {"tap", Tap}}, Text);
  if (!format) return std::unexpected(format.error());
  const auto now = now_of(words);
  if (!now) return std::unexpected(now.error());
  const auto is_stdin = [](const std::string& name) { return name == "-"; };
  if (words.watch &&
      (std::ranges::any_of(inputs->policies, is_stdin) || std::ranges::any_of(inputs->inventories, is_stdin))) {
    return usage_error("standard input cannot be watched", "give the inputs as files");
  }
  return TestArguments{std::move(*inputs), *format, words.filter, words.coverage, words.watch, *now};
}

Result<Command> labels_command(const CLI::App& command, Words& words) {
  auto inputs = inputs_of(command, words, words.positionals);
  if (!inputs) return std::unexpected(std::move(inputs.error()));
  return LabelsArguments{std::move(*inputs)};
}

// A profile can be looked at without any policy.
Result<Command> profile_command(const CLI::App& command, Words& words) {
  if (words.positionals.size() > 1) return unexpected_word(command, words.positionals[1]);
  auto project = project_of(words);
  if (!project) return std::unexpected(std::move(project.error()));
  ProfileArguments arguments;
  arguments.inputs.policies = words.policies;
  arguments.inputs.project = std::move(*project);
  arguments.inputs.look_for_inventory = false;
  if (const auto set = environment("WEFT_POLICY"); set && words.policies.empty()) {
    arguments.inputs.policies = split_names(*set);
  }
  if (words.positionals.empty()) return arguments;
  arguments.name = words.positionals[0];
  if (model::find_profile(arguments.name) != nullptr) return arguments;
  std::vector<std::string> known;
  for (const model::Profile& each : model::profiles()) known.push_back(each.name);
  const std::string near = nearest(arguments.name, known);
  return usage_error(fmt::format("there is no profile `{}`", printable(arguments.name)),
                     near.empty() ? fmt::format("the profiles are {}", fmt::join(known, ", "))
                                  : fmt::format("did you mean `{}`?", near));
}

Result<Command> load_command(const CLI::App& command, Words& words) {
  if (words.positionals.empty()) return usage_error("no bundle is given", "build one with `weft build PATH -o DIR`");
  if (words.positionals.size() > 1) return unexpected_word(command, words.positionals[1]);
  LoadArguments arguments{words.positionals[0], {}, words.only, words.skip_missing};
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
      return usage_error("no file is named",
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

Result<Command> explain_command(const Words& words) {
  if (words.topic.size() > 1) {
    return usage_error(fmt::format("unexpected argument `{}`", printable(words.topic[1])), "name one code");
  }
  return ExplainArguments{words.topic.empty() ? "" : words.topic[0]};
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

Result<Command> command_of(const CLI::App& root, const CLI::App& command, Words& words) {
  const std::string& name = command.get_name();
  if (name == "check") return check_command(command, words);
  if (name == "build") return build_command(command, words);
  if (name == "query") return query_command(command, words);
  if (name == "test") return test_command(command, words);
  if (name == "labels") return labels_command(command, words);
  if (name == "profile") return profile_command(command, words);
  if (name == "fmt") return fmt_command(words);
  if (name == "load") return load_command(command, words);
  if (name == "unload") return UnloadArguments{};
  if (name == "status") return StatusArguments{};
  if (name == "doctor") return DoctorArguments{};
  if (name == "explain") return explain_command(words);
  if (name == "version") return VersionArguments{};
  return help_command(root, words);
}

// The formats of one command only are read by that command; here they are text.
Result<Common> common_of(Words words, const CLI::App& command) {
  const std::string set = environment("WEFT_FORMAT").value_or("");
  const std::string& wanted = words.format.empty() ? set : words.format;
  const bool of_test = command.get_name() == test_help.name;
  if (of_test && (wanted == "junit" || wanted == "tap")) words.format = "text";
  auto format = choice<Format>("--format", words.format, "WEFT_FORMAT",
                               {{"text", Format::Text}, {"json", Format::Json}}, Format::Text);
  if (!format && of_test) format.error().help = "it is one of: text, json, junit, tap";
  if (!format) return std::unexpected(std::move(format.error()));
  auto color = choice<ColorChoice>(
      "--color", words.color, "WEFT_COLOR",
      {{"auto", ColorChoice::Auto}, {"always", ColorChoice::Always}, {"never", ColorChoice::Never}}, ColorChoice::Auto);
  if (!color) return std::unexpected(std::move(color.error()));
  return Common{*format, *color, words.quiet};
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
