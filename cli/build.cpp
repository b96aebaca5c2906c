#include <algorithm>
#include <filesystem>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include <unistd.h>

#include "base/text.h"
#include "bundle/header.h"
#include "bundle/maps.h"
#include "cli/check_report.h"
#include "cli/commands.h"
#include "cli/explanation_json.h"
#include "cli/progress.h"
#include "driver/compile.h"
#include "driver/table_budget.h"

namespace weft::cli {
namespace {

using Json = nlohmann::ordered_json;
using Emit = BuildArguments::Emit;
namespace fs = std::filesystem;

// What a bundle is on disk; `maps.json` is for people, who may delete it.
constexpr std::string_view bundle_files[] = {"manifest.json", "program.o", "maps.bin", "maps.json"};

// A directory that holds anything but a bundle is somebody's work: it is not replaced.
Result<void> may_replace(const std::string& output) {
  std::error_code error;
  const fs::path path(output);
  if (!fs::exists(path, error)) return {};
  const auto refused = [&](std::string_view what, std::string_view help) {
    return std::unexpected(Error{"W9009", fmt::format("{} `{}` exists and is no bundle", what, printable(output)),
                                 fmt::format("{}; nothing was written", help)});
  };
  if (!fs::is_directory(path, error)) return refused("the file", "name a new directory, or a bundle to replace");
  std::vector<std::string> names;
  for (fs::directory_iterator at(path, error), end; !error && at != end; at.increment(error)) {
    names.push_back(at->path().filename().string());
  }
  std::ranges::sort(names);
  const auto is_there = [&](std::string_view name) { return std::ranges::find(names, name) != names.end(); };
  if (error || names.empty()) return {};  // what cannot be read is told by whoever writes
  if (!is_there("manifest.json") || !is_there("program.o") || !is_there("maps.bin")) {
    return refused("the directory", "name a new directory, or a bundle to replace");
  }
  for (const std::string& name : names) {
    if (std::ranges::find(bundle_files, name) != std::end(bundle_files)) continue;
    return std::unexpected(
        Error{"W9009",
              fmt::format("the bundle `{}` holds `{}`, which is none of its files", printable(output), printable(name)),
              fmt::format("move `{}` away, or name a new directory; nothing was written",
                          printable((path / name).string()))});
  }
  return {};
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
  // Where to write is settled before anything is read: nobody waits for a proof to hear of a slip.
  std::string output = arguments.output;
  if (output.empty() && arguments.emit == Emit::Bundle) {
    Sources sources;
    Diagnostics diagnostics;
    const driver::Project project = driver::read_project(arguments.inputs.project, sources, diagnostics);
    if (diagnostics.has_errors()) {
      console.messages.tell(diagnostics, sources);
      return ExitCode::Usage;
    }
    if (!project.output) {
      console.messages.tell(
          Error{"W9001", "no output is given",
                fmt::format("name the bundle to write with `-o DIR`, or as `output` under `[build]` in `{}`",
                            printable(arguments.inputs.project))});
      return ExitCode::Usage;
    }
    output = *project.output;
  }
  const bool writes = !output.empty();
  if (writes) {
    if (const auto allowed = may_replace(output); !allowed) {
      console.messages.tell(allowed.error());
      return ExitCode::Usage;
    }
  }
  driver::Options options;
  options.now = arguments.now;
  options.widen_obligations = arguments.widen_obligations;
  options.max_table_bytes = arguments.max_table_bytes;
  if (arguments.strategy == BuildArguments::Strategy::Matrix) options.codegen.strategy = codegen::Strategy::Matrix;
  options.codegen.counted_pairs = arguments.counted_pairs;
  if (arguments.events) options.codegen.events_per_second = *arguments.events;
  if (!arguments.dump_smt.empty()) options.verifier.dump_smt = arguments.dump_smt;
  Progress progress(console.messages.is_terminal() && !console.messages.quiet());
  options.on_step = [&](std::string_view what) { progress.step(what); };
  const bool compiles =
      arguments.emit == Emit::Object || arguments.emit == Emit::Maps || arguments.emit == Emit::Header;
  if (arguments.emit == Emit::Object && ::isatty(1) != 0) {
    console.messages.tell(
        Error{"W9001", "an object is not for a terminal", "write it to a file: `--emit obj > program.o`"});
    return ExitCode::Usage;
  }
  const driver::Goal goal = writes || compiles ? driver::Goal::Build : driver::Goal::Plan;
  const driver::Compilation compilation = driver::compile(arguments.inputs, goal, options);
  progress.stop();

  console.messages.tell(compilation.diagnostics, compilation.sources);
  if (!compilation.plan || ((writes || compiles) && !compilation.bundle)) {
    const ExitCode code = exit_code(compilation, false);
    if (!console.messages.quiet()) console.results.write(summary_text(compilation));
    console.messages.note("nothing was built");
    return code == ExitCode::Clean ? ExitCode::Usage : code;
  }

  if (arguments.emit == Emit::Plan) console.results.write(plan::to_string(*compilation.plan, compilation.policy));
  if (arguments.emit == Emit::Explanation) {
    const codegen::Options built_with = driver::codegen_options(compilation, options);
    console.results.write(console.common.format == Format::Json ? explanation_json(compilation, built_with)
                                                                : driver::explain_tables(compilation, built_with));
  }
  if (arguments.emit == Emit::Ir) {
    const auto ir = codegen::emit_ir(*compilation.plan, driver::codegen_options(compilation, options));
    if (!ir) {
      console.messages.tell(ir.error());
      return ExitCode::Usage;
    }
    console.results.write(*ir);
  }
  if (arguments.emit == Emit::Assembly) {
    const auto text = codegen::emit_assembly(*compilation.plan, driver::codegen_options(compilation, options));
    if (!text) {
      console.messages.tell(text.error());
      return ExitCode::Usage;
    }
    console.results.write(*text);
  }
  if (compilation.bundle && arguments.emit == Emit::Object) {
    const bundle::Bytes& object = compilation.bundle->object;
    console.results.write({reinterpret_cast<const char*>(object.data()), object.size()});
  }
  if (compilation.bundle && arguments.emit == Emit::Maps) {
    console.results.write(bundle::render_maps_json(compilation.bundle->images));
  }
  if (compilation.bundle && arguments.emit == Emit::Header) {
    console.results.write(bundle::c_header(*compilation.bundle));
  }
  if (!writes) return ExitCode::Clean;

  if (const auto written = bundle::write(*compilation.bundle, output); !written) {
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
    console.results.write(built_json(*compilation.bundle, output));
  } else {
    console.results.write(summary_text(compilation));
    console.results.write(built_text(*compilation.bundle, output));
  }
  return ExitCode::Clean;
}

}  // namespace weft::cli
