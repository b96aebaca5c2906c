#include "base/text.h"

#include <catch2/catch.hpp>

#include "base/source.h"

using namespace weft;

TEST_CASE("edit distance", "[base][text]") {
  CHECK(edit_distance("", "", 3) == 0);
  CHECK(edit_distance("web", "web", 3) == 0);
  CHECK(edit_distance("web", "wb", 3) == 1);
  CHECK(edit_distance("web", "weeb", 3) == 1);
  CHECK(edit_distance("web", "wab", 3) == 1);
  CHECK(edit_distance("web", "wbe", 3) == 1);  // neighbours swapped
  CHECK(edit_distance("web", "ewb", 3) == 1);
  CHECK(edit_distance("", "abc", 3) == 3);
  CHECK(edit_distance("kitten", "sitting", 5) == 3);
  CHECK(edit_distance("ca", "abc", 5) == 3);  // a swapped pair is not edited again
  SECTION("stops one past its limit") {
    CHECK(edit_distance("abcdef", "uvwxyz", 2) == 3);
    CHECK(edit_distance("a", "abcdefgh", 2) == 3);
    CHECK(edit_distance("abcdefgh", "a", 2) == 3);
    CHECK(edit_distance("ab", "cd", 0) == 1);
  }
  SECTION("is the same both ways and obeys its limit on every short pair") {
    std::vector<std::string> words{""};
    for (std::size_t i = 0; i < words.size(); ++i) {
      if (words[i].size() == 4) continue;
      for (const char letter : {'a', 'b'}) words.push_back(words[i] + letter);
    }
    bool symmetric = true, limited = true, zero = true;
    for (const std::string& a : words) {
      for (const std::string& b : words) {
        const std::size_t full = edit_distance(a, b, 100);
        symmetric = symmetric && full == edit_distance(b, a, 100);
        limited = limited && edit_distance(a, b, 1) == std::min<std::size_t>(full, 2);
        zero = zero && (full == 0) == (a == b);
      }
    }
    CHECK(symmetric);
    CHECK(limited);
    CHECK(zero);
  }
}

TEST_CASE("the nearest word", "[base][text]") {
  const std::vector<std::string> words{"app", "apps", "tenant", "tier", "environment"};
  CHECK(nearest("ap", words) == "app");
  CHECK(nearest("app", words) == "app");
  CHECK(nearest("appz", words) == "app");  // `app` and `apps` are equally near: the first
  CHECK(nearest("tennant", words) == "tenant");
  CHECK(nearest("enviroment", words) == "environment");
  CHECK(nearest("zzz", words).empty());
  CHECK(nearest("tire", words) == "tier");
  CHECK(nearest("", words).empty());
  CHECK(nearest("app", {}).empty());
}

TEST_CASE("printable text", "[base][text]") {
  CHECK(printable("plain, größer, 中") == "plain, größer, 中");
  CHECK(printable("a\tb") == "a b");
  CHECK(printable("a\x1b[31mb") == "a\\x1b[31mb");
  CHECK(printable(std::string_view("a\0b", 3)) == "a\\x00b");
  CHECK(printable("a\r\n\x7f") == "a\\x0d\\x0a\\x7f");
  CHECK(printable("a\xff\xfe") == "a\\xff\\xfe");
  CHECK(printable("\xe4\xb8") == "\\xe4\\xb8");  // cut short
  CHECK(printable("") == "");
  // C1 controls are valid UTF-8 and steer terminals all the same.
  CHECK(printable("a\xc2\x9b"
                  "31m") == "a\\xc2\\x9b31m");
}

TEST_CASE("UTF-8 is checked as RFC 3629 says", "[base][text]") {
  const auto npos = std::string_view::npos;
  for (const char* good : {"", "ascii", "é", "€", "😀", "\xed\x9f\xbf", "\xee\x80\x80", "\xf4\x8f\xbf\xbf", "\xc2\x80",
                           "\xe0\xa0\x80", "\xf0\x90\x80\x80"}) {
    INFO(printable(good));
    CHECK(first_invalid_utf8(good) == npos);
  }
  CHECK(first_invalid_utf8(std::string_view("\0", 1)) == npos);
  SECTION("what is not is found where it starts") {
    for (const char* bad : {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2 ", "\xe0\x9f\xbf", "\xed\xa0\x80",
                            "\xed\xbf\xbf", "\xe2\x82", "\xe2\x82 ", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
                            "\xf5\x80\x80\x80", "\xff", "\xf0\x9f\x98"}) {
      INFO(printable(bad));
      CHECK(first_invalid_utf8(bad) == 0);
      CHECK(first_invalid_utf8(std::string("aé") + bad + "x") == 3);
    }
  }
  SECTION("every code point, alone") {
    std::size_t wrong = 0;
    for (std::uint32_t point = 0; point <= 0x10FFFF; ++point) {
      std::string text;
      const auto put = [&](std::uint32_t byte) { text += static_cast<char>(static_cast<unsigned char>(byte)); };
      if (point < 0x80)
        put(point);
      else if (point < 0x800)
        put(0xC0 | (point >> 6U)), put(0x80 | (point & 0x3FU));
      else if (point < 0x10000)
        put(0xE0 | (point >> 12U)), put(0x80 | ((point >> 6U) & 0x3FU)), put(0x80 | (point & 0x3FU));
      else
        put(0xF0 | (point >> 18U)), put(0x80 | ((point >> 12U) & 0x3FU)), put(0x80 | ((point >> 6U) & 0x3FU)),
            put(0x80 | (point & 0x3FU));
      const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
      wrong += (first_invalid_utf8(text) == npos) == surrogate;
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("code stands in backticks, whatever it holds", "[base][text]") {
  CHECK(in_code("web -> db") == "`web -> db`");
  CHECK(in_code("`my group` -> db") == "`` `my group` -> db ``");
}
