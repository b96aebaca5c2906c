#include "lsp/json_text.h"

#include <iterator>

#include <fmt/format.h>

#include "base/source.h"

namespace weft::lsp {

void JsonText::separate() {
  if (!first_) out_ += ',';
  first_ = false;
}

JsonText& JsonText::open(char bracket) {
  separate();
  out_ += bracket;
  first_ = true;
  return *this;
}

JsonText& JsonText::close(char bracket) {
  out_ += bracket;
  first_ = false;
  return *this;
}

JsonText& JsonText::key(std::string_view name) {
  text(name);
  out_ += ':';
  first_ = true;
  return *this;
}

JsonText& JsonText::text(std::string_view value) {
  separate();
  out_ += '"';
  while (!value.empty()) {
    const std::string_view good = value.substr(0, first_invalid_utf8(value));
    for (const char each : good) {
      if (each == '"' || each == '\\') {
        out_ += '\\';
        out_ += each;
      } else if (static_cast<unsigned char>(each) < 0x20) {
        fmt::format_to(std::back_inserter(out_), "\\u{:04x}", static_cast<unsigned>(each));
      } else {
        out_ += each;
      }
    }
    value.remove_prefix(good.size());
    if (value.empty()) break;
    out_ += "\xEF\xBF\xBD";
    value.remove_prefix(1);
  }
  out_ += '"';
  return *this;
}

JsonText& JsonText::number(std::uint64_t value) {
  separate();
  const fmt::format_int digits(value);
  out_.append(digits.data(), digits.size());
  return *this;
}

JsonText& JsonText::written(std::string_view json) {
  separate();
  out_ += json;
  return *this;
}

JsonText& JsonText::range(Position start, Position end) {
  open('{');
  for (const auto& [name, place] : {std::pair{"start", start}, {"end", end}}) {
    key(name).open('{').key("line").number(place.line).key("character").number(place.character).close('}');
  }
  return close('}');
}

}  // namespace weft::lsp
