#include "cli/options.h"

#include <memory>

#include <CLI/CLI.hpp>

#include "cli/help.h"
#include "cli/help_formatter.h"

namespace weft::cli {
namespace {

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

void add_inventory_option(CLI::App& command, Words& words) {
  repeated(command, "--inventory", words.inventories,
           "workloads, nodes and addresses: a YAML or JSON file, or a directory of them;\n"
           "may be repeated; default: `inventory.yaml` of the directory PATH (WEFT_INVENTORY)")
      ->option_text("FILE");
}

void add_inputs(CLI::App& command, Words& words, const std::string& usage, const std::string& text) {
  positional(command, "PATH", words.positionals, usage, text);
  add_policy_options(command, words);
  add_inventory_option(command, words);
}

void add_now(CLI::App& command, Words& words) {
  command
      .add_option("--now", words.now,
                  "the time at which rules are in force or expired, as `2027-03-01` or\n"
                  "`2027-03-01T12:30:00Z`; default: the clock (WEFT_NOW)")
      ->option_text("TIME");
}

void add_max_table_bytes(CLI::App& command, Words& words) {
  command
      .add_option("--max-table-bytes", words.max_table_bytes,
                  "the most bytes that the tables of a bundle may take; default: `max_table_bytes` of\n"
                  "the project, else 268435456")
      ->option_text("N");
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
    const bool takes_value = option->get_option_text().starts_with("[=");
    if (option->get_expected_max() == 0 && !takes_value) option->disable_flag_override();
  }
}

}  // namespace

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
  check->add_flag("-v,--verbose", words.verbose, "says of every assertion what its answer rests on");
  check
      ->add_option("--effort", words.effort,
                   "how hard each question is tried, as a multiple of what is usual: 10 leaves fewer\n"
                   "of them undecided and may take ten times as long")
      ->option_text("N");
  check->add_flag("--strict", words.strict, "warnings count as findings (exit code 1)");
  check->add_flag("--fix", words.fix, "makes the fixes that need no judgement in the files");
  check->add_flag("--dry-run", words.dry_run, "with --fix: prints them as a diff and changes nothing");
  add_max_table_bytes(*check, words);
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
                   "prints on standard output: the decision plan with its reasons; the program as\n"
                   "LLVM IR, assembly, or the ELF object; the tables as JSON; a C header of the\n"
                   "bundle; without -o nothing else is written")
      ->option_text("plan|ir|asm|obj|maps|header");
  build->add_flag("--explain-plan", words.explain_plan,
                  "prints how the program finds its answers, why so, and what each table and the\n"
                  "costliest rules take");
  build->add_flag("--print-plan", words.print_plan, "as `--emit plan`")->group("");
  build
      ->add_option("--strategy", words.strategy,
                   "how a gate finds the deciding rule: `rows` of bits, whose memory adds up over ends\n"
                   "and services, or a `matrix` of them, one look where it fits; default: rows")
      ->option_text("rows|matrix");
  add_max_table_bytes(*build, words);
  build->add_option("--dump-smt", words.dump_smt, "as in `weft check`")->option_text("DIR");
  build
      ->add_option("--events", words.events,
                   "how many denials a second and processor the program tells of, and as many packets\n"
                   "that rules with `log` or `audit` are about (`weft monitor`); 0: none; default: 1000")
      ->option_text("N");
  build
      ->add_flag("--count-pairs{4096}", words.count_pairs,
                 "counts packets by the classes of their two ends, for at most N pairs at a time\n"
                 "(`weft status --pairs`); default: not at all, and with no N 4096")
      ->disable_flag_override(false)
      ->option_text("[=N]");
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

  CLI::App* reach = add_command(root, reach_help);
  add_inputs(*reach, words, "[PATH…]", policy_path_text);
  reach
      ->add_option("--from", words.from,
                   "only what this subject may reach: a workload or node, a group of the policy, an\n"
                   "address, labels in braces, or a selector")
      ->option_text("SUBJECT");
  reach->add_option("--to", words.to, "only who may reach this subject")->option_text("SUBJECT");
  reach->add_option("--service", words.service, "only on these services, such as `tcp/443` or a service of the policy")
      ->option_text("SERVICES");
  reach
      ->add_option("--by", words.by,
                   "puts peers together by the value of a label; `groups`: by the groups of the policy;\n"
                   "`roles`: those that behave alike, however many groups that makes")
      ->option_text("KEY|groups|roles");
  reach->add_flag("--transitive", words.transitive, "by chains of connections of any length");
  reach->add_flag("--blast-radius", words.blast_radius, "how many others chains from each lead to");
  reach->add_flag("--exposed", words.exposed, "what the world may reach, and who may reach the world");
  add_now(*reach, words);

  CLI::App* graph = add_command(root, graph_help);
  add_inputs(*graph, words, "[PATH…]", policy_path_text);
  graph
      ->add_option("--focus", words.focus,
                   "only what is near this subject: a workload or node, a group of the policy, an\n"
                   "address, labels in braces, or a selector")
      ->option_text("SUBJECT");
  graph->add_option("--depth", words.depth, "with --focus: how many arrows away from it; default: 1")->option_text("N");
  graph
      ->add_option("--against", words.against,
                   "the policy before the change: a file, a directory, a revision of git, or REVISION:PATH")
      ->option_text("OLD");
  graph->add_option("--service", words.service, "only these services, such as `tcp/443` or a service of the policy")
      ->option_text("SERVICES");
  graph
      ->add_option("--by", words.by,
                   "puts peers together by the value of a label; `groups`: by the groups of the policy;\n"
                   "`roles`: those that behave alike, however many groups that makes")
      ->option_text("KEY|groups|roles");
  add_now(*graph, words);

  CLI::App* test = add_command(root, test_help);
  add_inputs(*test, words, "[PATH…]", policy_path_text);
  test->add_option("--filter", words.filter, "only tests whose name contains TEXT")->option_text("TEXT");
  test->add_flag("--coverage", words.coverage, "names the rules that no test decides");
  test->add_flag("--watch", words.watch, "runs again whenever an input changes, until Ctrl-C");
  add_now(*test, words);

  CLI::App* diff = add_command(root, diff_help);
  add_inputs(*diff, words, "OLD [NEW]",
             "files, directories, revisions of git, or REVISION:PATH; without NEW, the working tree");
  diff->add_flag("--exit-code", words.exit_code, "exit with 1 if anything is gained or lost, as `--fail-on any`");
  diff->add_option("--fail-on", words.fail_on, "exit with 1 if flows are gained, or lost, or either")
      ->option_text("widened|narrowed|any");
  diff->add_option("--dump-smt", words.dump_smt, "as in `weft check`")->option_text("DIR");
  add_now(*diff, words);

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
  load->add_option("--hook", words.hook, "where gates hang at interfaces; default: tcx where the kernel has it")
      ->option_text("auto|tcx|clsact");
  load->add_flag("--anew", words.anew, "loads programs anew, with counters at zero, though only addresses changed");

  add_command(root, unload_help);
  CLI::App* status = add_command(root, status_help);
  status
      ->add_option("--verify", words.verify,
                   "compares every table in the kernel with those of this bundle; exits with 1\n"
                   "where anything was changed since it was loaded, and names it")
      ->option_text("BUNDLE");
  status->add_flag("--pairs", words.pairs,
                   "shows instead how many packets went between which classes of workloads, of a\n"
                   "bundle that was built with `--count-pairs`");
  CLI::App* monitor = add_command(root, monitor_help);
  repeated(*monitor, "--workload", words.workloads,
           "only packets at the gates of this workload, or from or to it; may be\nrepeated")
      ->option_text("WORKLOAD");
  monitor
      ->add_option("--verdict", words.verdict,
                   "only those: `audited` are judged otherwise, or by others, without audit")
      ->option_text("allow|deny|audited");
  repeated(*monitor, "--rule", words.rules,
           "only what this decided: a policy, a place such as `shop.weft:14`, or `profile`,\n"
           "`isolation`, `unknown`, `malformed`; may be repeated")
      ->option_text("RULE");
  monitor->add_option("--count", words.count, "ends after that many")->option_text("N");
  monitor->add_option("--for", words.seconds, "ends after that many seconds; default: with Ctrl-C")
      ->option_text("SECONDS");
  add_command(root, doctor_help);
  add_command(root, lsp_help)->add_flag("--stdio", words.stdio, "what many editors add; the only way there is");
  CLI::App* explain = add_command(root, explain_help);
  positional(*explain, "CODE", words.topic, "CODE | [PATH…] FLOW…",
             "a code such as W1003 (without it, all of them), or flows, with policies as in `weft query`");
  add_policy_options(*explain, words);
  add_inventory_option(*explain, words);
  add_now(*explain, words);
  add_command(root, version_help);
  positional(*add_command(root, help_help), "TOPIC", words.topic, "[TOPIC]", "a command, or `exit-codes`");
  refuse_flag_values(root);
  for (CLI::App* command : root.get_subcommands({})) refuse_flag_values(*command);
}

std::vector<std::string_view> formats_of(std::string_view command) {
  if (command == check_help.name) return {"text", "json", "junit", "sarif", "github", "gitlab", "html"};
  if (command == graph_help.name) return {"text", "json", "dot", "svg", "mermaid", "html"};
  if (command == reach_help.name) return {"text", "json", "csv", "md", "dot", "svg", "html"};
  if (command == diff_help.name) return {"text", "json", "md", "sarif"};
  if (command == test_help.name) return {"text", "json", "junit", "tap", "sarif", "github", "gitlab"};
  return {"text", "json"};
}

std::string see_help(const CLI::App& app) {
  return app.get_parent() == nullptr ? "see `weft --help`" : fmt::format("see `weft {} --help`", app.get_name());
}

std::vector<std::string> command_names(const CLI::App& root) {
  std::vector<std::string> names;
  for (const CLI::App* command : root.get_subcommands({})) names.push_back(command->get_name());
  return names;
}

}  // namespace weft::cli
