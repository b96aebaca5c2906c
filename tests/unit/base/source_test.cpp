#include "base/source.h"

#include <catch2/catch.hpp>

using namespace weft;

TEST_CASE("positions count from one", "[base][source]") {
  const Source source("a.weft", "one\ntwo\r\n\nfour");
  CHECK(source.line_count() == 4);
  CHECK(source.position(0) == Position{1, 1});
  CHECK(source.position(2) == Position{1, 3});
  CHECK(source.position(3) == Position{1, 4});  // the line end belongs to its line
  CHECK(source.position(4) == Position{2, 1});
  CHECK(source.position(8) == Position{2, 5});
  CHECK(source.position(9) == Position{3, 1});
  CHECK(source.position(10) == Position{4, 1});
  CHECK(source.position(14) == Position{4, 5});  // the end of the text
  CHECK(source.line(1) == "one");
  CHECK(source.line(2) == "two");
  CHECK(source.line(3).empty());
  CHECK(source.line(4) == "four");
}

TEST_CASE("lines end as they are written", "[base][source]") {
  SECTION("an empty text is one empty line") {
    const Source source("a", "");
    CHECK(source.line_count() == 1);
    CHECK(source.line(1).empty());
    CHECK(source.position(0) == Position{1, 1});
  }
  SECTION("a last line end starts an empty line") {
    const Source source("a", "x\r\n");
    CHECK(source.line_count() == 2);
    CHECK(source.line(1) == "x");
    CHECK(source.line(2).empty());
    CHECK(source.position(3) == Position{2, 1});
  }
  SECTION("a lone carriage return is text, one before a line feed is not") {
    const Source source("a", "a\rb\n\r\n\r");
    CHECK(source.line_count() == 3);
    CHECK(source.line(1) == "a\rb");
    CHECK(source.line(2).empty());
  }
}

TEST_CASE("sources keep their ids, texts and places", "[base][source]") {
  Sources sources;
  const SourceId first = sources.add("first.weft", "allow web\n  -> api");
  const std::string* text = &sources[first].text();
  for (int i = 0; i < 100; ++i) sources.add("more", "x");
  CHECK(&sources[first].text() == text);  // references stay valid
  CHECK(sources.size() == 101);
  const Span arrow{first, 12, 14};
  CHECK(sources.text(arrow) == "->");
  CHECK(sources.location(arrow) == "first.weft:2:3");
  CHECK(sources.text({first, 4, 4}).empty());
}

TEST_CASE("columns count bytes", "[base][source]") {
  const Source source("a", "é = x");
  CHECK(source.position(2) == Position{1, 3});
}
