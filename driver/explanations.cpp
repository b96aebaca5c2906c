#include "driver/explanations.h"

#include <algorithm>
#include <array>
#include <utility>

namespace weft::driver {

extern const Explanation embedded_explanations[];
extern const std::size_t embedded_explanations_count;

std::span<const Explanation> explanations() { return {embedded_explanations, embedded_explanations_count}; }

const Explanation* find_explanation(std::string_view code) {
  const auto found = std::ranges::lower_bound(explanations(), code, {}, &Explanation::code);
  return found != explanations().end() && found->code == code ? &*found : nullptr;
}

std::span<const LintLevel> levels_of(const Explanation& finding) {
  static constexpr std::array of_warnings{LintLevel::Allow, LintLevel::Warn, LintLevel::Deny};
  static constexpr std::array of_claims{LintLevel::Warn, LintLevel::Deny};
  static constexpr std::array<std::string_view, 3> claims{"W3002", "W3003", "W3006"};
  if (finding.severity == Severity::Warning) return of_warnings;
  if (std::ranges::find(claims, finding.code) != claims.end()) return of_claims;
  return {};
}

std::string_view code_group(std::string_view code) {
  static constexpr auto groups = std::to_array<std::pair<std::string_view, std::string_view>>({
      {"W10", "policies"},
      {"W20", "inventories"},
      {"W30", "proofs"},
      {"W40", "decision tables"},
      {"W41", "programs"},
      {"W50", "bundles"},
      {"W60", "the kernel"},
      {"W90", "the command line and files"},
      {"W91", "queries"},
  });
  const auto found =
      std::ranges::find(groups, code.substr(0, 3), &std::pair<std::string_view, std::string_view>::first);
  return found == groups.end() ? std::string_view() : found->second;
}

}  // namespace weft::driver
