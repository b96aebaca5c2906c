#include "verifier/minimal_core.h"

#include <algorithm>

namespace weft::verifier {

namespace {

// Past so many further checks an answer may name some that could go.
constexpr int max_checks = 200;

}  // namespace

MinimalCore::MinimalCore(Query& query, const Assumptions& assumptions) : query_(query), assumptions_(assumptions) {
  for (std::size_t i = 0; i < assumptions.others.size(); ++i) numbers_.emplace(assumptions.others[i].id(), i);
}

z3::check_result MinimalCore::check(const std::vector<std::size_t>& others) {
  z3::expr_vector all(query_.solver.ctx());
  for (const z3::expr& literal : assumptions_.fixed) all.push_back(literal);
  for (const std::size_t other : others) all.push_back(assumptions_.others[other]);
  return query_.solver.check(all);
}

z3::check_result MinimalCore::check_all() {
  std::vector<std::size_t> all(assumptions_.others.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
  return check(all);
}

std::vector<std::size_t> MinimalCore::core() {
  std::vector<std::size_t> out;
  for (const z3::expr& literal : query_.solver.unsat_core()) {
    const auto known = numbers_.find(literal.id());
    if (known != numbers_.end()) out.push_back(known->second);
  }
  std::ranges::sort(out);
  const auto rest = std::ranges::unique(out);
  out.erase(rest.begin(), rest.end());
  return out;
}

std::vector<std::size_t> MinimalCore::minimal(std::vector<std::size_t> enough) {
  int left = max_checks;
  for (std::size_t i = enough.size(); i-- > 0 && left-- > 0;) {
    const std::size_t tried = enough[i];
    std::vector<std::size_t> fewer = enough;
    std::erase(fewer, tried);
    if (check(fewer) != z3::unsat) continue;
    enough = core();
    // What stands behind the place was needed while there was more to help, and is needed now.
    i = static_cast<std::size_t>(std::ranges::lower_bound(enough, tried) - enough.begin());
  }
  return enough;
}

}  // namespace weft::verifier
