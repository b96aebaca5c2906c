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
