#include <fmt/format.h>

#include "base/diff.h"
#include "cli/commands.h"
#include "cli/decision_text.h"
#include "driver/files.h"
#include "driver/policy_files.h"
#include "driver/project.h"
#include "frontend/format.h"

namespace weft::cli {
namespace {

/// What became of one file.
struct Outcome {
  std::string name;
  std::string text;  ///< as it should be
  std::string diff;  ///< where one is asked for
  bool changed = false;
};

std::string json(const Outcome& outcome, const FmtArguments& arguments) {
  std::string out = fmt::format("{{\"name\": {}, \"changed\": {}", json_string(outcome.name), outcome.changed);
  if (arguments.diff) out += fmt::format(", \"diff\": {}", json_string(outcome.diff));
  if (arguments.prints()) out += fmt::format(", \"text\": {}", json_string(outcome.text));
  return out + "}";
}

class Run {
 public:
  Run(const FmtArguments& arguments, Console& console) : arguments_(arguments), console_(console) {}

  ExitCode go() {
    Diagnostics diagnostics;
    driver::InputNames names;
    std::vector<std::string> paths = arguments_.paths;
    if (!arguments_.project.empty()) {
      paths = driver::read_project(arguments_.project, sources_, diagnostics).policies;
      if (diagnostics.has_errors()) {  // which files are meant is a guess then
        fail(diagnostics);
        return code();
      }
    }
    names.policies = driver::policy_files(paths, diagnostics);
    names.look_for_inventory = false;
    const driver::InputFiles files = driver::read_inputs(names, sources_, diagnostics);
    if (diagnostics.has_errors()) fail(diagnostics);
    if (arguments_.prints() && files.policies.size() > 1) {
      console_.messages.tell(Error{"W9001", "several files are given, and only one can be printed",
                                   "say what to do with them: `--write`, `--check` or `--diff`"});
      return ExitCode::Usage;
    }
    for (const SourceId file : files.policies) format(file);
    if (console_.common.format == Format::Json) {
      console_.results.write(
          fmt::format("{{\"exit_code\": {}, \"files\": [{}]}}\n", static_cast<int>(code()), fmt::join(lines_, ", ")));
    }
    return code();
  }

 private:
  // A file that cannot be read leaves the others their turn.
  void fail(const Diagnostics& diagnostics) {
    console_.messages.tell(diagnostics, sources_);
    failed_ = true;
  }

  void format(SourceId file) {
    Diagnostics diagnostics;
    auto text = frontend::format(sources_, file, diagnostics);
    if (!text) return fail(diagnostics);
    const Source& source = sources_[file];
    Outcome outcome{source.name(), std::move(*text), {}, false};
    outcome.changed = outcome.text != source.text();
    if (arguments_.diff) outcome.diff = unified_diff(outcome.name, source.text(), outcome.text);
    if (arguments_.write && outcome.changed) {
      if (const auto written = driver::rewrite_file(outcome.name, outcome.text); !written) {
        console_.messages.tell(written.error());
        failed_ = true;
        return;
      }
    }
    differs_ = differs_ || outcome.changed;
    if (console_.common.format == Format::Json) {
      lines_.push_back(json(outcome, arguments_));
    } else if (arguments_.prints()) {
      console_.results.write(outcome.text);
    } else if (arguments_.diff) {
      console_.results.write(outcome.diff);
    } else if (outcome.changed) {
      console_.results.write(outcome.name + "\n");
    }
  }

  ExitCode code() const {
    if (failed_) return ExitCode::Usage;
    return arguments_.check && differs_ ? ExitCode::Findings : ExitCode::Clean;
  }

  const FmtArguments& arguments_;
  Console& console_;
  Sources sources_;
  std::vector<std::string> lines_;
  bool failed_ = false;
  bool differs_ = false;
};

}  // namespace

ExitCode run(const FmtArguments& arguments, Console& console) { return Run(arguments, console).go(); }

}  // namespace weft::cli
