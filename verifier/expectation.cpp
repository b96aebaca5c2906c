#include "verifier/expectation.h"

#include <algorithm>

namespace weft::verifier {

bool expects(const model::Rule& rule, std::string_view what) {
  return std::ranges::any_of(rule.annotations, [&](const model::Annotation& annotation) {
    return annotation.name == "expect" && std::ranges::find(annotation.values, what) != annotation.values.end();
  });
}

bool is_expected(const model::Policy& policy, const Dead& dead) {
  const auto* id = std::get_if<model::RuleId>(&dead.what);
  if (!id) return false;
  if (expects(policy[*id], "dead")) return true;
  if (dead.kind == Dead::Kind::Redundant) return expects(policy[*id], "redundant");
  if (dead.kind != Dead::Kind::Overridden) return false;
  const auto known = [&](const Statement& other) {
    return expects(policy[std::get<model::RuleId>(other)], "conflict");
  };
  return known(dead.what) || std::ranges::all_of(dead.blockers, known);
}

}  // namespace weft::verifier
