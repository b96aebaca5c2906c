#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/source.h"
#include "driver/query.h"
#include "model/evaluate.h"
#include "model/policy.h"

namespace weft::cli {

/// The text as a JSON string, quotes included. Bytes that are no UTF-8 become U+FFFD.
std::string json_string(std::string_view text);

/// `"error": {"code": …, "message": …, "help": …}`, the key of a line that is no answer.
std::string error_json(const Error& error);

/// Says what decided, for people and for programs. The policy and the sources must outlive it.
class DecisionText {
 public:
  DecisionText(const model::Policy& policy, const Sources& sources);

  /// {"verdict": "allow", "rule": "shop", "at": "shop.weft:14:3", "tier": "app"}; without a rule `by` names the reason;
  /// null where there is no gate. What would have been is left out. The view lives as long as this object.
  std::string_view json(const std::optional<model::GateDecision>& gate);
  /// "verdict": …, "source": …, "destination": …: the members of an answer, without braces. A gate at which something
  /// audited would have taken part has "would_be" as well.
  void append_json(std::string& out, const driver::Answer& answer);

  /// "allow by `shop` at shop.weft:14:3 (tier app): allow web -> api : http".
  std::string words(const std::optional<model::GateDecision>& gate, bool self) const;

 private:
  void append_json(std::string& out, const model::Decision& decision);
  void append_gate(std::string& out, const std::optional<model::GateDecision>& gate);
  std::string words(const model::GateDecision& gate) const;

  const model::Policy& policy_;
  const Sources& sources_;
  std::vector<std::string> rules_;       // by RuleId, made when first asked for
  std::vector<std::string> isolations_;  // two by IsolationId: as it allows, as it denies
  std::string profile_;
  std::string own_node_;
};

}  // namespace weft::cli
