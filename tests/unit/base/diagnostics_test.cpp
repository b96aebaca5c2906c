#include "base/diagnostics.h"

#include <catch2/catch.hpp>

using namespace weft;

namespace {

constexpr DiagnosticKind<std::string_view> unknown_key{"W1003", Severity::Error, "label key `{}` is not declared"};
constexpr DiagnosticKind<> no_effect{"W1050", Severity::Warning, "this rule can never decide"};
constexpr DiagnosticKind<int, std::string_view> counted{"W9001", Severity::Note, "{} rules in `{}`"};

// One finding about `marked` within `text`, as people see it.
std::string shown(const std::string& text, std::uint32_t begin, std::uint32_t end, const std::string& at = "") {
  Sources sources;
  const SourceId id = sources.add("shop.weft", text);
  Diagnostics diagnostics;
  diagnostics.report(unknown_key, Span{id, begin, end}, "ap").at(at);
  return render(diagnostics, sources, {});
}

}  // namespace

TEST_CASE("diagnostics are counted and keep their order", "[base][diagnostics]") {
  Diagnostics diagnostics;
  CHECK(diagnostics.empty());
  CHECK_FALSE(diagnostics.has_errors());
  diagnostics.report(no_effect, {});
  CHECK_FALSE(diagnostics.has_errors());
  diagnostics.report(unknown_key, {}, "x").note("a").suggest("b");
  diagnostics.report(counted, {}, 3, "shop");
  CHECK(diagnostics.has_errors());
  CHECK(diagnostics.errors() == 1);
  CHECK(diagnostics.warnings() == 1);
  REQUIRE(diagnostics.all().size() == 3);
  CHECK(diagnostics.all()[0].code == "W1050");
  CHECK(diagnostics.all()[1].message == "label key `x` is not declared");
  CHECK(diagnostics.all()[2].message == "3 rules in `shop`");
  CHECK(diagnostics.all()[2].severity == Severity::Note);
}

TEST_CASE("levels say what a warning counts for", "[base][diagnostics]") {
  Diagnostics diagnostics;
  SECTION("an allowed warning is dropped, and what is said of it too") {
    diagnostics.set_levels({{"W1050", LintLevel::Allow}});
    diagnostics.report(no_effect, {}).note("nobody reads this");
    CHECK(diagnostics.empty());
    CHECK(diagnostics.warnings() == 0);
  }
  SECTION("a denied warning is shown as an error, and the phases go on") {
    diagnostics.set_levels({{"W1050", LintLevel::Deny}});
    diagnostics.report(no_effect, {}).note("a note");
    REQUIRE(diagnostics.all().size() == 1);
    CHECK(diagnostics.all()[0].severity == Severity::Error);
    CHECK(diagnostics.all()[0].notes == std::vector<std::string>{"a note"});
    CHECK(diagnostics.denied() == 1);
    CHECK(diagnostics.warnings() == 0);
    CHECK_FALSE(diagnostics.has_errors());
    CHECK(render(diagnostics, Sources{}, {}).starts_with("error W1050: this rule can never decide\n"));
  }
  SECTION("errors and notes have no level") {
    diagnostics.set_levels({{"W1003", LintLevel::Allow}, {"W9001", LintLevel::Deny}, {"W1050", LintLevel::Warn}});
    diagnostics.report(unknown_key, {}, "x");
    diagnostics.report(counted, {}, 3, "shop");
    diagnostics.report(no_effect, {});
    CHECK(diagnostics.errors() == 1);
    CHECK(diagnostics.denied() == 0);
    CHECK(diagnostics.warnings() == 1);
    CHECK(diagnostics.all().size() == 3);
  }
}

