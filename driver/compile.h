#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "base/diagnostics.h"
#include "base/source.h"
#include "bundle/bundle.h"
#include "codegen/codegen.h"
#include "driver/files.h"
#include "driver/project.h"
#include "model/evaluate.h"
#include "model/inventory.h"
#include "model/policy.h"
#include "plan/plan.h"
#include "verifier/verifier.h"

namespace weft::driver {

/// How far a compilation goes; every goal includes those before it.
enum class Goal {
  Understand,  ///< policy and inventory
  Check,       ///< and the verifier's report
  Plan,        ///< and the decision tables
  Build,       ///< and the bundle
};

struct Options {
  verifier::Options verifier;
  codegen::Options codegen;
  bool widen_obligations = false;                  ///< build rules with `requires` without what they ask for
  LintLevels levels;                               ///< what warnings count for
  std::optional<std::uint64_t> max_table_bytes{};  ///< none: as the project says, else as the code generator does
  model::Moment now = model::before_all;           ///< when the flows that are asked about happen
  /// Told what begins: "reading", "proving", "planning", "generating code". May be empty.
  std::function<void(std::string_view step)> on_step;
};

/// What became of the inputs. A part that is absent was not reached: the diagnostics say why.
struct Compilation {
  Sources sources;
  Diagnostics diagnostics;
  std::optional<Project> project;  ///< where the names came with a `weft.toml`
  InputNames names;                ///< those given, completed by the project
  InputFiles files;
  bool understood = false;  ///< policy and inventory mean what was written: no error so far
  model::Policy policy;
  model::Inventory inventory;  ///< empty where none was given
  std::optional<verifier::Report> report;
  std::optional<plan::DecisionPlan> plan;
  std::optional<bundle::Bundle> bundle;

  bool has_inventory() const { return !files.inventories.empty(); }
};

/// Takes the named inputs as far as `goal`, or as far as errors let anything meaningful follow. A refuted assertion or
/// an open question stops before the plan: what is built has been proved.
Compilation compile(const InputNames& names, Goal goal, const Options& options = {});

/// The options of the code generator with what the project adds to them.
codegen::Options codegen_options(const Compilation& compilation, const Options& options);

/// "0.1.0"
std::string_view version();

}  // namespace weft::driver
