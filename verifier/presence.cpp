#include "verifier/presence.h"

#include <optional>
#include <utility>

#include <fmt/format.h>

namespace weft::verifier {

z3::expr Presence::of(Statement statement) {
  const Precedence place = precedence(policy_, statement);
  const auto known = present_.find(place);
  if (known != present_.end()) return known->second.second;
  const z3::expr out =
      query_.condition(fmt::format("present.{}.{}", place.isolation ? "isolation" : "rule", place.index));
  present_.emplace(place, std::pair{statement, out});
  return out;
}

std::optional<std::vector<Statement>> Presence::needed(const std::vector<z3::expr>& conditions) {
  Assumptions assumptions{conditions, {}};
  std::vector<Statement> statements;
  for (const auto& [place, entry] : present_) {
    statements.push_back(entry.first);
    assumptions.others.push_back(entry.second);
  }
  MinimalCore solver(query_, assumptions);
  if (solver.check_all() != z3::unsat || query_.inexact_key()) return {};
  std::vector<Statement> out;
  for (const std::size_t i : solver.minimal(solver.core())) out.push_back(statements[i]);
  return out;
}

}  // namespace weft::verifier
