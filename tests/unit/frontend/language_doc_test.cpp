// docs/language.md promises: its snippets are one policy between them, and those marked `error` are refused.

#include <catch2/catch.hpp>
#include <sstream>

#include "support.h"

namespace {

using namespace weft;

struct Snippets {
  std::vector<std::string> good, bad;
};

Snippets snippets() {
  Snippets out;
  std::istringstream in(frontend_tests::file_text(std::string(WEFT_SOURCE_DIR) + "/docs/language.md"));
  std::vector<std::string>* into = nullptr;
  for (std::string line; std::getline(in, line);) {
    if (into && line == "```") {
      into = nullptr;
    } else if (into) {
      into->back() += line + "\n";
    } else if (line == "```weft" || line == "```weft error") {
      into = line == "```weft" ? &out.good : &out.bad;
      into->emplace_back();
    }
  }
  return out;
}

}  // namespace

TEST_CASE("the snippets of the language page are a policy without a finding", "[frontend]") {
  const Snippets page = snippets();
  REQUIRE(page.good.size() >= 7);
  const auto read = frontend_tests::read(page.good);
  INFO(read.shown());
  CHECK(read.codes().empty());
}

TEST_CASE("the snippets of the language page that are marked wrong have one error each", "[frontend]") {
  const Snippets page = snippets();
  REQUIRE(page.bad.size() >= 6);
  for (const std::string& bad : page.bad) {
    std::vector<std::string> texts = page.good;
    texts.push_back(bad);
    const auto read = frontend_tests::read(texts);
    INFO(bad << read.shown());
    CHECK(read.diagnostics.errors() == 1);
  }
}
