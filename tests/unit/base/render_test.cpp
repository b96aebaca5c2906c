// What an excerpt looks like: several marks, spans over lines, and the lines a fix changes.

#include <catch2/catch.hpp>

#include "base/diagnostics.h"

using namespace weft;

namespace {

constexpr DiagnosticKind<> fault{"W1003", Severity::Error, "a fault"};

// Rendered diagnostics about one text, without the first line.
class Shown {
 public:
  explicit Shown(const std::string& text) : id_(sources.add("shop.weft", text)) {}

  Span span(std::uint32_t begin, std::uint32_t end) const { return {id_, begin, end}; }
  // The first place of a word.
  Span of(std::string_view word) const {
    const std::size_t at = sources[id_].text().find(word);
    REQUIRE(at != std::string::npos);
    return span(static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(at + word.size()));
  }
  Diagnostic& report(Span place) { return diagnostics.report(fault, place); }
  std::string text() const {
    const std::string all = render(diagnostics, sources, {});
    CHECK(all.starts_with("error W1003: a fault\n"));
    return all.substr(all.find('\n') + 1);
  }

  Sources sources;
  Diagnostics diagnostics;

 private:
  SourceId id_;
};

}  // namespace

TEST_CASE("marks of one line share an excerpt", "[base][render]") {
  Shown shown("label app, zone, app : string\n");
  SECTION("the last has its text beside it, the others below") {
    shown.report(shown.span(17, 20))
        .at("again")
        .label(shown.of("app"), "declared here")
        .label(shown.of("zone"), "not it");
    CHECK(shown.text() ==
          " --> shop.weft:1:18\n"
          "1 | label app, zone, app : string\n"
          "  |       ---  ----  ^^^ again\n"
          "  |       |    |\n"
          "  |       |    not it\n"
          "  |       declared here\n");
  }
  SECTION("a mark without a text hangs nothing") {
    shown.report(shown.of("app")).label(shown.of("zone"), "this");
    CHECK(shown.text() ==
          " --> shop.weft:1:7\n"
          "1 | label app, zone, app : string\n"
          "  |       ^^^  ---- this\n");
  }
  SECTION("a mark within another stays visible") {
    shown.report(shown.of("app")).at("inner").label(shown.of("app, zone"), "outer");
    CHECK(shown.text() ==
          " --> shop.weft:1:7\n"
          "1 | label app, zone, app : string\n"
          "  |       ^^^------ outer\n"
          "  |       |\n"
          "  |       inner\n");
  }
  SECTION("one place with two texts") {
    shown.report(shown.of("zone")).at("one").label(shown.of("zone"), "two");
    CHECK(shown.text() ==
          " --> shop.weft:1:12\n"
          "1 | label app, zone, app : string\n"
          "  |            ^^^^ two\n"
          "  |            |\n"
          "  |            one\n");
  }
}

TEST_CASE("marks of other lines and files have excerpts of their own", "[base][render]") {
  Shown shown("group a = b\ngroup b = c\ngroup c = a\n");
  const SourceId other = shown.sources.add("other.weft", "group d = e\n");
  shown.report(shown.span(10, 11))
      .label(shown.span(18, 19), "b is here")
      .label(Span{other, 6, 7}, "elsewhere")
      .label(shown.span(22, 23), "and so is c");
  CHECK(shown.text() ==
        " --> shop.weft:1:11\n"
        "1 | group a = b\n"
        "  |           ^\n"
        " ::: shop.weft:2:7\n"
        "2 | group b = c\n"
        "  |       -   - and so is c\n"
        "  |       |\n"
        "  |       b is here\n"
        " ::: other.weft:1:7\n"
        "1 | group d = e\n"
        "  |       - elsewhere\n");
}

TEST_CASE("a span over several lines has a stroke beside it", "[base][render]") {
  SECTION("from the start of a line") {
    Shown shown("  policy p {\n    allow\n  }\n");
    shown.report(shown.span(2, 26)).at("this");
    CHECK(shown.text() ==
          " --> shop.weft:1:3\n"
          "1 | /   policy p {\n"
          "2 | |     allow\n"
          "3 | |   }\n"
          "  | |___^ this\n");
  }
  SECTION("from the middle of one") {
    Shown shown("x abc\nd中f\n");
    shown.report(shown.span(2, 10));
    CHECK(shown.text() ==
          " --> shop.weft:1:3\n"
          "1 |   x abc\n"
          "  |  ___^\n"
          "2 | | d中f\n"
          "  | |___^\n");
  }
  SECTION("the middle of a long one is left out") {
    Shown shown("a1\na2\na3\na4\na5\na6\na7\na8\n");
    shown.report(shown.span(0, 23)).label(shown.span(3, 5), "here");
    CHECK(shown.text() ==
          " --> shop.weft:1:1\n"
          "1 | / a1\n"
          "2 | | a2\n"
          "3 | | a3\n"
          "  | | …\n"
          "7 | | a7\n"
          "8 | | a8\n"
          "  | |__^\n"
          " ::: shop.weft:2:1\n"
          "2 | a2\n"
          "  | -- here\n");
  }
  SECTION("a line end at its end is no line more") {
    Shown shown("ab\ncd\n");
    shown.report(shown.span(0, 3));
    CHECK(shown.text() ==
          " --> shop.weft:1:1\n"
          "1 | ab\n"
          "  | ^^\n");
  }
}

