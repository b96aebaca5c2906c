#include "cli/xml.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/source.h"

namespace weft::cli {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

void append(std::string& out, char c) {
  switch (c) {
    case '&':
      out += "&amp;";
      break;
    case '<':
      out += "&lt;";
      break;
    case '>':
      out += "&gt;";
      break;
    case '"':
      out += "&quot;";
      break;
    case '\'':
      out += "&apos;";
      break;
    case '\n':
    case '\t':
    case '\r':
      out += fmt::format("&#{};", static_cast<int>(c));
      break;
    default:
      if (const auto byte = static_cast<unsigned char>(c); byte < 0x20 || byte == 0x7F) {
        out += replacement;
      } else {
        out += c;
      }
  }
}

}  // namespace

std::string xml_text(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t valid = std::min(first_invalid_utf8(text), text.size());
    for (std::size_t i = 0; i < valid; ++i) {
      const std::string_view rest = text.substr(i, valid - i);
      if (rest.starts_with("\xEF\xBF\xBE") || rest.starts_with("\xEF\xBF\xBF")) {
        out += replacement;
        i += 2;
      } else {
        append(out, text[i]);
      }
    }
    if (valid == text.size()) break;
    out += replacement;
    text.remove_prefix(valid + 1);
  }
  return out;
}

}  // namespace weft::cli
