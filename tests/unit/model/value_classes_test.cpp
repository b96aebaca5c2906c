#include <algorithm>
#include <map>
#include <random>
#include <set>

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

TEST_CASE("values that are treated alike can differ, as far as there are such values", "[model]") {
  const auto texts = [](ValueUse use, std::size_t copies) {
    use.copies = copies;
    const ValueClasses classes = value_classes(use);
    CHECK(classes.exact);
    CHECK(std::set<std::string>(classes.texts.begin(), classes.texts.end()).size() == classes.texts.size());
    return classes.texts;
  };
  CHECK(texts({.constants = {"a"}, .globs = {}, .domain = {}, .reserved = {}}, 3) ==
        std::vector<std::string>{"a", "other", "other-2", "other-3"});
  CHECK(texts({.constants = {"other-2"}, .globs = {}, .domain = {}, .reserved = {"other"}}, 2) ==
        std::vector<std::string>{"other-2", "other", "other-3", "other-4"});
  CHECK(texts({.constants = {}, .globs = {}, .domain = {{"x", "y"}}, .reserved = {}}, 3) ==
        std::vector<std::string>{"x", "y"});

  // So many of each standing as there are, up to what was asked: counted over all short texts.
  std::mt19937_64 random(7);
  for (int round = 0; round < 200; ++round) {
    ValueUse use;
    for (std::size_t i = 1 + random() % 3; i > 0; --i) {
      std::string glob;
      for (std::size_t k = random() % 4; k > 0; --k) glob += std::string_view("ab*?")[random() % 4];
      use.globs.insert(glob);
    }
    if (random() % 2 == 0) use.constants.insert("ab");
    use.copies = 1 + random() % 3;
    const auto is_constant = [&](const std::string& text) { return use.constants.contains(text); };
    std::map<std::string, std::size_t> possible, found;
    std::vector<std::string> all{""};
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (!is_constant(all[i])) ++possible[standing(use, all[i])];
      if (all[i].size() < 4) {
        for (const char c : std::string_view("abxyz")) all.push_back(all[i] + c);
      }
    }
    const ValueClasses classes = value_classes(use);
    REQUIRE(classes.exact);
    for (const std::string& text : classes.texts) {
      if (!is_constant(text)) ++found[standing(use, text)];
    }
    for (const auto& [how, count] : possible) {
      INFO("round " << round << ", standing " << how);
      CHECK(found[how] == std::min(count, use.copies));
    }
  }
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
