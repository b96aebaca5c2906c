#include "driver/compile.h"

#include <utility>

#include "driver/codes.h"
#include "driver/manifest.h"
#include "driver/vocabulary.h"
#include "frontend/frontend.h"
#include "inventory/inventory.h"
#include "plan/build.h"

namespace weft::driver {
namespace {

// The machine's trouble, told like everything else.
void report(Diagnostics& diagnostics, Error error) {
  Diagnostic diagnostic;
  diagnostic.code = std::move(error.code);
  diagnostic.message = std::move(error.message);
  if (!error.help.empty()) diagnostic.suggestions.push_back(std::move(error.help));
  diagnostics.add(std::move(diagnostic));
}

}  // namespace

Compilation compile(const InputNames& names, Goal goal, const Options& options) {
  Compilation out;
  out.diagnostics.set_levels(options.levels);
  const auto step = [&](std::string_view what) {
    if (options.on_step) options.on_step(what);
  };

  // Names to texts. A missing file would make every name it declares unknown, so nothing follows.
  step("reading");
  out.files = read_inputs(names, out.sources, out.diagnostics);
  if (options.verifier.dump_smt) prepare_directory(options.verifier.dump_smt->string(), out.diagnostics);
  if (out.diagnostics.has_errors()) return out;

  // Text to meaning. Every step reports what it finds and carries on with what it could understand.
  out.policy = frontend::read_policy(out.sources, out.files.policies, out.diagnostics);
  out.inventory = inventory::read(out.sources, out.files.inventories, out.diagnostics);
  if (!out.diagnostics.has_errors() && out.has_inventory()) check_vocabulary(out.policy, out.inventory, out.diagnostics);
  if (out.diagnostics.has_errors()) return out;
  out.understood = true;
  if (goal == Goal::Understand) return out;

  // From here on every name resolves: what can be true of the policy at all is proved or refuted, for any workload.
  step("proving");
  out.report = verifier::check(out.policy, out.has_inventory() ? &out.inventory : nullptr, options.verifier);
  verifier::report_to(*out.report, out.policy, out.sources, out.diagnostics);
  if (goal == Goal::Check) return out;
  if (out.report->has_errors() || out.report->has_undecided() || out.diagnostics.denied() > 0) return out;

  // From here on nothing the author claims is in doubt: the meaning becomes finite tables over one inventory.
  if (!out.has_inventory()) {
    out.diagnostics.report(no_inventory, {})
        .suggest("give one with `--inventory FILE`, or keep it as `inventory.yaml` beside the policy");
    return out;
  }
  step("planning");
  auto plan = plan::build(out.policy, out.inventory);
  if (!plan) {
    report(out.diagnostics, std::move(plan.error()));
    return out;
  }
  out.plan = std::move(*plan);
  if (goal == Goal::Plan) return out;

  // From here on the plan is final: what is emitted computes `plan::decide`.
  step("generating code");
  auto bundle = codegen::emit(*out.plan, options.codegen);
  if (!bundle) {
    report(out.diagnostics, std::move(bundle.error()));
    return out;
  }
  out.bundle = std::move(*bundle);
  describe(out, out.bundle->manifest);
  return out;
}

std::string_view version() { return WEFT_VERSION; }

}  // namespace weft::driver
