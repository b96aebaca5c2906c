#include "base/width.h"

#include <catch2/catch.hpp>

using weft::terminal_width;

TEST_CASE("columns are counted as a terminal shows them", "[base][width]") {
  CHECK(terminal_width("") == 0);
  CHECK(terminal_width("abc") == 3);
  CHECK(terminal_width("grüße") == 5);
  CHECK(terminal_width("日本語") == 6);
  CHECK(terminal_width("한글") == 4);
  CHECK(terminal_width("ｆｕｌｌ") == 8);
  CHECK(terminal_width("ещё") == 3);
  CHECK(terminal_width("e\xCC\x81") == 1);     // e and U+0301, a combining accent
  CHECK(terminal_width("\xE1\x84\x80") == 2);  // U+1100, a leading Hangul letter
  CHECK(terminal_width("😀") == 2);
  CHECK(terminal_width("…→“”") == 4);
  CHECK(terminal_width("a\xE2\x80\x8D"
                       "b") == 2);                 // U+200D, the joiner of emoji
  CHECK(terminal_width("\xF0\xA0\x80\x80") == 2);  // U+20000, an ideograph of plane 2
}
