#include <fmt/format.h>
#include <catch2/catch.hpp>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <random>

#include "support.h"
#include "tests/support/processor_time.h"

namespace weft::inventory::test {
namespace {

const std::vector<std::string>& seeds() {
  static const std::vector<std::string> out = [] {
    std::vector<std::string> texts;
    for (const char* name :
         {"wrong_type.yaml", "bad_port.yaml", "not_text_label.yaml", "stated_twice.yaml", "shared_address.yaml",
          "too_many_aliases.yaml", "not_text_label.json", "duplicate_key_kubernetes.json", "host_has_no_own.yaml"}) {
      texts.push_back(read_file(std::string(WEFT_SOURCE_DIR "/tests/cases/inventory/") + name));
    }
    texts.push_back(
        R"({"kind": "List", "items": [{"kind": "Pod", "apiVersion": "v1", "metadata": {"name": "a", "labels":
      {"app": "\u00fc\ud83d\ude00\n"}, "ownerReferences": [{"kind": "X", "name": "y", "controller": true}]}, "spec": {"nodeName": "n1",
      "hostNetwork": false, "containers": [{"ports": [{"name": "http", "containerPort": 80, "protocol": "TCP"}]}]},
      "status": {"podIPs": [{"ip": "10.0.0.1"}], "hostIP": "172.16.0.1"}}]})");
    texts.push_back(
        "a: &a {b: |\n    text\n  , c: >-\n    folded}\nworkloads: [{<<: *a, name: \"\\u00fc\", labels: {? x : "
        "y}}]\n...\n---\n- !!str 1\n");
    return texts;
  }();
  return out;
}

TEST_CASE("no change of a valid text makes the reader fall over", "[inventory]") {
  static constexpr std::string_view pieces[] = {"{",
                                                "}",
                                                "[",
                                                "]",
                                                ":",
                                                ",",
                                                "\"",
                                                "'",
                                                "\n",
                                                "  ",
                                                "- ",
                                                "&a ",
                                                "*a",
                                                "!",
                                                "|",
                                                ">",
                                                "%",
                                                "@",
                                                "#",
                                                "?",
                                                "\\",
                                                "<<: *a",
                                                "---\n",
                                                "\t",
                                                "\xC3",
                                                "\xC3\xBC",
                                                "~",
                                                "null",
                                                "1e3",
                                                "\\ud800",
                                                "\xEF\xBB\xBF",
                                                "\xE2\x80\xA8",
                                                "\r",
                                                "kind: Pod\n",
                                                "name"};
  const char* wanted = std::getenv("WEFT_FUZZ_SEED");
  const auto seed = wanted ? static_cast<unsigned>(std::strtoul(wanted, nullptr, 10)) : 20U;
  std::mt19937 random(seed);
  const auto below = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random); };
  for (int round = 0; round < 6000; ++round) {
    std::string text = seeds()[below(seeds().size())];
    for (std::size_t edits = 1 + below(6); edits > 0 && !text.empty(); --edits) {
      const std::size_t at = below(text.size());
      switch (below(5)) {
        case 0:
          text.erase(at, 1 + below(8));
          break;
        case 1:
          text.insert(at, pieces[below(std::size(pieces))]);
          break;
        case 2:
          text[at] = static_cast<char>(below(256));
          break;
        case 3:
          text.resize(at);
          break;
        case 4:
          text.insert(below(text.size()), text.substr(at, 1 + below(60)));
          break;
      }
    }
    INFO(fmt::format("seed {} round {}\n{}", seed, round, text));
    const Reading reading = read_text(text);
    for (const Diagnostic& diagnostic : reading.diagnostics.all()) {
      REQUIRE(diagnostic.span);
      REQUIRE(diagnostic.span->begin <= diagnostic.span->end);
      REQUIRE(diagnostic.span->end <= text.size());
      for (const Label& label : diagnostic.labels) REQUIRE(label.span.end <= text.size());
    }
  }
}

// Bad input is answered at once, whatever its size.
void check_fast(std::string what, std::string text) {
  INFO(what);
  Reading reading;
  const double taken = weft::test::processor_seconds([&] { reading = read_text(std::move(text)); });
  if (std::getenv("WEFT_SHOW_TIMES")) std::cout << fmt::format("{:24} {:.2f} s\n", what, taken);
  CHECK(reading.diagnostics.has_errors());
  CHECK(reading.diagnostics.all().size() <= 202);
  CHECK(taken < 60);  // a guard against quadratic work, not a figure
}

std::string times(std::string_view piece, std::size_t bytes) {
  std::string out;
  while (out.size() < bytes) out += piece;
  return out;
}

TEST_CASE("10 MB of anything is answered soon and briefly", "[inventory]") {
  constexpr std::size_t size = 10'000'000;
  std::mt19937 random(1);
  std::string noise;
  for (std::size_t i = 0; i < size; ++i) noise += static_cast<char>(random() & 0xFF);
  check_fast("noise", noise);
  for (char& c : noise) c = static_cast<char>(0x20 + (static_cast<unsigned char>(c) % 0x5F));
  check_fast("printable noise", noise);
  check_fast("brackets", times("[", size));
  check_fast("braces", times("{", size));
  check_fast("objects", times("{\"a\":", size));
  check_fast("list dashes", times("- ", size));
  check_fast("map questions", times("? ", size));
  check_fast("letters", times("a", size));
  check_fast("lines", times("abc\n", size));
  check_fast("entries", times("a: b\n", size));
  check_fast("bad workloads", "workloads:\n" + times("  - {nam: a, labels: {x: 1}}\n", size));
  check_fast("nameless workloads", "{\"workloads\": [" + times("{},", size) + "{}]}");
  check_fast("twins", "workloads:\n" + times("  - {name: a, node: x}\n", size));
  check_fast("quotes", times("\"", size));
  check_fast("anchors", times("&a ", size));
  check_fast("documents", times("--- a\n", size));
  check_fast("spaces", times(" ", size));
  check_fast("comments", times("# a\n", size));
}

TEST_CASE("repeated merges do not blow up", "[inventory]") {
  std::string text = "nodes:\n  - {name: base, labels: &a {";
  for (int i = 0; i < 5000; ++i) text += fmt::format("k{}: v, ", i);
  text += "}}\n";
  for (int i = 0; i < 5000; ++i) text += fmt::format("  - {{name: n{}, labels: {{<<: *a}}}}\n", i);
  const Reading reading = read_text(text);
  CHECK(reading.codes() == std::vector<std::string>{"W2007"});
}

}  // namespace
}  // namespace weft::inventory::test
