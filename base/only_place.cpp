#include "base/only_place.h"

#include <algorithm>

namespace weft {

namespace {

bool goes_on(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

// Behind the closing quote of what is opened there.
std::size_t behind_quotes(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return std::min(at + 1, text.size());
}

}  // namespace

std::optional<Span> only_place(const Sources& sources, Span within, std::string_view wanted) {
  if (static_cast<std::size_t>(within.source) >= sources.size() || wanted.empty()) return {};
  const std::string_view text = sources.text(within);
  const auto is_word = [&](std::size_t at) {
    const std::size_t end = at + wanted.size();
    const bool begins = at == 0 || !goes_on(text[at - 1]) || !goes_on(wanted.front());
    const bool ends = end == text.size() || !goes_on(text[end]) || !goes_on(wanted.back());
    return begins && ends;
  };
  std::optional<Span> out;
  for (std::size_t at = 0; at < text.size();) {
    if (text.substr(at).starts_with("//")) {
      at = std::min(text.find('\n', at), text.size());
      continue;
    }
    if (text.substr(at).starts_with(wanted) && is_word(at)) {
      if (out) return {};
      const auto begin = within.begin + static_cast<std::uint32_t>(at);
      out = Span{within.source, begin, begin + static_cast<std::uint32_t>(wanted.size())};
    }
    at = text[at] == '"' ? behind_quotes(text, at) : at + 1;
  }
  return out;
}

}  // namespace weft
