#include "lsp/positions.h"

#include <algorithm>

namespace weft::lsp {
namespace {

bool continues(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

// Bytes of the character that begins here; bytes that are no UTF-8 count one by one.
std::size_t bytes_of(std::string_view text, std::size_t at) {
  std::size_t end = at + 1;
  while (end < text.size() && end - at < 4 && continues(text[end])) ++end;
  return end - at;
}

std::uint32_t units_of(std::size_t bytes, Encoding encoding) {
  switch (encoding) {
    case Encoding::Utf8:
      return static_cast<std::uint32_t>(bytes);
    case Encoding::Utf16:
      return bytes == 4 ? 2 : 1;  // those of four bytes lie beyond the first plane
    case Encoding::Utf32:
      return 1;
  }
  return 1;
}

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char byte) { return static_cast<unsigned char>(byte) < 0x80; });
}

}  // namespace

Lines::Lines(std::string_view text, Encoding encoding) : text_(text), encoding_(encoding), starts_{0} {
  for (std::size_t at = text.find_first_of("\r\n"); at != std::string_view::npos; at = text.find_first_of("\r\n", at)) {
    at += text.substr(at).starts_with("\r\n") ? 2 : 1;
    starts_.push_back(static_cast<std::uint32_t>(at));
  }
}

std::string_view Lines::line(std::uint32_t number) const {
  const std::uint32_t begin = starts_[number];
  const std::size_t end = number + 1 < starts_.size() ? starts_[number + 1] : text_.size();
  std::string_view out = text_.substr(begin, end - begin);
  if (number + 1 < starts_.size()) {
    if (out.ends_with('\n')) out.remove_suffix(1);
    if (out.ends_with('\r')) out.remove_suffix(1);
  }
  return out;
}

Position Lines::position(std::uint32_t offset) const {
  const auto after = std::ranges::upper_bound(starts_, offset);
  const auto number = static_cast<std::uint32_t>(after - starts_.begin() - 1);
  const std::string_view text = line(number);
  const std::size_t wanted = std::min<std::size_t>(offset - starts_[number], text.size());
  if (encoding_ == Encoding::Utf8 || is_ascii(text.substr(0, wanted))) {
    std::size_t at = wanted;
    while (at > 0 && at < text.size() && continues(text[at])) --at;
    return {number, static_cast<std::uint32_t>(at)};
  }
  std::uint32_t character = 0;
  for (std::size_t at = 0; at < wanted;) {
    const std::size_t bytes = bytes_of(text, at);
    if (at + bytes > wanted) break;
    character += units_of(bytes, encoding_);
    at += bytes;
  }
  return {number, character};
}

std::uint32_t Lines::offset(Position position) const {
  if (position.line >= starts_.size()) return static_cast<std::uint32_t>(text_.size());
  const std::string_view text = line(position.line);
  std::size_t at = 0;
  for (std::uint32_t character = 0; at < text.size();) {
    const std::size_t bytes = bytes_of(text, at);
    character += units_of(bytes, encoding_);
    if (character > position.character) break;
    at += bytes;
  }
  return starts_[position.line] + static_cast<std::uint32_t>(at);
}

}  // namespace weft::lsp
