#include "base/fix.h"

#include <catch2/catch.hpp>

using namespace weft;

namespace {

constexpr DiagnosticKind<> fault{"W1003", Severity::Error, "a fault"};
constexpr Applicability machine = Applicability::MachineApplicable;
constexpr Applicability maybe = Applicability::MaybeIncorrect;

Edit edit(std::uint32_t begin, std::uint32_t end, std::string text) { return {Span{SourceId{0}, begin, end}, text}; }

}  // namespace

TEST_CASE("edits are made where they say, whatever their order", "[base][fix]") {
  CHECK(apply_edits("abcdef", {}) == "abcdef");
  CHECK(apply_edits("abcdef", std::vector{edit(1, 2, "XY")}) == "aXYcdef");
  CHECK(apply_edits("abcdef", std::vector{edit(4, 6, ""), edit(0, 0, "-"), edit(2, 3, "C")}) == "-abCd");
  CHECK(apply_edits("abc", std::vector{edit(3, 3, "1"), edit(3, 3, "2")}) == "abc12");
  CHECK(apply_edits("", std::vector{edit(0, 0, "new")}) == "new");
}

TEST_CASE("edits that touch the same text overlap", "[base][fix]") {
  CHECK(overlap(edit(1, 3, ""), edit(2, 4, "")));
  CHECK(overlap(edit(2, 4, ""), edit(1, 3, "")));
  CHECK(overlap(edit(1, 5, ""), edit(2, 2, "")));
  CHECK(overlap(edit(2, 2, ""), edit(2, 2, "")));
  CHECK_FALSE(overlap(edit(1, 2, ""), edit(2, 3, "")));
  CHECK_FALSE(overlap(edit(1, 2, ""), Edit{Span{SourceId{1}, 1, 2}, ""}));
}

TEST_CASE("only what needs no judgement is applicable, and no text is changed twice", "[base][fix]") {
  const Span somewhere{SourceId{0}, 0, 1};
  Diagnostics diagnostics;
  diagnostics.report(fault, somewhere).fix("first", {SourceId{0}, 0, 2}, "a", machine);
  diagnostics.report(fault, somewhere).fix("overlaps", {SourceId{0}, 1, 3}, "b", machine);
  diagnostics.report(fault, somewhere).fix("guesses", {SourceId{0}, 5, 6}, "c", maybe);
  diagnostics.report(fault, somewhere).fix("either", {SourceId{0}, 7, 8}, "d").fix("or", {SourceId{0}, 9, 9}, "e");
  const auto fixes = applicable_fixes(diagnostics);
  REQUIRE(fixes.size() == 2);
  CHECK(fixes[0].second->title == "first");
  CHECK(fixes[1].second->title == "either");
  CHECK(diagnostics.all()[0].suggestions == std::vector<std::string>{"first"});
}
