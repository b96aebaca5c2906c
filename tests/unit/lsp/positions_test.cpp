#include "lsp/positions.h"

#include <catch2/catch.hpp>
#include <string>

namespace weft::lsp {
namespace {

// "ü" is two bytes and one unit, the octopus four bytes and two units of UTF-16.
const std::string text = "a\xC3\xBC\xF0\x9F\x90\x99z\r\nsecond\rthird\n";

void check(Encoding encoding, std::uint32_t offset, Position position) {
  const Lines lines(text, encoding);
  CHECK(lines.position(offset) == position);
  CHECK(lines.offset(position) == offset);
}

}  // namespace

TEST_CASE("places are counted as the client counts", "[lsp]") {
  for (const Encoding encoding : {Encoding::Utf8, Encoding::Utf16, Encoding::Utf32}) {
    check(encoding, 0, {0, 0});
    check(encoding, 1, {0, 1});
    check(encoding, 10, {1, 0});
    check(encoding, 16, {1, 6});
    check(encoding, 17, {2, 0});  // a lone "\r" ends a line
    check(encoding, 23, {3, 0});
  }
  check(Encoding::Utf8, 3, {0, 3});
  check(Encoding::Utf16, 3, {0, 2});
  check(Encoding::Utf32, 3, {0, 2});
  check(Encoding::Utf8, 7, {0, 7});
  check(Encoding::Utf16, 7, {0, 4});
  check(Encoding::Utf32, 7, {0, 3});
}

TEST_CASE("no place is outside the text or inside a character", "[lsp]") {
  const Lines lines(text, Encoding::Utf16);
  CHECK(lines.offset({0, 3}) == 3);            // between surrogates
  CHECK(lines.position(5) == Position{0, 2});  // inside the octopus
  CHECK(lines.position(2) == Position{0, 1});
  CHECK(lines.offset({0, 99}) == 8);           // behind the end of its line
  CHECK(lines.position(9) == Position{0, 5});  // between "\r" and "\n"
  CHECK(lines.offset({99, 0}) == text.size());
  CHECK(lines.position(1000) == Position{3, 0});
  CHECK(Lines("", Encoding::Utf16).offset({0, 5}) == 0);
}

TEST_CASE("every place in a text comes back", "[lsp]") {
  for (const Encoding encoding : {Encoding::Utf8, Encoding::Utf16, Encoding::Utf32}) {
    const Lines lines(text, encoding);
    for (std::uint32_t offset = 0; offset <= text.size(); ++offset) {
      const Position position = lines.position(offset);
      CHECK(lines.offset(position) <= offset);
      CHECK(lines.position(lines.offset(position)) == position);
    }
  }
}

}  // namespace weft::lsp
