#include <algorithm>
#include <charconv>
#include <filesystem>

#include <charconv>
#include <system_error>

#include "cli/command_readers.h"
#include "model/profile.h"

namespace weft::cli {
namespace {

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

}  // namespace

Result<Command> check_command(const CLI::App& command, Words& words) {
  auto inputs = inputs_of(command, words, words.positionals);
  if (!inputs) return std::unexpected(std::move(inputs.error()));
  const auto now = now_of(words);
  if (!now) return std::unexpected(now.error());
  if (words.dry_run && !words.fix) {
    return usage_error("`--dry-run` shows what `--fix` would change", "give `--fix --dry-run`");
  }
  using enum CheckArguments::Format;
  const auto format = choice<CheckArguments::Format>("--format", words.format, "WEFT_FORMAT",
                                                     {{"text", Text},
                                                      {"json", Json},
                                                      {"junit", Junit},
                                                      {"sarif", Sarif},
                                                      {"github", Github},
                                                      {"gitlab", Gitlab},
                                                      {"html", Html}},
                                                     Text);
  if (!format) return std::unexpected(format.error());
  unsigned effort = 1;
  if (!words.effort.empty()) {
    const char* end = words.effort.data() + words.effort.size();
    const auto [stopped, error] = std::from_chars(words.effort.data(), end, effort);
    if (error != std::errc() || stopped != end || effort < 1 || effort > 200) {
      return usage_error(fmt::format("`--effort {}` is no number from 1 to 200", printable(words.effort)),
                         "10 tries ten times as hard as usual");
    }
  }
  const auto max_table_bytes = number_of("--max-table-bytes", words.max_table_bytes, 1, UINT64_MAX);
  if (!max_table_bytes) return std::unexpected(max_table_bytes.error());
  return CheckArguments{std::move(*inputs), *format,       words.dump_smt, words.strict, *now,
                        words.fix,          words.dry_run, words.verbose,  effort,       *max_table_bytes};
}

Result<Command> build_command(const CLI::App& command, Words& words) {
  auto inputs = inputs_of(command, words, words.positionals);
  if (!inputs) return std::unexpected(std::move(inputs.error()));
  using Emit = BuildArguments::Emit;
  auto emit = choice<Emit>("--emit", words.emit, nullptr,
                           {{"plan", Emit::Plan},
                            {"ir", Emit::Ir},
                            {"asm", Emit::Assembly},
                            {"obj", Emit::Object},
                            {"maps", Emit::Maps},
                            {"header", Emit::Header}},
                           words.explain_plan ? Emit::Explanation
                           : words.print_plan ? Emit::Plan
                                              : Emit::Bundle);
  if (!emit) return std::unexpected(std::move(emit.error()));
  if (words.format == "json" &&
      (*emit == Emit::Plan || *emit == Emit::Ir || *emit == Emit::Assembly || *emit == Emit::Header)) {
    return usage_error(fmt::format("`--emit {}` is text and has no JSON form", words.print_plan ? "plan" : words.emit),
                       "`--explain-plan --format json` and `--emit maps` print JSON; or leave `--format json` out");
  }
  if (words.output.empty() && *emit == Emit::Bundle && inputs->project.empty()) {
    return usage_error("no output is given", "name the bundle to write with `-o DIR`");
  }
  const auto now = now_of(words);
  if (!now) return std::unexpected(now.error());
  const auto events = number_of("--events", words.events, 0, 1'000'000);
  if (!events) return std::unexpected(events.error());
  const auto pairs = number_of("--count-pairs", words.count_pairs, 64, 1'048'576);
  if (!pairs) return std::unexpected(pairs.error());
  const auto max_table_bytes = number_of("--max-table-bytes", words.max_table_bytes, 1, UINT64_MAX);
  if (!max_table_bytes) return std::unexpected(max_table_bytes.error());
  using Strategy = BuildArguments::Strategy;
  const auto strategy = choice<Strategy>("--strategy", words.strategy, nullptr,
                                         {{"rows", Strategy::Rows}, {"matrix", Strategy::Matrix}}, Strategy::Rows);
  if (!strategy) return std::unexpected(strategy.error());
  BuildArguments out{std::move(*inputs), words.output, *emit, words.dump_smt, *now, words.widen_obligations, {}};
  if (*events) out.events = static_cast<std::uint32_t>(**events);
  if (*pairs) out.counted_pairs = static_cast<std::uint32_t>(**pairs);
  out.max_table_bytes = *max_table_bytes;
  out.strategy = *strategy;
  return out;
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

Result<Command> explain_command(const CLI::App& command, Words& words) {
  std::vector<std::string> paths, flows;
  for (std::string& word : words.topic) (is_flow(word) ? flows : paths).push_back(std::move(word));
  if (flows.empty()) {
    if (paths.size() > 1) {
      return usage_error(fmt::format("unexpected argument `{}`", printable(paths[1])),
                         "name one code, or a flow: 'SOURCE -> DESTINATION : SERVICE'");
    }
    ExplainArguments arguments;
    if (!paths.empty()) arguments.code = std::move(paths[0]);
    return arguments;
  }
  auto inputs = inputs_of(command, words, std::move(paths));
  if (!inputs) return std::unexpected(std::move(inputs.error()));
  const auto now = now_of(words);
  if (!now) return std::unexpected(now.error());
  return ExplainArguments{{}, std::move(*inputs), std::move(flows), *now};
}

Result<Command> reach_command(const CLI::App& command, Words& words) {
  auto inputs = inputs_of(command, words, words.positionals);
  if (!inputs) return std::unexpected(std::move(inputs.error()));
  const auto now = now_of(words);
  if (!now) return std::unexpected(now.error());
  using enum ReachArguments::Format;
  const auto format = choice<ReachArguments::Format>(
      "--format", words.format, "WEFT_FORMAT",
      {{"text", Text}, {"json", Json}, {"csv", Csv}, {"md", Markdown}, {"dot", Dot}, {"svg", Svg}, {"html", Html}},
      Text);
  if (!format) return std::unexpected(format.error());

  using What = ReachArguments::What;
  if (words.transitive + words.blast_radius + words.exposed > 1) {
    return usage_error("`--transitive`, `--blast-radius` and `--exposed` are questions of their own",
                       "give one of them");
  }
  const What what = words.transitive     ? What::Chains
                    : words.blast_radius ? What::BlastRadius
                    : words.exposed      ? What::Exposed
                                         : What::Groups;
  const bool ends = !words.from.empty() || !words.to.empty();
  if (ends && (what == What::BlastRadius || what == What::Exposed)) {
    return usage_error("`--from` and `--to` have nothing to pick there",
                       what == What::Exposed ? "ask `--from world` or `--to world`"
                                             : "ask `--from SUBJECT --transitive` for what is reached, and how");
  }
  if (!words.service.empty() && (what == What::Chains || what == What::BlastRadius)) {
    return usage_error("chains go over any service", "leave `--service` out");
  }
  const bool picture = *format == Dot || *format == Svg;
  if (picture && what == What::BlastRadius) {
    return usage_error("a blast radius is a table, and no picture",
                       "use `--format text`, `json`, `csv`, `md` or `html`");
  }
  return ReachArguments{std::move(*inputs), *format, what, words.from, words.to, words.service, words.by, *now};
}

Result<Command> graph_command(const CLI::App& command, Words& words) {
  auto inputs = inputs_of(command, words, words.positionals);
  if (!inputs) return std::unexpected(std::move(inputs.error()));
  const auto now = now_of(words);
  if (!now) return std::unexpected(now.error());
  using enum GraphArguments::Format;
  const auto format = choice<GraphArguments::Format>(
      "--format", words.format, "WEFT_FORMAT",
      {{"text", Text}, {"json", Json}, {"dot", Dot}, {"svg", Svg}, {"mermaid", Mermaid}, {"html", Html}}, Text);
  if (!format) return std::unexpected(format.error());
  GraphArguments arguments{std::move(*inputs), *format, words.focus, 1, words.service, words.by, words.against, *now};
  if (!words.depth.empty()) {
    if (words.focus.empty()) return usage_error("`--depth` counts from a focus", "give `--focus SUBJECT` with it");
    const char* end = words.depth.data() + words.depth.size();
    const auto [stopped, error] = std::from_chars(words.depth.data(), end, arguments.depth);
    if (error != std::errc{} || stopped != end || arguments.depth > 1000) {
      return usage_error(fmt::format("`{}` is no value of --depth", printable(words.depth)),
                         "it is a number of arrows: 0 to 1000");
    }
  }
  return arguments;
}

Result<Command> test_command(const CLI::App& command, Words& words) {
  auto inputs = inputs_of(command, words, words.positionals);
  if (!inputs) return std::unexpected(std::move(inputs.error()));
  using enum TestArguments::Format;
  const auto format = choice<TestArguments::Format>("--format", words.format, "WEFT_FORMAT",
                                                    {{"text", Text},
                                                     {"json", Json},
                                                     {"junit", Junit},
                                                     {"tap", Tap},
                                                     {"sarif", Sarif},
                                                     {"github", Github},
                                                     {"gitlab", Gitlab}},
                                                    Text);
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

Result<Command> diff_command(const CLI::App& command, Words& words) {
  if (words.positionals.empty()) {
    return usage_error("nothing to compare with is given",
                       "name the old policy: a file, a directory or a revision, such as `weft diff HEAD~1`");
  }
  if (words.positionals.size() > 2) return unexpected_word(command, words.positionals[2]);
  DiffArguments arguments;
  arguments.names.before = words.positionals[0];
  if (words.positionals.size() == 2) arguments.names.after = words.positionals[1];
  if (arguments.names.before == "-" && arguments.names.after == "-") {
    return usage_error("standard input is asked for more than once", "give one of the policies as a file");
  }
  arguments.names.policies = words.policies;
  arguments.names.inventories = words.inventories;
  if (const auto set = environment("WEFT_INVENTORY"); set && arguments.names.inventories.empty()) {
    arguments.names.inventories = split_names(*set);
  }
  auto project = project_of(words);
  if (!project) return std::unexpected(std::move(project.error()));
  arguments.names.project = std::move(*project);
  const auto now = now_of(words);
  if (!now) return std::unexpected(now.error());
  arguments.now = *now;
  arguments.dump_smt = words.dump_smt;
  using enum DiffArguments::Format;
  const auto format =
      choice<DiffArguments::Format>("--format", words.format, "WEFT_FORMAT",
                                    {{"text", Text}, {"json", Json}, {"md", Markdown}, {"sarif", Sarif}}, Text);
  if (!format) return std::unexpected(format.error());
  arguments.format = *format;
  using enum DiffArguments::FailOn;
  const auto fail_on = choice<DiffArguments::FailOn>("--fail-on", words.fail_on, nullptr,
                                                     {{"widened", Widened}, {"narrowed", Narrowed}, {"any", Any}},
                                                     words.exit_code ? Any : Nothing);
  if (!fail_on) return std::unexpected(fail_on.error());
  arguments.fail_on = *fail_on;
  return arguments;
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

}  // namespace weft::cli
