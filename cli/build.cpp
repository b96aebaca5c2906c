#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/check_report.h"
#include "cli/commands.h"
#include "cli/progress.h"
#include "driver/compile.h"

namespace weft::cli {
namespace {

using Json = nlohmann::ordered_json;
using Emit = BuildArguments::Emit;
namespace fs = std::filesystem;

// A directory that holds anything but a bundle is somebody's work: it is not replaced.
Result<void> may_replace(const std::string& output) {
  std::error_code error;
  const fs::path path(output);
  if (!fs::exists(path, error)) return {};
  if (!fs::is_directory(path, error)) {
    return std::unexpected(Error{"W9009", fmt::format("`{}` exists and is no bundle", printable(output)),
                                 "name a new directory, or a bundle to replace"});
  }
  if (fs::is_empty(path, error) && !error) return {};
  if (fs::exists(path / "manifest.json", error) && fs::exists(path / "program.o", error)) return {};
  return std::unexpected(Error{"W9009", fmt::format("the directory `{}` exists and is no bundle", printable(output)),
                               "name a new directory, or a bundle to replace; nothing was written"});
}

std::string built_text(const bundle::Bundle& bundle, const std::string& output) {
  std::size_t tables = 0;
  for (const bundle::MapImage& image : bundle.images) {
    tables += image.value.size();
    for (const bundle::MapEntry& entry : image.entries) tables += entry.key.size() + entry.value.size();
  }
  const auto attachable =
      std::ranges::count_if(bundle.manifest.endpoints, [](const auto& each) { return !each.interface.empty(); });
  return fmt::format("built {}: {} endpoints ({} with an interface), program {} bytes, tables {} bytes\n",
                     printable(output), bundle.manifest.endpoints.size(), attachable, bundle.object.size(), tables);
}

std::string built_json(const bundle::Bundle& bundle, const std::string& output) {
  Json out;
  out["output"] = output;
  out["endpoints"] = bundle.manifest.endpoints.size();
  out["program_bytes"] = bundle.object.size();
  out["figures"] = bundle.manifest.figures;
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

ExitCode run(const BuildArguments& arguments, Console& console) {
  const bool writes = !arguments.output.empty();
  if (writes) {
    if (const auto allowed = may_replace(arguments.output); !allowed) {
      console.messages.tell(allowed.error());
      return ExitCode::Usage;
    }
  }
  driver::Options options;
  if (!arguments.dump_smt.empty()) options.verifier.dump_smt = arguments.dump_smt;
  Progress progress(console.messages.is_terminal() && !console.messages.quiet());
  options.on_step = [&](std::string_view what) { progress.step(what); };
  const driver::Goal goal = writes ? driver::Goal::Build : driver::Goal::Plan;
  const driver::Compilation compilation = driver::compile(arguments.inputs, goal, options);
  progress.stop();

  console.messages.tell(compilation.diagnostics, compilation.sources);
  if (!compilation.plan || (writes && !compilation.bundle)) {
    const ExitCode code = exit_code(compilation, false);
    if (!console.messages.quiet()) console.results.write(summary_text(compilation, arguments.inputs));
    console.messages.note("nothing was built");
    return code == ExitCode::Clean ? ExitCode::Usage : code;
  }

  if (arguments.emit == Emit::Plan) console.results.write(plan::to_string(*compilation.plan, compilation.policy));
  if (arguments.emit == Emit::Ir) {
    const auto ir = codegen::emit_ir(*compilation.plan, options.codegen);
    if (!ir) {
      console.messages.tell(ir.error());
      return ExitCode::Usage;
    }
    console.results.write(*ir);
  }
  if (!writes) return ExitCode::Clean;

  if (const auto written = bundle::write(*compilation.bundle, arguments.output); !written) {
    console.messages.tell(written.error());
    return ExitCode::Usage;
  }
  if (compilation.bundle->manifest.endpoints.empty()) {
    console.messages.note(
        "note: no workload of the inventory says where its gates live (`attach: {interface: …}`), so `weft load` "
        "has nothing to attach");
  }
  if (arguments.emit != Emit::Bundle) return ExitCode::Clean;
  if (console.common.format == Format::Json) {
    console.results.write(built_json(*compilation.bundle, arguments.output));
  } else {
    console.results.write(summary_text(compilation, arguments.inputs));
    console.results.write(built_text(*compilation.bundle, arguments.output));
  }
  return ExitCode::Clean;
}

}  // namespace weft::cli
