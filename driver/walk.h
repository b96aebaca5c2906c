#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/source.h"
#include "model/evaluate.h"
#include "model/policy.h"

namespace weft::driver {

/// What one tier had to say at a gate.
struct TierStep {
  enum class Outcome : std::uint8_t {
    Silent,     ///< no rule and no isolation of it speaks of the flow
    Decided,    ///< `rule` gave the verdict
    Passed,     ///< `rule` handed the flow on
    Skipped,    ///< a `pass to` of an earlier tier went past it
    Isolation,  ///< `isolation` gave the verdict
  };

  model::TierId tier{};
  Outcome outcome = Outcome::Silent;
  std::optional<model::RuleId> rule;
  std::optional<model::IsolationId> isolation;
  std::vector<model::RuleId> overruled;  ///< match too, and come later in precedence
  std::vector<model::RuleId> audited;    ///< match, and are only recorded
  std::vector<model::RuleId> expired;    ///< would match, were it not for their deadline

  bool operator==(const TierStep&) const = default;
};

/// The way of a flow through one gate.
struct GateWalk {
  model::Direction direction = model::Direction::Egress;
  std::optional<model::GateDecision> decision;  ///< none: there is no gate, which allows
  std::vector<TierStep> steps;                  ///< up to the deciding tier; empty where the own-node rule decides
  std::vector<model::RuleId> near;  ///< where no rule decides: those that speak of both ends, of other services

  bool operator==(const GateWalk&) const = default;
};

/// Why a flow is allowed or denied.
struct Walk {
  bool allowed = false;
  bool self = false;
  GateWalk egress;
  GateWalk ingress;

  bool operator==(const Walk&) const = default;
};

/// Retraces what `model::evaluate` does, and ends as it does.
Walk walk(const model::Policy& policy, const model::Flow& flow, model::Moment now = model::before_all);

/// The walk as lines of text, two blanks for each level:
///
///     gate at source: allow
///       tier `app`: allow by `shop` at shop.weft:9:3: allow web -> db : tcp/5432
std::vector<std::string> lines_of(const Walk& walk, const model::Policy& policy, const Sources& sources);

/// One end of a flow for people: `shop/web-1 {app: "web"} 10.0.0.1`, with the labels that the policy looks at.
std::string describe_end(const std::string& name, const model::End& end, const std::vector<model::LabelKey>& keys);

}  // namespace weft::driver
