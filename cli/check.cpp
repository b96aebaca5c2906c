#include <optional>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/check_fix.h"
#include "cli/check_flows.h"
#include "cli/check_report.h"
#include "cli/commands.h"
#include "cli/findings.h"
#include "cli/github.h"
#include "cli/gitlab.h"
#include "cli/html_report.h"
#include "cli/junit.h"
#include "cli/progress.h"
#include "cli/sarif.h"
#include "driver/compile.h"
#include "driver/graph.h"

namespace weft::cli {
namespace {

// The document that another tool reads; nothing where people do.
std::optional<std::string> document(const CheckArguments& arguments, const driver::Compilation& compilation,
                                    ExitCode code) {
  using enum CheckArguments::Format;
  if (arguments.format == Html) return html_report(compilation, driver::graph_of_all(compilation, arguments.now));
  if (arguments.format == Junit) return check_junit(compilation, arguments.strict);
  const Findings findings{compilation.diagnostics,
                          compilation.sources,
                          code,
                          title(compilation),
                          compilation.names.policies.empty() ? "" : compilation.names.policies.front(),
                          not_checked(compilation),
                          flows_of(compilation)};
  switch (arguments.format) {
    case Sarif:
      return sarif(findings);
    case Github:
      return github_annotations(findings);
    case Gitlab:
      return gitlab_report(findings);
    default:
      return {};
  }
}

}  // namespace

ExitCode run(const CheckArguments& arguments, Console& console) {
  driver::Options options;
  options.now = arguments.now;
  options.max_table_bytes = arguments.max_table_bytes;
  if (!arguments.dump_smt.empty()) options.verifier.dump_smt = arguments.dump_smt;
  options.verifier.rlimit *= arguments.effort;
  options.verifier.explain_proofs = arguments.verbose || arguments.format == CheckArguments::Format::Json;

  Progress progress(console.messages.is_terminal() && !console.messages.quiet());
  options.on_step = [&](std::string_view what) { progress.step(what); };
  driver::InputNames inputs = arguments.inputs;
  std::optional<driver::FixOutcome> fixes;
  if (arguments.fix) {
    fixes = driver::fix(inputs, options);
    inputs = fixes->names;
  }
  // What is checked is what the files say once they are fixed.
  const driver::Compilation compilation = driver::compile(inputs, driver::Goal::Check, options);
  progress.stop();

  ExitCode code = exit_code(compilation, arguments.strict);
  if (fixes) {
    for (const std::string& name : fixes->kept) {
      console.messages.note(fmt::format("note: `{}` is no file, so its fixes are not made", printable(name)));
    }
    if (fixes->unfinished) console.messages.note("note: there is more to fix: run it again");
    if (arguments.dry_run) {
      if (code == ExitCode::Clean && !fixes->files.empty()) code = ExitCode::Findings;
    } else if (!write_fixes(*fixes, console.messages)) {
      return ExitCode::Usage;
    }
  }
  if (arguments.format == CheckArguments::Format::Json) {
    console.results.write(report_json(compilation, code, fixes ? fixed_json(*fixes) : ""));
    return code;
  }
  // Whoever looks at the log of a run wants to see why it failed without opening the document.
  console.messages.tell(compilation.diagnostics, compilation.sources);
  if (const auto written = document(arguments, compilation, code)) {
    console.results.write(*written);
    std::string summary = summary_text(compilation);
    summary.pop_back();  // a note has a line end of its own
    console.messages.note(summary);
    return code;
  }
  if (fixes) console.results.write(fixed_text(*fixes, arguments.dry_run));
  if (!arguments.dry_run) console.results.write(summary_text(compilation));
  if (arguments.verbose && !arguments.dry_run) console.results.write(grounds_text(compilation));
  return code;
}

}  // namespace weft::cli
