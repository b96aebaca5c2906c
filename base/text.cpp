#include "base/text.h"

#include <algorithm>
#include <cstdint>

#include <fmt/format.h>

#include "base/source.h"

namespace weft {

std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit) {
  if (a.size() > b.size() + limit || b.size() > a.size() + limit) return limit + 1;
  // Three rows of the optimal string alignment table: swaps of neighbours look two rows back.
  std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    std::size_t smallest = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
      smallest = std::min(smallest, row[j]);
    }
    if (smallest > limit) return limit + 1;
    before.swap(above);
    above.swap(row);
  }
  return std::min(above[b.size()], limit + 1);
}

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
  const std::size_t limit = std::max<std::size_t>(1, word.size() / 3);
  std::size_t best = limit + 1;
  std::string found;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate, limit);
    if (distance < best) {
      best = distance;
      found = candidate;
    }
  }
  return found;
}

namespace {

// The code point of three bytes, if it shows nothing: zero-width spaces, and what turns the direction of the letters
// around it, which would make a terminal show another text than there is.
std::uint32_t unseen(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])); };
  if (text.size() >= 2 && byte(0) == 0xD8 && byte(1) == 0x9C) return 0x061C;
  if (text.size() < 3 || (byte(0) != 0xE2 && byte(0) != 0xEF)) return 0;
  const std::uint32_t code = (byte(0) & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F);
  const bool hidden = code == 0x200B || code == 0x200E || code == 0x200F || (code >= 0x202A && code <= 0x202E) ||
                      code == 0x2060 || (code >= 0x2066 && code <= 0x2069) || code == 0xFEFF;
  return hidden ? code : 0;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t bad = std::min(first_invalid_utf8(text), text.size());
    for (std::size_t i = 0; i < bad; ++i) {
      const auto byte = static_cast<unsigned char>(text[i]);
      if (byte == '\t') {
        out += ' ';
      } else if (byte < 0x20 || byte == 0x7F) {
        out += fmt::format("\\x{:02x}", byte);
      } else if (byte == 0xC2 && static_cast<unsigned char>(text[i + 1]) < 0xA0) {
        // U+0080 to U+009F: controls too (U+009B starts an escape sequence).
        out += fmt::format("\\xc2\\x{:02x}", static_cast<unsigned char>(text[++i]));
      } else if (const std::uint32_t code = byte < 0x80 ? 0 : unseen(text.substr(i, bad - i)); code != 0) {
        out += fmt::format("\\u{:04x}", code);
        i += code < 0x800 ? 1 : 2;
      } else {
        out += text[i];
      }
    }
    if (bad == text.size()) break;
    out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[bad]));
    text.remove_prefix(bad + 1);
  }
  return out;
}

std::string in_code(std::string_view text) {
  const std::string_view open = text.contains('`') ? "`` " : "`", close = text.contains('`') ? " ``" : "`";
  std::string out(open);
  out += text;
  return out += close;
}

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

}  // namespace weft
