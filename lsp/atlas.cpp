#include "lsp/atlas.h"

#include <algorithm>

#include "base/fix.h"
#include "lsp/uri.h"

namespace weft::lsp {

Position position_of(const Json& json) {
  const Json& line = member(json, "line");
  const Json& character = member(json, "character");
  const auto number = [](const Json& value) -> std::uint32_t {
    if (!value.is_number_integer() || value.get<std::int64_t>() < 0) {
      throw RequestError{error_code::invalid_params, "a position has a `line` and a `character`"};
    }
    return static_cast<std::uint32_t>(std::min<std::int64_t>(value.get<std::int64_t>(), UINT32_MAX));
  };
  return {number(line), number(character)};
}

Json json_of(Position position) { return {{"line", position.line}, {"character", position.character}}; }

Atlas::Atlas(std::shared_ptr<const driver::Meaning> meaning, Encoding encoding, const Documents& documents,
             Library& library)
    : meaning_(std::move(meaning)), encoding_(encoding), documents_(documents), library_(library) {}

const Lines& Atlas::lines(SourceId source) const {
  const auto known = lines_.find(source);
  if (known != lines_.end()) return known->second;
  return lines_.emplace(source, Lines(meaning_->sources[source].text(), encoding_)).first->second;
}

std::string Atlas::uri(SourceId source) const {
  const std::string& path = meaning_->paths[static_cast<std::size_t>(source)];
  if (!writable(source)) return library_.module_uri(path);
  const auto open = documents_.find(path);
  return open == documents_.end() ? uri_of(path) : open->second.uri;
}

Json Atlas::position(SourceId source, std::uint32_t offset) const { return json_of(lines(source).position(offset)); }

Json Atlas::range(Span span) const {
  return {{"start", position(span.source, span.begin)}, {"end", position(span.source, span.end)}};
}

Json Atlas::location(Span span) const {
  std::string uri = this->uri(span.source);
  if (uri.empty()) return {};
  return {{"uri", std::move(uri)}, {"range", range(span)}};
}

std::uint32_t Atlas::offset(SourceId source, const Json& position) const {
  return lines(source).offset(position_of(position));
}

Span Atlas::span(SourceId source, const Json& range) const {
  const std::uint32_t begin = offset(source, member(range, "start"));
  return {source, begin, std::max(begin, offset(source, member(range, "end")))};
}

Json Atlas::text_edit(const Edit& edit) const { return {{"range", range(edit.span)}, {"newText", edit.replacement}}; }

Json Atlas::workspace_edit(std::span<const Edit> edits, bool with_versions) const {
  std::map<std::string, Json> by_path;
  for (const Edit& edit : in_text_order(edits)) {
    if (!writable(edit.span.source)) return {};
    Json& list = by_path[meaning_->paths[static_cast<std::size_t>(edit.span.source)]];
    if (list.is_null()) list = Json::array();
    list.push_back(text_edit(edit));
  }
  Json changes = with_versions ? Json::array() : Json::object();
  for (auto& [path, list] : by_path) {
    const auto open = documents_.find(path);
    const std::string uri = open == documents_.end() ? uri_of(path) : open->second.uri;
    if (with_versions) {
      const Json version = open == documents_.end() ? Json() : Json(open->second.version);
      changes.push_back({{"textDocument", {{"uri", uri}, {"version", version}}}, {"edits", std::move(list)}});
    } else {
      changes[uri] = std::move(list);
    }
  }
  return {{with_versions ? "documentChanges" : "changes", std::move(changes)}};
}

}  // namespace weft::lsp