TEST_CASE("a finding is rendered with its place", "[base][render]") {
  SECTION("the caret stands under the fault") {
    CHECK(shown("group a = ap == \"x\"\n", 10, 12, "no such key") ==
          "error W1003: label key `ap` is not declared\n"
          " --> shop.weft:1:11\n"
          "1 | group a = ap == \"x\"\n"
          "  |           ^^ no such key\n");
  }
  SECTION("on later lines the gutter grows") {
    CHECK(shown("\n\n\n\n\n\n\n\n\nab\n", 9, 11) ==
          "error W1003: label key `ap` is not declared\n"
          "  --> shop.weft:10:1\n"
          "10 | ab\n"
          "   | ^^\n");
  }
  SECTION("a point has one caret, also at the end of the text") {
    CHECK(shown("ab", 2, 2) ==
          "error W1003: label key `ap` is not declared\n"
          " --> shop.weft:1:3\n"
          "1 | ab\n"
          "  |   ^\n");
    CHECK(shown("", 0, 0) ==
          "error W1003: label key `ap` is not declared\n"
          " --> shop.weft:1:1\n"
          "1 | \n"
          "  | ^\n");
  }
  SECTION("tabs are one column, here and in the caret line") {
    CHECK(shown("\tab", 1, 3) ==
          "error W1003: label key `ap` is not declared\n"
          " --> shop.weft:1:2\n"
          "1 |  ab\n"
          "  |  ^^\n");
  }
  SECTION("carets stand under letters as wide as a terminal shows them") {
    CHECK(shown("é中 ab", 6, 8) ==
          "error W1003: label key `ap` is not declared\n"
          " --> shop.weft:1:7\n"
          "1 | é中 ab\n"
          "  |     ^^\n");
    CHECK(shown("x é中 y", 2, 7) ==
          "error W1003: label key `ap` is not declared\n"
          " --> shop.weft:1:3\n"
          "1 | x é中 y\n"
          "  |   ^^^\n");
    CHECK(shown("e\xCC\x81 ab", 4, 6) ==
          "error W1003: label key `ap` is not declared\n"
          " --> shop.weft:1:5\n"
          "1 | e\xCC\x81 ab\n"
          "  |   ^^\n");
  }
  SECTION("control characters and broken bytes are escaped, the caret moves along") {
    CHECK(shown("a\x1b[2J\xff"
                "b",
                6, 7) ==
          "error W1003: label key `ap` is not declared\n"
          " --> shop.weft:1:7\n"
          "1 | a\\x1b[2J\\xffb\n"
          "  |             ^\n");
  }
  SECTION("a line end of two bytes is not shown") {
    CHECK(shown("ab\r\ncd\r\n", 4, 6) ==
          "error W1003: label key `ap` is not declared\n"
          " --> shop.weft:2:1\n"
          "2 | cd\n"
          "  | ^^\n");
  }
  SECTION("without a place there is no excerpt") {
    Diagnostics diagnostics;
    diagnostics.report(unknown_key, {}, "ap").suggest("write `app`");
    CHECK(render(diagnostics, Sources{}, {}) ==
          "error W1003: label key `ap` is not declared\n"
          "  = help: write `app`\n");
  }
}

TEST_CASE("long lines are cut around the caret", "[base][render]") {
  const auto excerpt = [](const std::string& text, std::uint32_t begin, std::uint32_t end) {
    const std::string all = shown(text, begin, end);
    const std::size_t first = all.find("1 | ") + 4;
    const std::size_t line_end = all.find('\n', first);
    const std::size_t second = all.find("  | ", line_end) + 4;
    return std::pair{all.substr(first, line_end - first), all.substr(second, all.find('\n', second) - second)};
  };
  const std::string long_line = std::string(500, 'a') + "BAD" + std::string(500, 'c');
  SECTION("in the middle, with marks at both cuts") {
    const auto [line, carets] = excerpt(long_line, 500, 503);
    CHECK(line == "…" + std::string(40, 'a') + "BAD" + std::string(117, 'c') + "…");
    CHECK(carets == std::string(41, ' ') + "^^^");
  }
  SECTION("at the start") {
    const auto [line, carets] = excerpt(long_line, 0, 1);
    CHECK(line == std::string(160, 'a') + "…");
    CHECK(carets == "^");
  }
  SECTION("at the end") {
    const auto [line, carets] = excerpt(long_line, 1003, 1003);
    CHECK(line == "…" + std::string(40, 'c'));
    CHECK(carets == std::string(41, ' ') + "^");
  }
  SECTION("never through a letter of several bytes") {
    for (const std::string letter : {"é", "中", "😀"}) {
      std::string text = "x";
      for (int i = 0; i < 300; ++i) text += letter;
      for (std::uint32_t number = 30; number < 90; number += 7) {
        const auto begin = static_cast<std::uint32_t>(1 + number * letter.size());
        const auto [line, carets] = excerpt(text, begin, begin + static_cast<std::uint32_t>(letter.size()));
        INFO(line);
        CHECK(line.find("\\x") == std::string::npos);
        CHECK(carets.find_first_not_of(" ") == carets.find("^"));
        CHECK(carets.size() - carets.find("^") == (letter == "é" ? 1 : 2));
        CHECK(first_invalid_utf8(line) == std::string::npos);
      }
    }
  }
}