TEST_CASE("a fix shows the line as it will be", "[base][render]") {
  SECTION("replaced and inserted text is marked") {
    Shown shown("group a = ap == x\n");
    shown.report(shown.of("ap"))
        .fix({"write it so", {{shown.of("ap"), "app"}, {shown.span(16, 16), "\""}, {shown.span(17, 17), "\""}}})
        .note("notes go before help");
    CHECK(shown.text() ==
          " --> shop.weft:1:11\n"
          "1 | group a = ap == x\n"
          "  |           ^^\n"
          "  = note: notes go before help\n"
          "  = help: write it so\n"
          "1 | group a = app == \"x\"\n"
          "  |           ~~~    + +\n");
  }
  SECTION("wide letters and tabs before it") {
    Shown shown("\t中 x\n");
    shown.report(shown.of("x")).fix("so", shown.of("x"), "語");
    CHECK(shown.text() ==
          " --> shop.weft:1:6\n"
          "1 |  中 x\n"
          "  |     ^\n"
          "  = help: so\n"
          "1 |  中 語\n"
          "  |     ~~\n");
  }
  SECTION("what is only removed is shown before and after") {
    Shown shown("allow a;\n");
    shown.report(shown.of(";")).fix("leave it out", shown.of(";"), "");
    CHECK(shown.text() ==
          " --> shop.weft:1:8\n"
          "1 | allow a;\n"
          "  |        ^\n"
          "  = help: leave it out\n"
          "1 - allow a;\n"
          "1 + allow a\n");
  }
  SECTION("a new line stands alone") {
    Shown shown("one\ntwo\n");
    shown.report(shown.of("two")).fix("declare it", shown.span(4, 4), "label two : string\n");
    CHECK(shown.text() ==
          " --> shop.weft:2:1\n"
          "2 | two\n"
          "  | ^^^\n"
          "  = help: declare it\n"
          "2 + label two : string\n");
  }
  SECTION("lines that change as a whole") {
    Shown shown("/* a\n   b */ c\n");
    shown.report(shown.of("/*")).fix("so", shown.span(0, 12), "// a\n// b\n");
    CHECK(shown.text() ==
          " --> shop.weft:1:1\n"
          "1 | /* a\n"
          "  | ^^\n"
          "  = help: so\n"
          "1 - /* a\n"
          "2 -    b */ c\n"
          "1 + // a\n"
          "2 + // b\n"
          "3 +  c\n");
  }
  SECTION("in lines far apart, and in another file") {
    Shown shown("a\nb\nc\n");
    const SourceId other = shown.sources.add("other.weft", "z\n");
    shown.report(shown.of("a"))
        .fix({"both", {{shown.of("c"), "C"}, {shown.of("a"), "A"}}})
        .suggest("or not")
        .fix("there", Span{other, 0, 1}, "Z");
    CHECK(shown.text() ==
          " --> shop.weft:1:1\n"
          "1 | a\n"
          "  | ^\n"
          "  = help: both\n"
          "1 | A\n"
          "  | ~\n"
          "3 | C\n"
          "  | ~\n"
          "  = help: or not\n"
          "  = help: there\n"
          " ::: other.weft:1:1\n"
          "1 | Z\n"
          "  | ~\n");
  }
  SECTION("at the end of a text without a line end") {
    Shown shown("policy p {");
    shown.report(shown.span(10, 10)).fix("close it", shown.span(10, 10), "\n}\n");
    CHECK(shown.text() ==
          " --> shop.weft:1:11\n"
          "1 | policy p {\n"
          "  |           ^\n"
          "  = help: close it\n"
          "2 + }\n");
  }
}

TEST_CASE("colour adds nothing but escapes", "[base][render]") {
  Shown shown("label app, zone, app : string\nx\ny\n");
  shown.report(shown.span(17, 20)).at("again").label(shown.of("app"), "here").fix("out", shown.span(15, 20), "");
  shown.report(shown.span(6, 33)).fix("so", shown.of("zone"), "place");
  const std::string colored = render(shown.diagnostics, shown.sources, {.color = true});
  std::string stripped;
  for (std::size_t i = 0; i < colored.size(); ++i) {
    if (colored[i] == '\x1b') {
      i = colored.find('m', i);
    } else {
      stripped += colored[i];
    }
  }
  CHECK(stripped == render(shown.diagnostics, shown.sources, {}));
  CHECK(colored.find("\x1b[31m- label") != std::string::npos);
  CHECK(colored.find("\x1b[32m~~~~~") != std::string::npos);
}
