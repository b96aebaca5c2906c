#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "model/evaluate.h"
#include "plan/plan.h"
#include "tests/support/world.h"

namespace weft::test {

/// The first flow on which the plan's tables and the evaluator differ at a gate (verdict, reason, rule or isolation),
/// as a sentence; nothing where they agree on all. Flows take turns through the interesting moments. Flows without
/// addresses are passed over: a plan is about addresses.
std::optional<std::string> plan_disagreement(const World& world, const plan::DecisionPlan& plan,
                                             const std::vector<model::Flow>& flows);

/// The verdicts of the evaluator between one representative of each class and atom, at every interesting moment.
class ClassTable {
 public:
  ClassTable(const World& world, const plan::DecisionPlan& plan, const std::vector<model::Flow>& flows);

  /// The first flow on which the verdict of its classes differs from its own, as a sentence.
  std::optional<std::string> disagreement(const std::vector<model::Flow>& flows);

 private:
  struct Key {
    plan::Identity source, destination;
    plan::AtomId atom;

    auto operator<=>(const Key&) const = default;
  };
  Key key_of(const model::Flow& flow) const;
  std::vector<bool> allowed(const model::Flow& flow) const;  ///< by moment

  const World& world_;
  const plan::DecisionPlan& plan_;
  std::vector<model::Moment> moments_;
  std::map<Key, std::pair<std::vector<bool>, const model::Flow*>> verdicts_;
};

}  // namespace weft::test
