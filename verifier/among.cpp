#include "verifier/among.h"

#include <optional>
#include <vector>

namespace weft::verifier {

using model::IsolationId;
using model::RuleId;

namespace {

template <typename Id>
void renumber(std::optional<Id>& id, const std::vector<Id>& numbers) {
  if (id) id = numbers[static_cast<std::size_t>(*id)];
}

}  // namespace

model::Decision evaluate_among(const model::Policy& policy, const std::set<Statement>& statements,
                               const model::Flow& flow, model::Moment now) {
  model::Policy few;
  few.profile = policy.profile;
  few.tiers = policy.tiers;
  few.guards = policy.guards;
  // A set has them in the order of their numbers, which decides between what is otherwise alike.
  std::vector<RuleId> rules;
  std::vector<IsolationId> isolations;
  for (const Statement& statement : statements) {
    if (const auto* rule = std::get_if<RuleId>(&statement)) {
      few.rules.push_back(policy[*rule]);
      rules.push_back(*rule);
    } else {
      isolations.push_back(std::get<IsolationId>(statement));
      few.isolations.push_back(policy[isolations.back()]);
    }
  }
  model::Decision out = model::evaluate(few, flow, now);
  for (auto* gate : {&out.egress, &out.ingress}) {
    if (!*gate) continue;
    renumber((*gate)->rule, rules);
    renumber((*gate)->isolation, isolations);
    if (!(*gate)->would_be) continue;
    renumber((*gate)->would_be->rule, rules);
    renumber((*gate)->would_be->isolation, isolations);
  }
  return out;
}

}  // namespace weft::verifier