TEST_CASE("labels, notes and help follow", "[base][render]") {
  Sources sources;
  const SourceId a = sources.add("a.weft", "label app : string\ngroup web = ap == \"w\"\n");
  const SourceId b = sources.add("b.weft", std::string(99, '\n') + "workload w");
  Diagnostics diagnostics;
  diagnostics.report(unknown_key, Span{a, 31, 33}, "ap")
      .at("here")
      .label({a, 6, 9}, "keys are declared here")
      .label({b, 99, 107}, "")
      .note("first\nsecond")
      .suggest("did you mean `app`?");
  diagnostics.report(no_effect, Span{b, 99, 107});
  CHECK(render(diagnostics, sources, {}) ==
        "error W1003: label key `ap` is not declared\n"
        "   --> a.weft:2:13\n"
        "  2 | group web = ap == \"w\"\n"
        "    |             ^^ here\n"
        "   ::: a.weft:1:7\n"
        "  1 | label app : string\n"
        "    |       --- keys are declared here\n"
        "   ::: b.weft:100:1\n"
        "100 | workload w\n"
        "    | --------\n"
        "    = note: first\n"
        "            second\n"
        "    = help: did you mean `app`?\n"
        "\n"
        "warning W1050: this rule can never decide\n"
        "   --> b.weft:100:1\n"
        "100 | workload w\n"
        "    | ^^^^^^^^\n");
}

TEST_CASE("the limit counts what it hides", "[base][render]") {
  Diagnostics diagnostics;
  for (int i = 0; i < 5; ++i) diagnostics.report(no_effect, {});
  CHECK(render(diagnostics, Sources{}, {.limit = 2}) ==
        "warning W1050: this rule can never decide\n\nwarning W1050: this rule can never decide\n"
        "\n… 3 more warnings not shown\n");
  CHECK(render(diagnostics, Sources{}, {.limit = 5}).find("more") == std::string::npos);
  CHECK(render(Diagnostics{}, Sources{}, {}).empty());
}

TEST_CASE("within the limit errors go before warnings", "[base][render]") {
  Diagnostics diagnostics;
  for (int i = 0; i < 3; ++i) diagnostics.report(no_effect, {});
  diagnostics.report(unknown_key, {}, "a");
  diagnostics.report(counted, {}, 3, "shop");
  diagnostics.report(unknown_key, {}, "b");
  const std::string a = "error W1003: label key `a` is not declared\n";
  const std::string b = "error W1003: label key `b` is not declared\n";
  const std::string note = "note W9001: 3 rules in `shop`\n";
  const std::string warning = "warning W1050: this rule can never decide\n";
  CHECK(render(diagnostics, Sources{}, {.limit = 4}) ==
        a + "\n" + b + "\n" + note + "\n" + warning + "\n… 2 more warnings not shown\n");
  CHECK(render(diagnostics, Sources{}, {.limit = 1}) ==
        a + "\n… 1 more error, 3 more warnings, 1 more note not shown\n");
  // Where there is room for all, they stand as they were said.
  CHECK(render(diagnostics, Sources{}, {}).starts_with(warning));
}

TEST_CASE("color is a matter of option only", "[base][render]") {
  Sources sources;
  const SourceId id = sources.add("a.weft", "ab");
  Diagnostics diagnostics;
  diagnostics.report(unknown_key, Span{id, 0, 2}, "ap").at("here").label({id, 1, 2}, "there").note("n");
  const std::string colored = render(diagnostics, sources, {.color = true});
  std::string stripped;
  for (std::size_t i = 0; i < colored.size(); ++i) {
    if (colored[i] == '\x1b')
      i = colored.find('m', i);
    else
      stripped += colored[i];
  }
  CHECK(stripped == render(diagnostics, sources, {}));
  CHECK(colored.find("\x1b[1;31merror W1003") == 0);
  CHECK(colored.rfind("\x1b[0m") != std::string::npos);
  CHECK(render(diagnostics, sources, {}).find('\x1b') == std::string::npos);
}

TEST_CASE("a message cannot steer the terminal", "[base][render]") {
  Sources sources;
  const SourceId id = sources.add("\x1b.weft", "ab");
  Diagnostics diagnostics;
  diagnostics.report(unknown_key, Span{id, 0, 2}, "a\x1b[2Jb\xff")
      .at("\x1b")
      .label({id, 0, 1}, "\x1b")
      .note("\x1b")
      .suggest("\x07");
  const std::string out = render(diagnostics, sources, {});
  CHECK(out.find('\x1b') == std::string::npos);
  CHECK(out.find('\x07') == std::string::npos);
  CHECK(first_invalid_utf8(out) == std::string::npos);
  CHECK(out.starts_with("error W1003: label key `a\\x1b[2Jb\\xff` is not declared\n"));
}
