#include "lsp/text_changes.h"

#include <charconv>
#include <string>

#include "base/diff.h"

namespace weft::lsp {
namespace {

std::size_t line_start(std::string_view text, std::size_t line) {
  std::size_t at = 0;
  for (std::size_t i = 0; i < line && at != std::string_view::npos; ++i) {
    at = text.find('\n', at);
    if (at != std::string_view::npos) ++at;
  }
  return at == std::string_view::npos ? text.size() : at;
}

std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view out = text.substr(0, end == std::string_view::npos ? text.size() : end + 1);
  text.remove_prefix(out.size());
  return out;
}

}  // namespace

std::vector<Edit> line_edits(SourceId source, std::string_view before, std::string_view after) {
  std::vector<Edit> out;
  const std::string difference = unified_diff("text", before, after);
  std::string_view rest = difference;
  std::size_t at = 0;  // in `before`, behind what was gone through
  bool open = false;   // the last edit goes on
  bool in_hunk = false;
  std::size_t last_added = std::string::npos;
  while (!rest.empty()) {
    std::string_view line = take_line(rest);
    if (!in_hunk && !line.starts_with("@@ -")) continue;  // the names of the two
    in_hunk = true;
    if (line.starts_with("@@ -")) {
      std::size_t number = 0;
      std::from_chars(line.data() + 4, line.data() + line.size(), number);
      // Of a hunk without lines of the old text the line before it is named.
      const bool none = line.find(",0 +") != std::string_view::npos;
      at = line_start(before, none ? number : number - 1);
      open = false;
      continue;
    }
    if (line.starts_with('\\')) {  // the line before has no end
      if (last_added != std::string::npos && out[last_added].replacement.ends_with('\n')) {
        out[last_added].replacement.pop_back();
      }
      continue;
    }
    const auto offset = [](std::size_t value) { return static_cast<std::uint32_t>(value); };
    const std::string_view text = line.substr(1);
    last_added = std::string::npos;
    if (line.starts_with(' ')) {
      at = std::min(before.size(), at + text.size());
      open = false;
      continue;
    }
    if (!open) out.push_back({{source, offset(at), offset(at)}, {}});
    open = true;
    if (line.starts_with('-')) {
      at = std::min(before.size(), at + text.size());
      out.back().span.end = offset(at);
    } else {
      out.back().replacement += text;
      last_added = out.size() - 1;
    }
  }
  return out;
}

}  // namespace weft::lsp
