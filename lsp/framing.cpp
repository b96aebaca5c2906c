#include "lsp/framing.h"

#include <charconv>
#include <utility>

#include <fmt/format.h>

namespace weft::lsp {
namespace {

constexpr std::size_t longest_header = 8192;
constexpr std::string_view length_header = "content-length";

char lower(char letter) { return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter; }

bool equal_but_for_case(std::string_view text, std::string_view lower_case) {
  if (text.size() != lower_case.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (lower(text[i]) != lower_case[i]) return false;
  }
  return true;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

// Where the headers end and where the body begins; nothing while the empty line has not come.
std::optional<std::pair<std::size_t, std::size_t>> end_of_headers(std::string_view text) {
  const std::size_t proper = text.find("\r\n\r\n");
  const std::size_t bare = text.find("\n\n");  // some clients are written by hand
  if (proper == std::string_view::npos && bare == std::string_view::npos) return {};
  if (proper < bare) return std::pair(proper, proper + 4);
  return std::pair(bare, bare + 2);
}

}  // namespace

Framing::Message Framing::refuse(std::size_t header_end, std::string error) {
  // What stands behind them may be their body: of no use without its length.
  const std::size_t next = bytes_.find("Content-Length", header_end);
  begin_ = next == std::string::npos ? bytes_.size() : next;
  return {{}, std::move(error)};
}

std::optional<Framing::Message> Framing::next() {
  const std::string_view rest = std::string_view(bytes_).substr(begin_);
  const auto ends = end_of_headers(rest.substr(0, longest_header));
  if (!ends) {
    if (rest.size() < longest_header) return {};
    return refuse(begin_ + longest_header, fmt::format("no end of headers within {} bytes", longest_header));
  }
  const std::size_t body = begin_ + ends->second;
  std::optional<std::size_t> length;
  std::string_view headers = rest.substr(0, ends->first);
  while (!headers.empty()) {
    const std::size_t line_end = headers.find('\n');
    const std::string_view line = trimmed(headers.substr(0, line_end));
    headers = line_end == std::string_view::npos ? std::string_view() : headers.substr(line_end + 1);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    if (!equal_but_for_case(trimmed(line.substr(0, colon)), length_header)) continue;
    const std::string_view value = trimmed(line.substr(colon + 1));
    std::size_t number = 0;
    const auto [stopped, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc{} || stopped != value.data() + value.size() || number > longest) {
      return refuse(body, "`Content-Length` is no number of bytes that can be read");
    }
    length = number;
  }
  if (!length) return refuse(body, "a message without `Content-Length`");
  if (bytes_.size() - body < *length) return {};
  Message out{bytes_.substr(body, *length), {}};
  begin_ = body + *length;
  // What is read is thrown away now and then, not for each message.
  if (begin_ > (1u << 20) || begin_ == bytes_.size()) {
    bytes_.erase(0, begin_);
    begin_ = 0;
  }
  return out;
}

std::string framed(std::string_view body) { return fmt::format("Content-Length: {}\r\n\r\n{}", body.size(), body); }

}  // namespace weft::lsp
