#include <catch2/catch.hpp>
#include <regex>
#include <set>

#include "runtime/global_symbols.h"
#include "runtime/runtime.h"
#include "tests/unit/runtime/world.h"

using namespace weft;
using namespace weft::runtime;
using namespace weft::runtime::test;

TEST_CASE("doctor names every need once, and a remedy for what is not there", "[runtime]") {
  std::set<std::string> names;
  for (const Check& check : doctor()) {
    CHECK(names.insert(check.name).second);
    CHECK_FALSE(check.found.empty());
    CHECK(check.help.empty() == (check.state == Check::State::Ok));
  }
  CHECK(names.size() == 22);
}

TEST_CASE("doctor changes nothing", "[runtime][kernel]") {
  if (skipped()) return;
  const World world(1);
  // Whether a new pair has its carrier yet is the kernel's affair.
  const auto network = [] {
    return std::regex_replace(run("ip link; tc qdisc"), std::regex("NO-CARRIER,| state [A-Z]+"), "");
  };
  const std::string before = network();
  for (const Check& check : doctor()) CHECK(check.state != Check::State::Unknown);
  CHECK(network() == before);
  CHECK(run("tc qdisc show dev lo").find("clsact") == std::string::npos);
}

TEST_CASE("global symbols of the test program", "[runtime]") {
  const bundle::Bundle bundle = gate_bundle(1, 80);
  const auto symbols = global_symbols(bundle.object);
  REQUIRE(symbols.has_value());
  CHECK(symbols->at("test_ports") == GlobalSymbol{".data.tables", 0, 65536});
  CHECK(symbols->at("test_in_bss") == GlobalSymbol{".bss", 0, 4});
  CHECK(symbols->at("weft_endpoint_slots").size == 131072);
  CHECK_FALSE(symbols->contains("weft_counters_egress"));
  CHECK_FALSE(symbols->contains("weft_from_workload"));
}

TEST_CASE("an object that is cut or garbled has symbols or is refused, and nothing else", "[runtime]") {
  bundle::Bytes object = gate_bundle(1, 80).object;
  for (std::size_t size = 0; size < object.size(); size += size < 200 ? 1 : 101) {
    const auto symbols = global_symbols(std::span(object).first(size));
    REQUIRE_FALSE(symbols.has_value());
    CHECK(symbols.error().code == "W6006");
  }
  std::uint32_t random = 1;
  for (int round = 0; round < 2000; ++round) {
    bundle::Bytes bad = object;
    for (int i = 0; i < 8; ++i) {
      random = random * 1664525 + 1013904223;
      // Headers lie at both ends; the middle is tables.
      const std::size_t at = (random >> 8) % 3000;
      bad[i % 2 == 0 ? at % 64 : bad.size() - 1 - at] = static_cast<std::uint8_t>(random);
    }
    const auto symbols = global_symbols(bad);
    if (!symbols) CHECK(symbols.error().code == "W6006");
  }
}
