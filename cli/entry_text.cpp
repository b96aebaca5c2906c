#include "cli/entry_text.h"

#include <fmt/format.h>

#include "base/text.h"

namespace weft::cli {

std::string entry_text(const bundle::Entry& entry) {
  if (entry.by != "rule" && entry.by != "isolation") return fmt::format("{} by {}", entry.action, entry.by);
  const std::string text = entry.text.substr(0, entry.text.find('\n'));
  return fmt::format("{} by {}`{}` at {}: {}", entry.action, entry.by == "isolation" ? "isolation in " : "",
                     printable(entry.policy), printable(entry.at), printable(text));
}

}  // namespace weft::cli
