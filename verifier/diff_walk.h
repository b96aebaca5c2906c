#pragma once

// Private to this folder.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "verifier/diff.h"
#include "verifier/query.h"

namespace weft::verifier {

/// The rules and isolations of one policy that can have a say, by their numbers in it.
struct Part {
  std::vector<std::uint32_t> rules;
  std::vector<std::uint32_t> isolations;
};

/// One gate of one policy as formulas: whether it lets a flow pass, and who decides so. The rules may be known to the
/// question under other numbers than to the policy.
class GateFormula {
 public:
  using Named = std::function<model::RuleId(std::uint32_t)>;

  /// `name` tells the formulas of several gates apart. All arguments must outlive it.
  GateFormula(Query& query, const model::Policy& policy, const Part& part, const Named& known_as,
              model::Direction direction, const std::string& name);

  const z3::expr& allows() const { return *allows_; }
  /// The condition under which that is what decides.
  z3::expr decided_by(const Decider& decider) const;

 private:
  // The first of these rules that matches decides, where the walk comes to them.
  struct Step {
    z3::expr open;
    std::vector<std::uint32_t> rules;
  };
  struct Isolated {
    z3::expr open;
    std::vector<std::uint32_t> first;  // in force, then audited ones
    std::vector<std::uint32_t> second;
  };

  void walk(const Part& part, const std::string& name);
  z3::expr matches(std::uint32_t rule) const { return query_.matches(known_as_(rule)); }
  z3::expr isolates(std::uint32_t isolation) const;
  z3::expr gates() const;

  Query& query_;
  const model::Policy& policy_;
  const Named& known_as_;
  model::Direction direction_;
  std::vector<Step> steps_;
  std::vector<Isolated> isolated_;
  std::vector<z3::expr> allowed_;
  std::optional<z3::expr> end_;     // no tier decides
  std::optional<z3::expr> exempt_;  // the workload's own node
  std::optional<z3::expr> gates_;
  std::optional<z3::expr> allows_;
};

}  // namespace weft::verifier
