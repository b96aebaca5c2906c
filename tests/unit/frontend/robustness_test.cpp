// What people and disks do to files: every answer is a handful of diagnostics, soon, and never a crash.

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <random>
#include <regex>
#include <set>

#include "support.h"
#include "tests/support/processor_time.h"

namespace {

using namespace weft;
using frontend_tests::Read;

std::string example() {
  return frontend_tests::file_text(std::string(WEFT_SOURCE_DIR) + "/tests/cases/frontend/example.weft");
}

// A place of the example where a token stands, found without the scanner under test.
struct Piece {
  std::size_t begin, end;
};

std::vector<Piece> pieces_of(const std::string& text) {
  static const std::regex piece(
      R"(//[^\n]*|"([^"\\\n]|\\.)*"|`[^`\n]*`|[A-Za-z_][\w-]*|[0-9][0-9a-fA-F.:/]*|->|==|!=|&&|\|\||[^\s])");
  std::vector<Piece> out;
  for (auto it = std::sregex_iterator(text.begin(), text.end(), piece); it != std::sregex_iterator(); ++it) {
    const auto begin = static_cast<std::size_t>(it->position());
    if (!it->str().starts_with("//")) out.push_back({begin, begin + static_cast<std::size_t>(it->length())});
  }
  return out;
}

// Errors of one mistake: more than one is a cascade.
struct Tally {
  std::size_t mutants = 0, at_most_one = 0;
  std::vector<std::string> cascades;

  void count(const std::string& text, const std::string& what) {
    const Read read = frontend_tests::read(text);
    ++mutants;
    if (read.diagnostics.errors() <= 1) {
      ++at_most_one;
    } else if (cascades.size() < 3000) {
      cascades.push_back(what + "\n" + read.shown());
    }
  }
  double share() const { return static_cast<double>(at_most_one) / static_cast<double>(mutants); }
  std::string some() const {
    std::string out;
    for (std::size_t i = 0; i < cascades.size(); i += cascades.size() / 5 + 1) out += cascades[i] + "\n\n";
    return out;
  }
};

}  // namespace

TEST_CASE("one wrong token is one error", "[frontend]") {
  const std::string text = example();
  const auto pieces = pieces_of(text);
  REQUIRE(pieces.size() > 400);
  std::mt19937 random(20);
  const auto any = [&] {
    const Piece& piece = pieces[random() % pieces.size()];
    return text.substr(piece.begin, piece.end - piece.begin);
  };

  Tally deleted, replaced, inserted;
  for (const Piece& piece : pieces) {
    const std::string before = text.substr(0, piece.begin), after = text.substr(piece.end);
    const std::string token = text.substr(piece.begin, piece.end - piece.begin);
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    deleted.count(before + after, fmt::format("line {}: without {}", line, token));
    for (int i = 0; i < 3; ++i) {
      const std::string other = any();
      replaced.count(before + other + after, fmt::format("line {}: {} instead of {}", line, other, token));
      const std::string more = any();
      inserted.count(before + more + " " + token + after, fmt::format("line {}: {} before {}", line, more, token));
    }
  }
  for (const auto& [name, tally] : {std::pair{"deleted", deleted}, {"replaced", replaced}, {"inserted", inserted}}) {
    if (std::getenv("WEFT_SHOW_CASCADES")) WARN(name << " " << tally.share());
    UNSCOPED_INFO(fmt::format("{}: {} of {} mutants give at most one error\n{}", name, tally.at_most_one, tally.mutants,
                              tally.some()));
  }
  if (std::getenv("WEFT_SHOW_CASCADES")) {
    FAIL_CHECK("as asked");
    for (const auto& tally : {deleted, replaced, inserted})
      for (const std::string& each : tally.cascades) UNSCOPED_INFO(each);
    FAIL_CHECK("as asked");
  }
  CHECK(deleted.share() >= 0.95);
  CHECK(replaced.share() >= 0.95);
  CHECK(inserted.share() >= 0.95);
}

TEST_CASE("no mutilated file is accepted in silence where a bracket or an arrow is gone", "[frontend]") {
  const std::string text = example();
  for (const Piece& piece : pieces_of(text)) {
    const std::string token = text.substr(piece.begin, piece.end - piece.begin);
    if (token != "->" && token != "(" && token != ")" && token != "{" && token != "}" && token != "=") continue;
    const Read read = frontend_tests::read(text.substr(0, piece.begin) + text.substr(piece.end));
    INFO("without " << token << " at " << piece.begin);
    CHECK(read.diagnostics.has_errors());
  }
}

TEST_CASE("text cut off anywhere is no crash", "[frontend]") {
  const std::string text = example();
  for (std::size_t length = 0; length < text.size(); ++length) {
    const Read read = frontend_tests::read(text.substr(0, length));
    CHECK(read.diagnostics.errors() <= 2);
  }
}

TEST_CASE("bytes changed anywhere are no crash, and every span lies in the text", "[frontend]") {
  const std::string text = example();
  std::mt19937 random(7);
  for (int i = 0; i < 3000; ++i) {
    std::string broken = text;
    for (unsigned n = random() % 8 + 1; n > 0; --n) {
      const std::size_t at = random() % broken.size();
      switch (random() % 3) {
        case 0:
          broken[at] = static_cast<char>(random() % 127 + 1);
          break;
        case 1:
          broken.erase(at, random() % 20);
          break;
        default:
          broken.insert(at, broken.substr(random() % broken.size(), random() % 30));
          break;
      }
    }
    const Read read = frontend_tests::read(broken);
    for (const Diagnostic& diagnostic : read.diagnostics.all()) {
      REQUIRE(diagnostic.span.has_value());
      REQUIRE(diagnostic.span->begin <= diagnostic.span->end);
      REQUIRE(diagnostic.span->end <= broken.size());
      for (const Label& label : diagnostic.labels) REQUIRE(label.span.end <= broken.size());
    }
    if (!read.diagnostics.has_errors()) {
      for (const model::Rule& rule : read.policy.rules) {
        REQUIRE(static_cast<std::size_t>(rule.tier) < read.policy.tiers.size());
        REQUIRE(static_cast<std::size_t>(rule.block) < read.policy.blocks.size());
      }
    }
  }
}

TEST_CASE("garbage of ten megabytes is refused at once", "[frontend]") {
  constexpr std::size_t size = 10'000'000;
  const auto repeated = [](const std::string& piece) {
    std::string out;
    while (out.size() < size) out += piece;
    return out;
  };
  std::mt19937 random(3);
  std::string noise;
  while (noise.size() < size) noise += static_cast<char>(random() % 127 + 1);
  std::string binary;
  while (binary.size() < size) binary += static_cast<char>(random() % 256);
  std::string words;
  const std::vector<std::string> vocabulary{"allow", "policy", "{",  "}", "(",     ")", "->", ":", "tcp", "/", "80",
                                            "\"x\"", "==",     "&&", "!", "group", "=", "in", "a", "\n",  ",", "."};
  while (words.size() < size) words += vocabulary[random() % vocabulary.size()] + " ";

  const std::vector<std::string> texts{
      noise,
      binary,
      words,
      repeated("("),
      "group a = " + repeated("("),
      "policy p { allow " + repeated("!"),
      repeated("{"),
      repeated("}"),
      repeated("\""),
      repeated("`"),
      repeated("/*"),
      repeated("foo "),
      repeated("я"),
      repeated("$\n"),
      repeated("policy p {"),
      repeated("test \"x\" {"),
      repeated("template t(a: group) {"),
      repeated("use t(a = ("),
      "test \"x\" { " + repeated("{a: "),
      "test \"x\" { " + repeated("a -> b : tcp is allow "),
      "policy p { allow a -> b : tcp" + repeated(" requires http(a = \"b\")"),
      "policy p { allow a -> b : tcp when " + repeated("source.a == destination.a && "),
      "use t(a = " + repeated("x, "),
      repeated("@a ")};
  for (std::size_t i = 0; i < texts.size(); ++i) {
    Read read;
    const double took = test::processor_seconds([&] { read = frontend_tests::read(texts[i]); });
    INFO("text " << i << " took " << took << " s\n" << read.shown());
    CHECK(read.diagnostics.has_errors());
    CHECK(read.diagnostics.all().size() <= frontend::Limits::errors + 1);
    CHECK(took < 30.0);  // a guard against quadratic work, not a figure
  }
}

TEST_CASE("nesting stops at the limit and not in the stack", "[frontend]") {
  const auto nested = [](std::size_t depth) {
    return "label app : string\npolicy p { allow " + std::string(depth, '(') + "app == \"x\"" +
           std::string(depth, ')') + " -> any : tcp }";
  };
  CHECK(frontend_tests::read(nested(frontend::Limits::nesting)).codes().empty());
  CHECK(frontend_tests::read(nested(frontend::Limits::nesting + 1)).codes() == "W1010");
  CHECK(frontend_tests::read(nested(100'000)).codes() == "W1010");
  const auto opened = [](const std::string& before, const std::string& behind) {
    return frontend_tests::parse(before + std::string(5'000, '(') + "a" + std::string(5'000, ')') + behind).codes();
  };
  CHECK(opened("test \"t\" { ", " -> any : tcp is deny }") == "W1010");
  CHECK(opened("use t(a = ", ")") == "W1010");
  CHECK(opened("template t(a: group = ", ") { }") == "W1010");
  CHECK(opened("policy p for ", " { allow any -> any : any }") == "W1010");
  CHECK(opened("policy p { @a", " allow any -> any : any }") == "W1010");

  // Definitions that lean on one another: short chains are fine in any order, long ones are too deep, none overflows.
  const auto chain = [](std::size_t length) {
    std::string out = "label app : string\npolicy p { allow g0 -> any : s0 deny world n0 -> any : any }\n";
    for (std::size_t i = 0; i < length; ++i) {
      out += fmt::format("group g{} = g{}\nservice s{} = s{}\nnetwork n{} = n{}\n", i, i + 1, i, i + 1, i, i + 1);
    }
    return out + fmt::format("group g{} = app == \"x\"\nservice s{} = tcp/1\nnetwork n{} = 10.0.0.0/8\n", length,
                             length, length);
  };
  CHECK(frontend_tests::read(chain(150)).codes().empty());
  CHECK(frontend_tests::read(chain(20'000)).codes() == "W1010 W1010 W1010");
}

TEST_CASE("long lists and long files are read in good time", "[frontend]") {
  std::string networks = "network n = ";
  for (unsigned i = 0; i < 20'000; ++i) networks += fmt::format("10.{}.{}.0/25,\n", i / 256, i % 256);
  networks += "192.0.2.0/24\nnetwork m = 0.0.0.0/0 \\ n\npolicy p { allow n -> world m : any }";
  Read read;
  const double took = test::processor_seconds([&] { read = frontend_tests::read(networks); });
  INFO(took << " s");
  CHECK(read.codes().empty());
  CHECK(took < 20.0);

  std::string disjunction = "label app : string\ngroup g = none";
  for (unsigned i = 0; i < 50'000; ++i) disjunction += fmt::format(" || app == \"a{}\"", i);
  disjunction += "\npolicy p { allow g -> any : any }";
  CHECK(frontend_tests::read(disjunction).codes().empty());

  std::string rules = "label app : string\npolicy p {\n";
  for (unsigned i = 0; i < 20'000; ++i) rules += fmt::format("allow app == \"a{}\" -> app == \"b{}\" : tcp/80\n", i, i);
  read = frontend_tests::read(rules + "}");
  CHECK(read.codes().empty());
  CHECK(read.policy.rules.size() == 20'000);
}
