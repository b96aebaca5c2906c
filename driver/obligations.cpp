#include "driver/obligations.h"

#include <string>

#include <fmt/format.h>

#include "driver/codes.h"

namespace weft::driver {
namespace {

// "`http`", "`http` and `sni`"
std::string kinds_of(const model::Rule& rule) {
  std::string out;
  for (std::size_t i = 0; i < rule.obligations.size(); ++i) {
    if (i != 0) out += i + 1 == rule.obligations.size() ? " and " : ", ";
    out += fmt::format("`{}`", rule.obligations[i].kind);
  }
  return out;
}

std::string_view effect(model::Verdict verdict) {
  return verdict == model::Verdict::Pass ? "pass on" : to_string(verdict);
}

}  // namespace

void check_obligations(const model::Policy& policy, bool widen, Diagnostics& diagnostics) {
  for (const model::Rule& rule : policy.rules) {
    if (rule.obligations.empty() || rule.audit) continue;
    const Span place = rule.obligations.front().span;
    if (widen) {
      diagnostics.report(obligation_widened, place, kinds_of(rule), effect(rule.verdict));
      continue;
    }
    Diagnostic& diagnostic = diagnostics.report(obligation_refused, place, kinds_of(rule));
    diagnostic.note(fmt::format("without it the rule would {} every flow of its service", effect(rule.verdict)))
        .suggest("let what terminates the connection enforce it and drop it here, or build with `--widen-obligations`");
  }
}

}  // namespace weft::driver
