#include <fmt/format.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/diff_report.h"
#include "cli/findings.h"
#include "cli/progress.h"
#include "cli/sarif.h"
#include "driver/diff.h"

namespace weft::cli {
namespace {

ExitCode exit_code(const DiffArguments& arguments, const driver::PolicyDiff& diff) {
  if (!diff.understood()) return ExitCode::Usage;
  const verifier::Diff& flows = *diff.flows;
  if (!flows.internal_errors.empty()) return ExitCode::Internal;
  using enum DiffArguments::FailOn;
  const bool gained = flows.gains(), lost = flows.loses();
  const bool fails = (arguments.fail_on == Any && (gained || lost)) || (arguments.fail_on == Widened && gained) ||
                     (arguments.fail_on == Narrowed && lost);
  if (fails) return ExitCode::Findings;
  return flows.gained_open || flows.lost_open ? ExitCode::Undecided : ExitCode::Clean;
}

std::string sarif_of(const driver::PolicyDiff& diff, ExitCode code) {
  const driver::DiffSide& shown = diff.before.compilation.understood ? diff.after : diff.before;
  const std::string subject = shown.compilation.names.policies.empty() ? "" : shown.compilation.names.policies.front();
  std::vector<std::string> remarks = diff.notes;
  // Readers of the log know files by their place in the repository, whatever revision they are of.
  const Sources sources = shown.revision ? shown.revision->in_working_tree(shown.compilation.sources) : Sources();
  return sarif(Findings{diff.understood() ? diff.findings : shown.compilation.diagnostics,
                        shown.revision ? sources : shown.compilation.sources, code,
                        fmt::format("{} -> {}", diff.before.name, diff.after.name), subject, std::move(remarks)});
}

}  // namespace

ExitCode run(const DiffArguments& arguments, Console& console) {
  driver::Options options;
  options.now = arguments.now;
  if (!arguments.dump_smt.empty()) options.verifier.dump_smt = arguments.dump_smt;
  Progress progress(console.messages.is_terminal() && !console.messages.quiet());
  options.on_step = [&](std::string_view what) { progress.step(what); };
  const auto diff = driver::diff(arguments.names, options);
  progress.stop();
  if (!diff) {
    console.messages.tell(diff.error());
    return ExitCode::Usage;
  }
  const ExitCode code = exit_code(arguments, *diff);
  using enum DiffArguments::Format;
  if (!diff->understood()) {
    for (const driver::DiffSide* side : {&diff->before, &diff->after}) {
      if (side->compilation.understood) continue;
      if (arguments.format != Json) console.messages.tell(side->compilation.diagnostics, side->compilation.sources);
    }
    if (arguments.format == Json) console.results.write(diff_json(*diff, code));
    if (arguments.format == Sarif) console.results.write(sarif_of(*diff, code));
    return code;
  }
  for (const std::string& error : diff->flows->internal_errors) {
    console.messages.tell(Error{"W3007", fmt::format("internal error: {}", error),
                                "this is a mistake of the tool and says nothing about the policies"});
  }
  switch (arguments.format) {
    case Text:
      console.results.write(diff_text(*diff));
      break;
    case Json:
      console.results.write(diff_json(*diff, code));
      break;
    case Markdown:
      console.results.write(diff_markdown(*diff));
      break;
    case Sarif:
      console.results.write(sarif_of(*diff, code));
      break;
  }
  return code;
}

}  // namespace weft::cli
