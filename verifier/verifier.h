#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "base/source.h"
#include "model/inventory.h"
#include "model/policy.h"
#include "verifier/answer.h"

namespace weft::verifier {

struct Options {
  /// What one question may cost, in the solver's own units, so that the same question gets the same answer on every
  /// machine; about a million a second. 0 is no limit.
  std::uint32_t rlimit = 20'000'000;
  /// Every question to the solver is written here as SMT-LIB 2, one file a question; the folder is created.
  std::optional<std::filesystem::path> dump_smt;
  /// Conflicts reported; what is beyond is counted in `not_checked`.
  std::size_t max_findings = 100;
};

/// Two rules that contradict each other on some flow.
struct Finding {
  enum class Kind : std::uint8_t {
    Conflict,           ///< allow and deny at one gate, tier and level: deny overrides
    AmbiguousPriority,  ///< different verdicts of two policies with one stated priority, at least one of them ordered
  };

  Kind kind = Kind::Conflict;
  model::RuleId first{};  ///< the earlier one in source order
  model::RuleId second{};
  model::Direction direction = model::Direction::Egress;  ///< a gate at which both match
  Witness witness;

  bool operator==(const Finding&) const = default;
};

/// The answer to `policy.assertions[i]` at position i of the report.
struct AssertionResult {
  Answer answer;

  bool operator==(const AssertionResult&) const = default;
};

/// Something that nobody may take for checked.
struct NotChecked {
  std::optional<Span> span;
  std::string what;  ///< "whether these two rules can match one flow"
  std::string why;
  bool only_a_warning = false;  ///< could at most have become a warning: it leaves no claim open

  bool operator==(const NotChecked&) const = default;
};

struct Statistics {
  std::size_t pairs = 0;      ///< pairs of rules with different verdicts at one level
  std::size_t questions = 0;  ///< put to the solver; 0 means that no solver was started

  bool operator==(const Statistics&) const = default;
};

/// What is true of a policy in the open world: every label set the vocabulary allows, present in an inventory or not.
struct Report {
  std::vector<Finding> findings;            ///< in source order of the rules
  std::vector<AssertionResult> assertions;  ///< one per assertion, in order
  std::vector<NotChecked> not_checked;
  /// Witnesses that `model::evaluate` does not confirm: our bug, never the author's. Such an answer is `Undecided`.
  std::vector<std::string> internal_errors;
  Statistics statistics;

  bool operator==(const Report&) const = default;

  /// An assertion is refuted, or a pair of rules is ambiguous.
  bool has_errors() const;
  /// An answer is missing.
  bool has_undecided() const;
};

/// Proves or refutes every assertion and finds the conflicts. With an inventory, a namespace it lists has the `ns.*`
/// labels it lists and no others; an unlisted namespace may have any. The same arguments give the same report.
Report check(const model::Policy& policy, const model::Inventory* inventory, const Options& options);

/// Says in diagnostics what the report found; proofs that are not vacuous say nothing.
void report_to(const Report& report, const model::Policy& policy, const Sources& sources, Diagnostics& diagnostics);

}  // namespace weft::verifier
