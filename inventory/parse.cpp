#include "inventory/parse.h"

#include <utility>

namespace weft::inventory {
namespace {

// Reads nothing into anything: is it YAML at all?
bool is_yaml(const Sources& sources, SourceId id) {
  Diagnostics unseen;
  Reporter reporter(unseen);
  parse_yaml(sources, id, reporter, [](const Node&) {});
  return !unseen.has_errors();
}

// By its byte order mark, or because every other byte of its beginning is NUL, as in text of ASCII letters.
bool is_utf16(std::string_view text) {
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) return true;
  if (text.size() < 4) return false;
  const bool even = text[0] == '\0' && text[2] == '\0' && text[1] != '\0' && text[3] != '\0';
  const bool odd = text[1] == '\0' && text[3] == '\0' && text[0] != '\0' && text[2] != '\0';
  return even || odd;
}

}  // namespace

void parse(const Sources& sources, SourceId id, Reporter& reporter, const OnDocument& on_document) {
  const std::string& text = sources[id].text();
  const auto byte = [&](std::size_t at) {
    return Span{id, static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(at + 1)};
  };
  // UTF-16 first: it is full of NULs, which say less.
  if (is_utf16(text)) {
    reporter.report(not_utf8, byte(0)).at("this looks like UTF-16").suggest("save the file as UTF-8 text");
    return;
  }
  if (const std::size_t nul = text.find('\0'); nul != std::string::npos) {
    reporter.report(nul_byte, byte(nul)).suggest("save the file as UTF-8 text");
    return;
  }
  if (const std::size_t bad = first_invalid_utf8(text); bad != std::string_view::npos) {
    reporter.report(not_utf8, byte(bad)).at("this byte is no UTF-8").suggest("save the file as UTF-8 text");
    return;
  }

  std::size_t documents = 0;
  std::size_t seen = 0;
  std::size_t again = 0;  // documents that come a second time
  const OnDocument count = [&](const Node& root) {
    if (seen++ < again || root.is(Node::Kind::Null)) return;
    ++documents;
    on_document(root);
  };
  const std::size_t errors = reporter.errors();
  const std::size_t start = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  const std::size_t first = text.find_first_not_of(" \t\r\n", start);
  if (first != std::string::npos && (text[first] == '{' || text[first] == '[')) {
    const std::optional<JsonFault> fault = parse_json(sources, id, count);
    if (fault && fault->too_deep) {
      reporter.report(too_deep, fault->span, Tree::most_levels);
    } else if (fault && is_yaml(sources, id)) {  // YAML may start with a bracket, too
      again = std::exchange(seen, 0);
      parse_yaml(sources, id, reporter, count);
    } else if (fault) {
      reporter.report(bad_json, fault->span, fault->what);
    }
  } else {
    parse_yaml(sources, id, reporter, count);
  }
  if (documents == 0 && reporter.errors() == errors) {
    reporter.report(empty_text, Span{id, 0, 0}).suggest("list `workloads:` and `nodes:`, or give Kubernetes objects");
  }
}

}  // namespace weft::inventory
