#include "cli/check_report.h"
#include "cli/commands.h"
#include "cli/progress.h"
#include "driver/compile.h"

namespace weft::cli {

ExitCode run(const CheckArguments& arguments, Console& console) {
  driver::Options options;
  options.now = arguments.now;
  if (!arguments.dump_smt.empty()) options.verifier.dump_smt = arguments.dump_smt;

  Progress progress(console.messages.is_terminal() && !console.messages.quiet());
  options.on_step = [&](std::string_view what) { progress.step(what); };
  const driver::Compilation compilation = driver::compile(arguments.inputs, driver::Goal::Check, options);
  progress.stop();

  const ExitCode code = exit_code(compilation, arguments.strict);
  if (console.common.format == Format::Json) {
    console.results.write(report_json(compilation, code));
  } else {
    console.messages.tell(compilation.diagnostics, compilation.sources);
    console.results.write(summary_text(compilation));
  }
  return code;
}

}  // namespace weft::cli
