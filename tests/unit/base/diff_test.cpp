#include "base/diff.h"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

#include <unistd.h>

using weft::unified_diff;

TEST_CASE("equal texts have no difference", "[base][diff]") {
  CHECK(unified_diff("a", "", "").empty());
  CHECK(unified_diff("a", "x\n", "x\n").empty());
}

TEST_CASE("a difference is a unified diff", "[base][diff]") {
  SECTION("one line among others has three of them around it") {
    CHECK(unified_diff("p.weft", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n") ==
          "--- p.weft\n+++ p.weft\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
  }
  SECTION("changes near one another share a hunk, others have their own") {
    CHECK(unified_diff("p", "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\n1\n2\n",
                       "A\nb\nc\nd\ne\nf\nG\nh\ni\nj\nk\nl\n1\n2\n3\n") ==
          "--- p\n+++ p\n@@ -1,10 +1,10 @@\n-a\n+A\n b\n c\n d\n e\n f\n-g\n+G\n h\n i\n j\n"
          "@@ -12,3 +12,4 @@\n l\n 1\n 2\n+3\n");
  }
  SECTION("from and to nothing") {
    CHECK(unified_diff("p", "", "a\n") == "--- p\n+++ p\n@@ -0,0 +1 @@\n+a\n");
    CHECK(unified_diff("p", "a\n", "") == "--- p\n+++ p\n@@ -1 +0,0 @@\n-a\n");
  }
  SECTION("a line end that is missing") {
    CHECK(unified_diff("p", "a", "a\n") == "--- p\n+++ p\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n");
  }
}

TEST_CASE("patch makes the second text of the first", "[base][diff]") {
  namespace fs = std::filesystem;
  if (std::system("patch --version > /dev/null 2>&1") != 0) {
    WARN("SKIPPED: there is no patch on this machine");
    return;
  }
  const fs::path directory = fs::temp_directory_path() / ("weft-diff-" + std::to_string(::getpid()));
  fs::create_directories(directory);
  std::mt19937 random(7);
  for (int i = 0; i < 40; ++i) {
    const auto text = [&] {
      std::string out;
      for (auto lines = random() % 30; lines > 0; --lines)
        out += std::string(1, static_cast<char>('a' + random() % 4)) + "\n";
      return out;
    };
    const std::string before = text(), after = text();
    const auto put = [&](const std::string& name, const std::string& what) {
      std::ofstream(directory / name, std::ios::binary) << what;
    };
    put("file", before);
    put("diff", unified_diff("file", before, after));
    if (before == after) continue;
    INFO(unified_diff("file", before, after));
    REQUIRE(std::system(("cd '" + directory.string() + "' && patch -s -p0 < diff").c_str()) == 0);
    std::ifstream in(directory / "file", std::ios::binary);
    const std::string patched{std::istreambuf_iterator<char>(in), {}};
    CHECK(patched == after);
    fs::remove(directory / "file");
  }
  fs::remove_all(directory);
}
