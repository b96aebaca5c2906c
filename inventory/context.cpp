#include "inventory/context.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"

namespace weft::inventory {
namespace {

std::string describe(const Node& node) {
  switch (node.kind) {
    case Node::Kind::Null:
      return "nothing";
    case Node::Kind::Text:
      return "text";
    case Node::Kind::Number:
      return "a number";
    case Node::Kind::Boolean:
      return "a boolean";
    case Node::Kind::Tagged:
      return "a value with a tag";
    case Node::Kind::List:
      return "a list";
    case Node::Kind::Map:
      return "a map";
  }
  std::unreachable();
}

std::string name_of(const Node::Entry& entry, std::string_view kind) {
  const std::string key = printable(entry.key.text());
  return kind.empty() ? fmt::format("`{}`", key) : fmt::format("{} `{}`", kind, key);
}

// What the key is called here: as other formats spell it, or nearly. Empty: nobody knows.
std::string meant(std::string_view key, const std::vector<std::string>& known) {
  constexpr std::pair<std::string_view, std::string_view> elsewhere[] = {
      {"namespace", "ns"},          {"serviceAccount", "sa"},
      {"serviceAccountName", "sa"}, {"service_account", "sa"},
      {"nodeName", "node"},         {"ip", "addresses"},
      {"ips", "addresses"},         {"podIP", "addresses"},
      {"podIPs", "addresses"},      {"hostNetwork", "host_network"}};
  for (const auto& [spelling, name] : elsewhere) {
    if (key == spelling && std::ranges::find(known, name) != known.end()) return std::string(name);
  }
  return nearest(key, known);
}

}  // namespace

Span Context::span(const Node& node) const {
  Span out{source_, node.begin, node.end};
  const std::size_t line_end = sources_.text(out).find_first_of("\r\n");
  if (line_end != std::string_view::npos) out.end = out.begin + static_cast<std::uint32_t>(line_end);
  return out;
}

Span Context::span(const Entry& entry) const {
  return span(entry.value.end > entry.value.begin ? entry.value : entry.key);
}

void Context::report_type(const Entry& entry, std::string_view kind, std::string expected) {
  reporter_.report(wrong_type, span(entry), name_of(entry, kind), std::move(expected), describe(entry.value));
}

bool Context::is_map(const Entry& entry, std::string_view kind) {
  if (entry.value.is(Node::Kind::Map)) return true;
  report_type(entry, kind, "a map");
  return false;
}

bool Context::is_list(const Entry& entry, std::string_view kind) {
  if (entry.value.is(Node::Kind::List)) return true;
  report_type(entry, kind, "a list");
  return false;
}

std::optional<std::string> Context::text(const Entry& entry, std::string_view kind) {
  const Node& value = entry.value;
  switch (value.kind) {
    case Node::Kind::Text:
      return std::string(value.text());
    case Node::Kind::Null:
      reporter_.report(not_text, span(entry), name_of(entry, kind), describe(value))
          .suggest("write \"\" for the empty text, or leave the key out");
      return {};
    case Node::Kind::Number:
    case Node::Kind::Boolean:
      reporter_.report(not_text, span(entry), name_of(entry, kind), describe(value))
          .fix(fmt::format("put it in quotes: \"{}\"", printable(value.text())), span(entry),
               fmt::format("\"{}\"", sources_.text(span(entry))));
      return {};
    default:
      report_type(entry, kind, "text");
      return {};
  }
}

void suggest_instead(Diagnostic& diagnostic, const Sources& sources, Span place, std::string_view text,
                     std::string title, std::string replacement, Applicability applicability) {
  std::string_view written = sources.text(place);
  if (written.size() > 1 && (written.front() == '"' || written.front() == '\'') && written.back() == written.front()) {
    written = written.substr(1, written.size() - 2);
    ++place.begin;
    --place.end;
  }
  const bool needs_escape = replacement.find_first_of("\"\\'") != std::string::npos;
  if (written == text && !needs_escape) {
    diagnostic.fix(std::move(title), place, std::move(replacement), applicability);
  } else {
    diagnostic.suggest(std::move(title));
  }
}

std::optional<bool> Context::boolean(const Entry& entry) {
  if (entry.value.is(Node::Kind::Boolean)) return entry.value.is_true();
  report_type(entry, {}, "`true` or `false`");
  return {};
}

std::vector<Node::Entry> Context::fields(const Node& map, const std::vector<std::string>* known) {
  std::vector<Entry> out;
  out.reserve(map.entries().size());
  std::unordered_map<std::string_view, const Entry*> seen;
  for (const Entry& entry : map.entries()) {
    if (reporter_.full()) break;
    if (!text({entry.key, entry.key}, "key")) continue;
    const std::string_view key = entry.key.text();
    if (known && std::ranges::find(*known, key) == known->end()) {
      Diagnostic& diagnostic = reporter_.report(unknown_key, span(entry.key), printable(key));
      const std::string near = meant(key, *known);
      if (near.empty()) {
        diagnostic.suggest(fmt::format("the keys here are `{}`", fmt::join(*known, "`, `")));
      } else {
        suggest_instead(diagnostic, sources_, span(entry.key), key, fmt::format("did you mean `{}`?", near), near);
      }
      continue;
    }
    const auto [first, is_first] = seen.emplace(key, &entry);
    if (is_first) {
      out.push_back(entry);
    } else {
      reporter_.report(duplicate_key, span(entry.key), printable(key))
          .label(span(first->second->key), "it is given here first");
    }
  }
  return out;
}

std::optional<Node::Entry> Context::find(const Node& map, std::string_view key) {
  const Entry* found = nullptr;
  for (const Entry& entry : map.entries()) {
    if (entry.key.text() != key || !entry.key.is(Node::Kind::Text)) continue;
    if (found) {
      reporter_.report(duplicate_key, span(entry.key), std::string(key))
          .label(span(found->key), "it is given here first");
      break;
    }
    found = &entry;
  }
  if (!found || found->value.is(Node::Kind::Null)) return {};
  return *found;
}

}  // namespace weft::inventory
