#include "driver/compile.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "driver/codes.h"
#include "driver/imports.h"
#include "driver/manifest.h"
#include "driver/obligations.h"
#include "driver/project_profile.h"
#include "driver/table_budget.h"
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

// What the command line leaves open is as the project says; what it says wins, one kind of input at a time.
InputNames completed(InputNames names, const Project& project) {
  const bool own_policies = names.policies.empty();
  if (own_policies) names.policies = project.policies;
  if (!names.inventories.empty()) return names;
  if (own_policies || !brings_inventory(names)) {
    names.inventories = project.inventories.value_or(std::vector<std::string>{});
    if (project.inventories) names.look_for_inventory = false;
  }
  return names;
}

// A rule past its deadline is an error where something is to be made or proved of it. Who asks about flows at some
// moment gets the answer of that moment.
frontend::ReadOptions read_options(const Options& options, Goal goal, const Compilation& compilation) {
  frontend::ReadOptions out;
  if (goal != Goal::Understand) out.now = options.now;
  if (compilation.project && compilation.project->profile) out.profile = compilation.project->profile->profile;
  return out;
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
  out.names = names;
  if (!names.project.empty()) {
    out.project = read_project(names.project, out.sources, out.diagnostics);
    if (out.diagnostics.has_errors()) return out;  // which files are meant is a guess then
    out.names = completed(names, *out.project);
    LintLevels levels = options.levels;  // what the command line says wins
    levels.insert(out.project->levels.begin(), out.project->levels.end());
    out.diagnostics.set_levels(std::move(levels));
  }
  out.files = read_inputs(out.names, out.sources, out.diagnostics);
  if (options.verifier.dump_smt) prepare_directory(options.verifier.dump_smt->string(), out.diagnostics);
  if (out.diagnostics.has_errors()) return out;

  // Text to meaning. Every step reports what it finds and carries on with what it could understand.
  PolicyImports imports(names, out.sources, out.files.policies);
  out.policy = frontend::read_policy(out.sources, out.files.policies, imports, out.diagnostics,
                                     read_options(options, goal, out));
  if (out.project) check_project_profile(*out.project, out.policy, out.diagnostics);
  out.inventory = inventory::read(out.sources, out.files.inventories, out.diagnostics);
  if (!out.diagnostics.has_errors() && out.has_inventory())
    check_vocabulary(out.policy, out.inventory, out.sources, out.diagnostics);
  if (out.diagnostics.has_errors()) return out;
  out.understood = true;
  if (goal == Goal::Understand) return out;

  // From here on every name resolves: what can be true of the policy at all is proved or refuted, for any workload.
  step("proving");
  verifier::Options prover = options.verifier;
  prover.now = options.now;
  const std::uint32_t days = out.project ? out.project->days_before_expiry : Project{}.days_before_expiry;
  if (days > 0 && options.now != model::before_all) {
    prover.expires_soon = model::Moment{static_cast<std::int64_t>(options.now) + std::int64_t{days} * 86'400};
  }
  // Who asks for the findings gets all of them, and who wants a build those that a person reads before the next.
  if (goal == Goal::Check) prover.max_findings = std::numeric_limits<std::size_t>::max();
  out.report = verifier::check(out.policy, out.has_inventory() ? &out.inventory : nullptr, prover);
  verifier::report_to(*out.report, out.policy, out.sources, out.diagnostics);
  if (goal == Goal::Check) {
    // Finding it out takes a plan, which in a large cluster takes longer than all proofs: only where somebody asks for
    // it.
    const bool asked = options.max_table_bytes || (out.project && out.project->max_table_bytes);
    if (asked) warn_of_table_budget(out, codegen_options(out, options), out.diagnostics);
    return out;
  }
  // A project may make warnings of broken claims.
  if (out.report->has_errors() && out.diagnostics.has_errors()) return out;
  if (out.report->has_undecided() || out.diagnostics.denied() > 0) return out;

  // A rule whose terms the kernel cannot keep is not built as if it had none.
  check_obligations(out.policy, options.widen_obligations, out.diagnostics);
  if (out.diagnostics.has_errors()) return out;

  // From here on nothing the author claims is in doubt: the meaning becomes finite tables over one inventory.
  if (!out.has_inventory()) {
    out.diagnostics.report(no_inventory, {})
        .suggest("give one with `--inventory FILE`, or name a directory that holds the policy and an `inventory.yaml`");
    return out;
  }
  step("planning");
  // Rows that exceed the budget by far are not made; those that exceed it by less are, to say which rules cost most.
  auto plan = plan::build(out.policy, out.inventory, std::max(least_room, codegen_options(out, options).table_budget));
  if (!plan) {
    report(out.diagnostics, std::move(plan.error()));
    return out;
  }
  out.plan = std::move(*plan);
  if (goal == Goal::Plan) return out;

  // From here on the plan is final: what is emitted computes `plan::decide`.
  step("generating code");
  auto bundle = codegen::emit(*out.plan, codegen_options(out, options));
  if (!bundle) {
    if (bundle.error().code == over_budget) {
      report_over_budget(std::move(bundle.error()), out);
    } else {
      report(out.diagnostics, std::move(bundle.error()));
    }
    return out;
  }
  out.bundle = std::move(*bundle);
  describe(out, out.bundle->manifest);
  return out;
}

codegen::Options codegen_options(const Compilation& compilation, const Options& options) {
  codegen::Options out = options.codegen;
  if (compilation.project && compilation.project->max_table_bytes) {
    out.table_budget = *compilation.project->max_table_bytes;
  }
  if (options.max_table_bytes) out.table_budget = *options.max_table_bytes;
  out.origin = {&compilation.policy, &compilation.sources};
  if (compilation.project && compilation.project->stateless) out.stateless = true;
  return out;
}

std::string_view version() { return WEFT_VERSION; }

}  // namespace weft::driver
