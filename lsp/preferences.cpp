#include "lsp/preferences.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "driver/explanations.h"

namespace weft::lsp {
namespace {

std::optional<LintLevel> level_named(const Json& word) {
  static constexpr std::pair<std::string_view, LintLevel> levels[] = {
      {"allow", LintLevel::Allow}, {"warn", LintLevel::Warn}, {"deny", LintLevel::Deny}};
  for (const auto& [name, level] : levels) {
    if (word.is_string() && word == name) return level;
  }
  return {};
}

}  // namespace

driver::Preferences preferences_in(const Json& options, const std::string& root, std::vector<std::string>& complaints) {
  driver::Preferences out;
  if (const Json& inventories = member(options, "inventory"); inventories.is_array()) {
    for (const Json& each : inventories) {
      if (!each.is_string() || each.empty()) {
        complaints.emplace_back("an inventory is the name of a file or directory");
        continue;
      }
      const std::filesystem::path path = std::filesystem::path(root) / each.get<std::string>();
      out.inventories.push_back(path.lexically_normal().string());
    }
  } else if (!inventories.is_null()) {
    complaints.emplace_back("`inventory` is a list of files and directories");
  }

  const Json& lint = member(options, "lint");
  if (!lint.is_object() && !lint.is_null()) complaints.emplace_back("`lint` gives codes of warnings a level");
  if (!lint.is_object()) return out;
  for (const auto& [code, word] : lint.items()) {
    const driver::Explanation* page = driver::find_explanation(code);
    const std::optional<LintLevel> level = level_named(word);
    if (page == nullptr || driver::levels_of(*page).empty()) {
      complaints.push_back(fmt::format("`{}` is no warning, so it has no level", printable(code)));
    } else if (!level || std::ranges::find(driver::levels_of(*page), *level) == driver::levels_of(*page).end()) {
      complaints.push_back(fmt::format("the levels of `{}` are {}warn and deny", printable(code),
                                       page->severity == Severity::Warning ? "allow, " : ""));
    } else {
      out.levels[std::string(page->code)] = *level;
    }
  }
  return out;
}

}  // namespace weft::lsp
