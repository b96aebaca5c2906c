#include <algorithm>

#include "frontend/format.h"
#include "lsp/server.h"
#include "lsp/text_changes.h"

namespace weft::lsp {
namespace {

std::optional<std::vector<Edit>> edits_of(const View& view) {
  if (view.file() == nullptr) return {};
  Diagnostics unheard;
  const auto formatted = frontend::format(view.meaning.sources, view.source, unheard);
  if (!formatted) return {};  // what cannot be read is not laid out
  return line_edits(view.source, view.text(), *formatted);
}

Json json_of(const std::vector<Edit>& edits, const View& view) {
  Json out = Json::array();
  for (const Edit& edit : edits) out.push_back(view.atlas.text_edit(edit));
  return out;
}

}  // namespace

Json Server::formatting(const Json& params) {
  const View it = view(params);
  const auto edits = edits_of(it);
  return edits ? json_of(*edits, it) : Json();
}

// The lines of the range only: what else there is to do stays as it is.
Json Server::range_formatting(const Json& params) {
  const View it = view(params);
  const Span range = it.atlas.span(it.source, member(params, "range"));
  auto edits = edits_of(it);
  if (!edits) return {};
  const Lines& lines = it.atlas.lines(it.source);
  const std::uint32_t first = lines.start(lines.position(range.begin).line);
  const std::uint32_t last_line = lines.position(range.end).line;
  const std::uint32_t end =
      last_line + 1 < lines.count() ? lines.start(last_line + 1) : static_cast<std::uint32_t>(it.text().size());
  std::erase_if(*edits, [&](const Edit& edit) { return edit.span.begin < first || edit.span.end > end; });
  return json_of(*edits, it);
}

}  // namespace weft::lsp
