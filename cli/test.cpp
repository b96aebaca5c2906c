#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/findings.h"
#include "cli/github.h"
#include "cli/gitlab.h"
#include "cli/junit.h"
#include "cli/progress.h"
#include "cli/sarif.h"
#include "cli/test_report.h"
#include "cli/test_text.h"
#include "cli/watch.h"
#include "driver/compile.h"
#include "driver/moment.h"
#include "driver/test_runner.h"

namespace weft::cli {
namespace {

std::string as_findings(TestArguments::Format format, const Findings& findings) {
  if (format == TestArguments::Format::Sarif) return sarif(findings);
  return format == TestArguments::Format::Github ? github_annotations(findings) : gitlab_report(findings);
}

// A failed expectation is a finding like others.
std::string with_failures(TestArguments::Format format, const TestRun& run) {
  Diagnostics all;
  for (const Diagnostic& diagnostic : run.compilation.diagnostics.all()) all.add(diagnostic);
  add_failures(run, all);
  const bool failed = run.report.failed > 0 || run.compilation.diagnostics.denied() > 0;
  return as_findings(format,
                     {all, run.compilation.sources, failed ? ExitCode::Findings : ExitCode::Clean, "tests", {}, {}});
}

// What a tool reads where no test could run: no document at all would look like a tool that failed.
std::string report_without_tests(const TestArguments& arguments, const driver::Compilation& compilation) {
  switch (arguments.format) {
    case TestArguments::Format::Text:
    case TestArguments::Format::Json:
      return {};
    case TestArguments::Format::Junit:
      return check_junit(compilation, false);
    case TestArguments::Format::Tap:
      return "TAP version 14\nBail out! the input has errors\n";
    case TestArguments::Format::Sarif:
    case TestArguments::Format::Github:
    case TestArguments::Format::Gitlab:
      break;
  }
  const std::vector<std::string>& names = compilation.names.policies;
  return as_findings(arguments.format, {compilation.diagnostics,
                                        compilation.sources,
                                        ExitCode::Usage,
                                        "tests",
                                        names.empty() ? "" : names.front(),
                                        {"tests: the input has errors"}});
}

std::string report_of(const TestArguments& arguments, const TestRun& run) {
  switch (arguments.format) {
    case TestArguments::Format::Text:
      return test_text(run);
    case TestArguments::Format::Json:
      return test_json(run);
    case TestArguments::Format::Junit:
      return test_junit(run);
    case TestArguments::Format::Tap:
      return test_tap(run);
    case TestArguments::Format::Sarif:
    case TestArguments::Format::Github:
    case TestArguments::Format::Gitlab:
      return with_failures(arguments.format, run);
  }
  return {};
}

driver::Compilation read(const TestArguments& arguments, Console& console) {
  driver::Options options;
  options.now = arguments.now;
  Progress progress(console.messages.is_terminal() && !console.messages.quiet());
  options.on_step = [&](std::string_view what) { progress.step(what); };
  return driver::compile(arguments.inputs, driver::Goal::Understand, options);
}

ExitCode run_once(const TestArguments& arguments, const driver::Compilation& compilation, Console& console) {
  console.messages.tell(compilation.diagnostics, compilation.sources);
  if (!compilation.understood) {
    console.results.write(report_without_tests(arguments, compilation));
    return ExitCode::Usage;
  }
  const driver::TestReport report = driver::run_tests(compilation.policy, compilation.inventory,
                                                      compilation.has_inventory(), {arguments.filter, arguments.now});
  if (report.tests.empty() && report.left_out > 0) {
    console.messages.tell(Error{"W9028", fmt::format("no test has `{}` in its name", arguments.filter),
                                report.left_out == 1 ? "there is one test, by another name"
                                                     : fmt::format("there are {} tests", report.left_out)});
    return ExitCode::Usage;
  }
  if (report.tests.empty()) console.messages.note("note: the policy has no tests");
  console.results.write(report_of(arguments, {compilation, report, arguments.coverage}));
  return report.failed > 0 || compilation.diagnostics.denied() > 0 ? ExitCode::Findings : ExitCode::Clean;
}

ExitCode run_again_and_again(const TestArguments& arguments, Console& console) {
  Watch watch;
  if (const auto begun = watch.begin(); !begun) {
    console.messages.tell(begun.error());
    return ExitCode::Usage;
  }
  for (;;) {
    driver::Compilation compilation = read(arguments, console);
    auto fresh = watch.follow(compilation);
    if (fresh && *fresh) {  // it may have changed while nobody watched
      compilation = read(arguments, console);
      fresh = watch.follow(compilation);
    }
    if (!fresh) {
      console.messages.tell(fresh.error());
      return ExitCode::Usage;
    }
    const ExitCode code = run_once(arguments, compilation, console);
    console.results.flush();
    if (console.results.closed()) return code;
    console.messages.note(fmt::format("watching {}; Ctrl-C ends", counted(watch.files(), "file", "files")));
    if (watch.wait() == Watch::Event::Ended) return code;
  }
}

}  // namespace

ExitCode run(const TestArguments& arguments, Console& console) {
  if (arguments.watch) return run_again_and_again(arguments, console);
  return run_once(arguments, read(arguments, console), console);
}

}  // namespace weft::cli
