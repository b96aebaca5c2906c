#include "base/diff.h"

#include <catch2/catch.hpp>
#include <charconv>
#include <random>
#include <vector>

#include <fmt/format.h>

using namespace weft;

namespace {

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    out.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return out;
}

// What `patch` would make of the text: every context and removed line must be where the diff says.
std::string patched(const std::string& before, const std::string& diff) {
  const std::vector<std::string> old = lines_of(before);
  std::vector<std::string> steps = lines_of(diff);
  std::string out;
  std::size_t at = 0;
  for (std::size_t i = 2; i < steps.size(); ++i) {
    std::string line = steps[i];
    if (i + 1 < steps.size() && steps[i + 1].starts_with('\\')) line.pop_back();
    if (line.starts_with("@@ -")) {
      std::size_t first = 0, count = 1;
      const char* end = line.data() + line.size();
      auto read = std::from_chars(line.data() + 4, end, first);
      if (*read.ptr == ',') std::from_chars(read.ptr + 1, end, count);
      const std::size_t start = count == 0 ? first : first - 1;
      REQUIRE(at <= start);
      while (at < start) out += old[at++];
    } else if (line.starts_with('+')) {
      out += line.substr(1);
    } else if (!line.starts_with('\\')) {
      REQUIRE(at < old.size());
      REQUIRE(old[at] == line.substr(1));
      if (line.starts_with(' ')) out += old[at];
      ++at;
    }
  }
  while (at < old.size()) out += old[at++];
  return out;
}

std::size_t changes(const std::string& diff) {
  std::size_t out = 0;
  for (const std::string& line : lines_of(diff)) out += line[0] == '+' || line[0] == '-';
  return out - 2;  // the names
}

}  // namespace

TEST_CASE("a diff can be read back", "[base][diff]") {
  CHECK(unified_diff("a", "x\n", "x\n").empty());
  CHECK(unified_diff("a", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n") ==
        "--- a\n+++ a\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
  CHECK(unified_diff("a", "", "x\n") == "--- a\n+++ a\n@@ -0,0 +1 @@\n+x\n");
  CHECK(unified_diff("a", "x", "x\n") == "--- a\n+++ a\n@@ -1 +1 @@\n-x\n\\ No newline at end of file\n+x\n");
}

TEST_CASE("applying a diff gives the other text, with few changes", "[base][diff]") {
  std::mt19937 generator(1);
  const auto below = [&](std::size_t bound) { return generator() % bound; };
  const auto chance = [&](std::size_t percent) { return below(100) < percent; };
  for (int round = 0; round < 500; ++round) {
    std::string before, after;
    std::size_t edits = 0;
    for (std::size_t i = 0; i < below(60); ++i) {
      const std::string line = fmt::format("{}\n", below(8));
      const bool removed = chance(10);
      const bool added = chance(10);
      before += line;
      if (!removed) after += line;
      if (added) after += "new\n";
      edits += removed + added;
    }
    if (chance(20) && !after.empty()) after.pop_back();
    const std::string diff = unified_diff("a", before, after);
    INFO(diff);
    if (before == after) {
      CHECK(diff.empty());
      continue;
    }
    CHECK(patched(before, diff) == after);
    CHECK(changes(diff) <= edits + 2);
  }
}

TEST_CASE("texts that differ nearly everywhere are compared in time", "[base][diff]") {
  std::string before, after;
  for (int i = 0; i < 100'000; ++i) {
    before += fmt::format("line {}\n", i);
    after += i % 100 == 0 ? fmt::format("line {}\n", i) : fmt::format("  line {}\n", i);
  }
  const std::string diff = unified_diff("a", before, after);
  CHECK(patched(before, diff) == after);
  CHECK(changes(diff) == 198'000);
}
