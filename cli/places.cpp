#include "cli/places.h"

#include "base/text.h"

namespace weft::cli {
namespace {

namespace fs = std::filesystem;

// Nothing outside of it belongs to the repository, a work tree's file `.git` included.
fs::path repository_root() {
  std::error_code error;
  const fs::path here = fs::current_path(error);
  for (fs::path at = here;; at = at.parent_path()) {
    if (fs::exists(at / ".git", error)) return at;
    if (at == at.parent_path()) return here;
  }
}

}  // namespace

std::size_t utf16_column(std::string_view line, std::size_t bytes) {
  std::size_t units = 0;
  for (const char c : line.substr(0, bytes)) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0U) != 0x80U) units += byte >= 0xF0 ? 2 : 1;
  }
  return units + 1;
}

Region region_of(const Sources& sources, Span span) {
  const Source& source = sources[span.source];
  const auto column = [&](Position position) { return utf16_column(source.line(position.line), position.column - 1); };
  const Position begin = source.position(span.begin);
  const Position end = source.position(span.end);
  return {begin.line, column(begin), end.line, column(end)};
}

Places::Places(const Sources& sources) : root_(repository_root()) {
  for (std::uint32_t i = 0; i < sources.size(); ++i) {
    places_.emplace(SourceId{i}, of_name(sources[SourceId{i}].name()));
  }
}

Places::Place Places::of_name(const std::string& name) const {
  std::error_code error;
  if (!fs::exists(name, error)) return {printable(name), false, false};  // standard input, what is built in
  const fs::path full = fs::absolute(name, error).lexically_normal();
  const fs::path relative = full.lexically_relative(root_);
  if (relative.empty() || *relative.begin() == "..") return {full.generic_string(), false, true};
  return {relative.generic_string(), true, false};
}

}  // namespace weft::cli
