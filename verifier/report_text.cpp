#include "verifier/report_text.h"

#include <utility>

namespace weft::verifier {

using model::RuleId;

std::optional<Span> place_in(const Sources& sources, Span span) {
  if (static_cast<std::size_t>(span.source) >= sources.size() || span.begin == span.end) return {};
  return span;
}

void add_label(Diagnostic& diagnostic, const Sources& sources, Span span, std::string text) {
  if (const auto known = place_in(sources, span)) diagnostic.label(*known, std::move(text));
}

std::string_view word(const model::Policy& policy, Statement statement) {
  const auto* id = std::get_if<RuleId>(&statement);
  if (!id) return "isolation";
  switch (policy[*id].verdict) {
    case model::Verdict::Allow:
      return "`allow`";
    case model::Verdict::Deny:
      return "`deny`";
    case model::Verdict::Pass:
      break;
  }
  return "`pass`";
}

std::optional<Edit> deletion(const model::Policy& policy, const Sources& sources, Statement statement) {
  const bool of_template = std::visit([&](auto id) { return policy[id].used_at.has_value(); }, statement);
  const auto place = place_in(sources, span_of(policy, statement));
  if (of_template || !place) return {};
  const std::string& text = sources[place->source].text();
  const auto is_blank = [&](std::size_t at) { return text[at] == ' ' || text[at] == '\t'; };
  std::size_t begin = place->begin;
  while (begin > 0 && is_blank(begin - 1)) --begin;
  const bool starts_line = begin == 0 || text[begin - 1] == '\n';
  std::size_t end = place->end;
  while (end < text.size() && (is_blank(end) || text[end] == '\r')) ++end;
  // What is said of it behind it goes with it.
  const bool remark = text.compare(end, 2, "//") == 0;
  if (starts_line && remark) end = std::min(text.find('\n', end), text.size());
  const bool ends_line = end == text.size() || text[end] == '\n';
  if (starts_line && ends_line) {
    if (end < text.size()) ++end;
  } else {
    end = place->end;
    if (starts_line) begin = place->begin;
  }
  return Edit{{place->source, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)}, ""};
}

}  // namespace weft::verifier
