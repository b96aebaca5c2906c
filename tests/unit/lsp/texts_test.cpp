#include <catch2/catch.hpp>
#include <random>
#include <string>

#include "base/fix.h"
#include "lsp/text_changes.h"
#include "lsp/uri.h"

namespace weft::lsp {
namespace {

void check(const std::string& before, const std::string& after) {
  const std::vector<Edit> edits = line_edits(SourceId{}, before, after);
  CAPTURE(before, after);
  CHECK(apply_edits(before, edits) == after);
  for (std::size_t i = 1; i < edits.size(); ++i) CHECK(edits[i - 1].span.end <= edits[i].span.begin);
}

}  // namespace

TEST_CASE("line edits make one text of another", "[lsp]") {
  check("", "");
  check("", "a\n");
  check("a\n", "");
  check("a", "a\n");
  check("a\n", "a");
  check("a", "b");
  check("-- a\n--- b\n", "--- b\n+++ c\n@@ -1 @@\n");
  check("1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n", "1\n2\nx\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13");
}

TEST_CASE("line edits of generated texts", "[lsp]") {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    const auto text = [&] {
      std::string out;
      for (std::size_t i = random() % 12; i > 0; --i)
        out += std::string(1, static_cast<char>('a' + random() % 3)) + '\n';
      if (random() % 2 == 0) out += "end";
      return out;
    };
    check(text(), text());
  }
}

TEST_CASE("lines that stand still are not touched", "[lsp]") {
  const auto edits = line_edits(SourceId{}, "a\nb\nc\nd\n", "a\nB\nc\nd\ne\n");
  REQUIRE(edits.size() == 2);
  CHECK(edits[0] == Edit{{SourceId{}, 2, 4}, "B\n"});
  CHECK(edits[1] == Edit{{SourceId{}, 8, 8}, "e\n"});
}

TEST_CASE("URIs of files and their paths", "[lsp]") {
  CHECK(path_of("file:///home/a%20b/shop.weft") == "/home/a b/shop.weft");
  CHECK(path_of("file://localhost/a/../b//c.weft") == "/b/c.weft");
  CHECK(path_of("file:///c%3A/x") == "/c:/x");
  CHECK(path_of("file:///a%2") == "/a%2");
  CHECK(path_of("untitled:Untitled-1") == "untitled:Untitled-1");
  CHECK(path_of("file:///a%00b") == "file:///a%00b");
  CHECK(uri_of("/home/a b/größe.weft") == "file:///home/a%20b/gr%C3%B6%C3%9Fe.weft");
  CHECK(path_of(uri_of("/x/%41 ?#[]@!$&'()*+,;=.weft")) == "/x/%41 ?#[]@!$&'()*+,;=.weft");
}

}  // namespace weft::lsp
