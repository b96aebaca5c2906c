#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/decision_text.h"
#include "codegen/version.h"
#include "driver/compile.h"
#include "runtime/version.h"
#include "verifier/version.h"

namespace weft::cli {

ExitCode run(const VersionArguments&, Console& console) {
  const std::string llvm = codegen::llvm_version();
  const std::string z3 = verifier::solver_version();
  const std::string libbpf = runtime::libbpf_version();
  if (console.common.format == Format::Json) {
    console.results.write(fmt::format("{{\"weft\": {}, \"llvm\": {}, \"z3\": {}, \"libbpf\": {}}}\n",
                                      json_string(driver::version()), json_string(llvm), json_string(z3),
                                      json_string(libbpf)));
  } else {
    console.results.write(fmt::format("weft {}\nLLVM {}, Z3 {}, libbpf {}\n", driver::version(), llvm, z3, libbpf));
  }
  return ExitCode::Clean;
}

ExitCode run(const HelpArguments& arguments, Console& console) {
  console.results.write(arguments.text);
  return ExitCode::Clean;
}

}  // namespace weft::cli
