#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/diagnostics.h"
#include "base/source.h"
#include "model/inventory.h"
#include "model/policy.h"
#include "verifier/answer.h"
#include "verifier/cancellation.h"
#include "verifier/closed_findings.h"
#include "verifier/precedence.h"

namespace weft::verifier {

class InventoryMemory;

struct Options {
  /// What one question may cost, in the solver's own units, so that the same question gets the same answer on every
  /// machine; about a million a second. 0 is no limit.
  std::uint32_t rlimit = 20'000'000;
  /// Every question to the solver is written here as SMT-LIB 2, one file a question; the folder is created.
  std::optional<std::filesystem::path> dump_smt;
  /// Conflicts reported, and dead rules; what is beyond is counted in `not_checked`.
  std::size_t max_findings = 100;
  bool look_for_dead = true;    ///< whether the report has `dead` and `unreachable`
  bool explain_proofs = false;  ///< whether proofs say what they rest on, at the price of more questions
  /// Rules that expire before it are told of.
  std::optional<model::Moment> expires_soon{};
  /// Of a claim about chains: how many kinds of workloads and nodes that behave differently are followed.
  std::size_t max_behaviours = 2'000;
  /// What was before is not looked at: deadlines cut the time from here on.
  model::Moment now = model::before_all;
  /// Of the inventory that is asked about; may be null.
  InventoryMemory* memory = nullptr;
  /// By which another thread may end the check; may be null, otherwise outlives it. Whoever adds a long loop asks it.
  Cancellation* cancellation = nullptr;
};

/// A stretch of time between deadlines. From `Options::now` on if `from` is that moment; for ever if `until` is none.
struct Interval {
  model::Moment from = model::before_all;
  std::optional<model::Moment> until{};  ///< the first moment behind it

  bool operator==(const Interval&) const = default;
};

/// Two rules that contradict each other on some flow that no earlier tier, lower level or isolation decides. Silenced
/// by
/// `@expect(conflict)` on either of them, and told of as `Dead` where one of them leaves the other nothing.
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
  Interval when{};       ///< while both are in force and may decide
  bool decisive = true;  ///< the walk of the witness comes to the two; false: nobody could tell of any flow

  bool operator==(const Finding&) const = default;
};

/// A rule or an isolation without which every flow would fare the same.
struct Dead {
  enum class Kind : std::uint8_t {
    Shadowed,       ///< what stands before it decides whatever it matches, somewhere against it
    Overridden,     ///< an `allow` all of which is denied on its own level
    Redundant,      ///< whatever it would decide, other statements say the same of
    Contradictory,  ///< no flow matches it at a gate there is
  };

  Kind kind = Kind::Shadowed;
  Statement what;
  std::vector<Statement> blockers{};  ///< enough to make it so; one that decides against it first
  std::optional<Witness> example{};   ///< a flow that it matches, decided by others
  bool decides = false;               ///< of Redundant: it does decide flows, of which others would say the same
  std::string why{};                  ///< where no statement makes it so: "no peer matches `none`"

  bool operator==(const Dead&) const = default;
};

/// A policy or a tier in which nothing ever decides; what is in it is not told of one by one.
struct Unreachable {
  std::variant<model::TierId, model::BlockId> what;
  std::vector<Statement> blockers{};  ///< outside of it
  std::optional<Witness> example{};

  bool operator==(const Unreachable&) const = default;
};

/// An answer and the time for which it is given.
struct TimedAnswer {
  Interval when;
  Answer answer;

  bool operator==(const TimedAnswer&) const = default;
};

/// What makes it so that all flows of an assertion fare the same.
struct Grounds {
  bool allowed = false;  ///< all are allowed; else all are denied
  std::vector<Statement>
      statements{};  ///< none can go, in the order in which a walk meets them; none at all: the profile
  /// Of a claim about chains, where `statements` are those that close the last hop: what keeps all who are reached from
  /// reaching anybody else who could pass on. The same of them.
  std::optional<std::vector<Statement>> relays{};

  bool operator==(const Grounds&) const = default;
};

/// Why a claim `in inventory` is undecided where there is none.
inline constexpr std::string_view no_inventory_given = "it is about an inventory, and none is given";

/// The answer to `policy.assertions[i]` at position i of the report.
struct AssertionResult {
  Answer answer;                     ///< refuted if it ever is, proved if it is proved for all time
  std::vector<TimedAnswer> parts{};  ///< where a deadline changes it: the answers in order of time, together all time
  /// Of a proof, where `Options::explain_proofs` asks for it and no deadline changes the answer: what it rests on. Of
  /// an `always` that no flow keeps: what denies all of them.
  std::optional<Grounds> grounds{};

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
  std::size_t pairs = 0;      ///< of rules with different verdicts at one level that had to be compared
  std::size_t questions = 0;  ///< put to the solver; 0 means that no solver was started

  bool operator==(const Statistics&) const = default;
};

/// What is true of a policy in the open world: every label set the vocabulary allows, present in an inventory or not.
struct Report {
  model::Moment now = model::before_all;    ///< from when on it looks
  std::vector<Finding> findings;            ///< in source order of the rules
  std::vector<Dead> dead{};                 ///< rules in source order, then isolations
  std::vector<Unreachable> unreachable{};   ///< tiers, then policies
  std::vector<model::RuleId> expiring{};    ///< soon, as `Options::expires_soon` says
  ClosedFindings closed{};                  ///< of the inventory, where one is given
  std::vector<AssertionResult> assertions;  ///< one per assertion, in order
  std::vector<NotChecked> not_checked;
  std::size_t audited_rules = 0;  ///< not in force: findings and proofs are about the policy without them
  std::size_t audited_isolations = 0;
  /// Witnesses that `model::evaluate` does not confirm: our bug, never the author's. Such an answer is `Undecided`.
  std::vector<std::string> internal_errors;
  Statistics statistics;

  bool operator==(const Report&) const = default;

  /// An assertion is refuted, or a pair of rules is ambiguous.
  bool has_errors() const;
  /// An answer is missing.
  bool has_undecided() const;
};

/// Proves or refutes every assertion and finds the conflicts, for each stretch of time that deadlines cut; where no
/// rule that has a say expires that is one question, as ever. Audited rules decide nothing, and audited isolations
/// allow. With an inventory, a namespace it lists has the `ns.*` labels it lists and no others; an unlisted namespace
/// may have any. The same arguments give the same report.
Report check(const model::Policy& policy, const model::Inventory* inventory, const Options& options);

/// On one line: "`deny` of `shop` at shop.weft:14:3, isolation of `base` at base.weft:2:3", or that the profile does
/// it.
std::string describe(const Grounds& grounds, const model::Policy& policy, const Sources& sources);

/// Says in diagnostics what the report found; proofs that are not vacuous say nothing, and neither does what `said`
/// tells already in other words.
void report_to(const Report& report, const model::Policy& policy, const Sources& sources, Diagnostics& diagnostics,
               const Diagnostics& said);
/// The same where all that is said stands in `diagnostics`.
void report_to(const Report& report, const model::Policy& policy, const Sources& sources, Diagnostics& diagnostics);

}  // namespace weft::verifier
