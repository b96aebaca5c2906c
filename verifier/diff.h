#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/evaluate.h"
#include "model/inventory.h"
#include "model/policy.h"
#include "verifier/answer.h"
#include "verifier/verifier.h"

namespace weft::verifier {

/// What decided at a gate. Without a reason there is no gate there, which allows.
struct Decider {
  std::optional<model::Reason> reason;
  std::optional<model::RuleId> rule;
  std::optional<model::IsolationId> isolation;

  auto operator<=>(const Decider&) const = default;
};

Decider decider(const std::optional<model::GateDecision>& gate);

/// Who decided at a gate under the old policy, and who does under the new one.
struct Turn {
  Decider before;
  Decider after;

  auto operator<=>(const Turn&) const = default;
};

/// Flows that one policy allows and the other denies, for one reason: the same two statements disagree about all of
/// them. It is the gate that keeps the flow from passing on one side which says so; of two such gates the one at the
/// source, and both where different statements open (of a flow that is gained) or used to open (of one that is lost)
/// them.
struct Difference {
  bool gained = false;      ///< allowed by the new policy only; else by the old one only
  std::vector<Turn> turns;  ///< one or two
  Interval when{};          ///< as long as the witness shows it
  Witness witness;          ///< with the decision of the new policy
  model::Decision before;   ///< what the old policy says about the witness
  bool more = false;        ///< a changed statement of it disagrees with others, too, that are not listed one by one

  bool operator==(const Difference&) const = default;
};

/// A label whose values the two policies declare differently, or that only one declares. Flows with all values of
/// either are compared.
struct VocabularyChange {
  model::LabelKey key;
  std::optional<model::KeyDomain> before;
  std::optional<model::KeyDomain> after;
};

/// Who disagrees about a flow that one policy allows and the other denies, both judged by `model::evaluate`: the turns
/// of the difference it belongs to. None where they agree about it.
std::vector<Turn> turns_of(const model::Decision& before, const model::Decision& after);

/// What a new policy allows and the old one did not, and the other way round, over all flows there can be.
struct Diff {
  enum class Verdict {
    Equivalent,   ///< both allow the same flows
    OnlyWidens,   ///< the new one allows all that the old one does, and more
    OnlyNarrows,  ///< the other way round
    Both,
  };

  std::vector<Difference> differences;  ///< what is gained, then what is lost, each in order of time and of the rules
  std::vector<NotChecked> not_checked;
  std::size_t unlisted = 0;  ///< stretches of time in which more differences exist than are listed
  bool gained_open = false;  ///< more may be gained than is known: a question is undecided
  bool lost_open = false;
  std::vector<VocabularyChange> vocabulary;
  std::size_t changed_rules = 0;   ///< of both policies: without an equal one in the same place
  std::size_t compared_rules = 0;  ///< that can have a say about a flow which a changed statement speaks about
  std::size_t audited = 0;         ///< rules and isolations of either policy that are not in force
  std::size_t questions = 0;       ///< put to the solver; 0: no solver was started
  std::vector<std::string> internal_errors;

  bool gains() const;
  bool loses() const;
  /// None where it is undecided.
  std::optional<Verdict> verdict() const;
};

/// Compares two policies over all flows of the open world, for each stretch of time that deadlines cut from
/// `options.now` on. Proved, but for what is reported as open. With an inventory, namespaces are as it lists them.
/// Policies whose statements are equal in equal places are proved equal without the solver; else only what can have a
/// say about changed statements is looked at. `options.max_findings` bounds the differences listed, and `max_alike`
/// those in which one and the same changed statement opens or closes: a rule that opens what a hundred isolations kept
/// shut is one change, and leaves room for others.
Diff diff(const model::Policy& before, const model::Policy& after, const model::Inventory* inventory,
          const Options& options, std::size_t max_alike = 5);

}  // namespace weft::verifier
