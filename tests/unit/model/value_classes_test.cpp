#include <algorithm>
#include <map>
#include <random>

#include <catch2/catch.hpp>

#include "model/selector.h"
#include "model/value_classes.h"

using namespace weft;
using namespace weft::model;

namespace {

// How a text stands to everything a policy says about its key.
std::string standing(const ValueUse& use, const std::string& text) {
  std::string out = use.constants.contains(text) || use.reserved.contains(text) ? "=" + text + " " : "";
  for (const std::string& glob : use.globs) out += glob_matches(glob, text) ? '1' : '0';
  return out;
}

}  // namespace

TEST_CASE("plain texts need one stand-in for all others", "[model]") {
  CHECK(value_classes({{"a", "b"}, {}, {}, {}}).texts == std::vector<std::string>{"a", "b", "other"});
  CHECK(value_classes({{"other"}, {}, {}, {}}).texts == std::vector<std::string>{"other", "other-2"});
  CHECK(value_classes({{"x"}, {}, {{"x", "y"}}, {}}).texts == std::vector<std::string>{"x", "y"});
  CHECK(value_classes({{}, {}, {}, {"other"}}).texts == std::vector<std::string>{"other", "other-2"});
}

TEST_CASE("patterns: every combination that some text has, and no other", "[model]") {
  std::mt19937_64 random(5);
  for (int round = 0; round < 400; ++round) {
    const auto word = [&](std::string_view letters, std::size_t most) {
      std::string out;
      for (std::size_t i = random() % (most + 1); i > 0; --i) out += letters[random() % letters.size()];
      return out;
    };
    ValueUse use;
    for (std::size_t i = random() % 4; i > 0; --i) use.globs.insert(word("ab*?", 4));
    for (std::size_t i = random() % 4; i > 0; --i) use.constants.insert(word("ab*", 3));
    if (random() % 4 == 0) use.reserved.insert(word("ab", 3));
    const ValueClasses classes = value_classes(use);
    REQUIRE(classes.exact);

    std::map<std::string, std::string> expected;
    std::vector<std::string> texts{""};
    for (std::size_t i = 0; i < texts.size(); ++i) {
      expected.emplace(standing(use, texts[i]), texts[i]);
      if (texts[i].size() < 6) {
        for (const char c : std::string_view("abz*")) texts.push_back(texts[i] + c);
      }
    }
    std::map<std::string, std::string> found;
    for (const std::string& text : classes.texts) CHECK(found.emplace(standing(use, text), text).second);
    for (const auto& [key, text] : expected) {
      INFO("round " << round << ", nothing stands like `" << text << "`");
      CHECK(found.contains(key));
    }
  }
}

TEST_CASE("patterns past all counting are said to be so", "[model]") {
  ValueUse use;
  for (char c = 'a'; c <= 'z'; ++c) use.globs.insert(std::string("*") + c + "*");
  CHECK_FALSE(value_classes(use).exact);
}
