#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "runtime/waiting.h"
#include "tests/unit/runtime/world.h"

using namespace weft;
using namespace weft::runtime;
using namespace weft::runtime::test;

namespace {

using Lines = std::vector<std::string>;

Lines hooks_of(std::initializer_list<unsigned> workloads, Hook hook = Hook::Clsact) {
  Lines out;
  for (const unsigned i : workloads) {
    if (hook == Hook::Tcx) {
      out.push_back(fmt::format("weft{} tcx egress weft_to_workloa", i));
      out.push_back(fmt::format("weft{} tcx ingress weft_from_workl", i));
      continue;
    }
    out.push_back(fmt::format("weft{} clsact", i));
    out.push_back(fmt::format("weft{} egress 1 0x77656674 weft_to_workloa", i));
    out.push_back(fmt::format("weft{} ingress 1 0x77656674 weft_from_workl", i));
  }
  return out;
}

std::uint64_t hits(const std::vector<Hits>& all, std::uint32_t number) {
  for (const Hits& each : all) {
    if (each.entry.number == number) return each.packets;
  }
  return 0;
}

}  // namespace

TEST_CASE("packets pass and stop as the tables say, from load to unload", "[runtime][kernel]") {
  if (skipped()) return;
  const Hook hook = hook_under_test();
  const World world(2, hook);
  REQUIRE(world.connects_out(1, 80));
  REQUIRE(world.connects_out(1, 81));

  const auto loaded = load(gate_bundle(2, 80), world.options());
  if (!loaded) FAIL(loaded.error().message);
  CHECK(loaded->attached.size() == 2);
  CHECK_FALSE(loaded->replaced);
  CHECK(loaded->warnings.empty());
  CHECK(loaded->bundle == bundle::identity(gate_bundle(2, 80)));
  CHECK(loaded->global_bytes == 65540);
  CHECK(loaded->attached[0].from_workload.name == "weft_from_workl");
  CHECK(loaded->attached[0].from_workload.instructions > 10);
  CHECK(world.hooks() == hooks_of({1, 2}, hook));
  CHECK(world.files().size() == 1);

  for (const unsigned workload : {1u, 2u}) {
    CHECK(world.connects_out(workload, 80));
    CHECK(world.connects_in(workload, 80));
    CHECK_FALSE(world.connects_out(workload, 81));
    CHECK_FALSE(world.connects_in(workload, 81));
  }

  const auto status = world.status();
  REQUIRE(status.has_value());
  CHECK(status->loaded);
  CHECK(status->bundle == loaded->bundle);
  CHECK(status->profile == "strict");
  CHECK(status->loaded_at.size() == 20);
  CHECK(status->differences == Lines{});
  CHECK(status->recovered == Lines{});
  REQUIRE(status->attached.size() == 2);
  CHECK(status->attached[1].workload == "shop/w2");
  CHECK(status->attached[1].interface == "weft2");
  CHECK(status->attached[1].from_workload == loaded->attached[1].from_workload);
  CHECK(hits(status->egress, 8) >= 4);
  CHECK(hits(status->ingress, 8) >= 4);
  CHECK(hits(status->egress, 11) >= 2);
  CHECK(hits(status->ingress, 11) >= 2);
  CHECK(hits(status->egress, 1) == 0);
  CHECK(hits(status->ingress, 1) == 0);
  CHECK(status->egress.front().entry.by == "malformed");

  const auto unloaded = world.unload();
  REQUIRE(unloaded.has_value());
  CHECK(unloaded->interfaces == Lines{"weft1", "weft2"});
  CHECK(unloaded->filters == 4);
  CHECK(unloaded->qdiscs == (hook == Hook::Clsact ? 2 : 0));
  CHECK(world.hooks() == Lines{});
  CHECK(world.files() == Lines{});
  CHECK(world.connects_out(1, 81));
  CHECK(programs_become(0));

  const auto again = world.unload();
  REQUIRE(again.has_value());
  CHECK(again->filters == 0);
  CHECK_FALSE(world.status()->loaded);
  CHECK(world.files() == Lines{});
}

TEST_CASE("an address that is not the endpoint's is nobody's", "[runtime][kernel]") {
  if (skipped()) return;
  const World world(1);
  bundle::Bundle bundle = gate_bundle(1, 80);
  bundle.manifest.endpoints[0].addresses[0].address = "10.0.1.3";
  REQUIRE(load(bundle, world.options()).has_value());
  CHECK_FALSE(world.connects_out(1, 80));
  CHECK(hits(world.status()->egress, 1) >= 1);
}

TEST_CASE("hash and LPM maps are filled, and grow to what the bundle holds", "[runtime][kernel]") {
  if (skipped()) return;
  const World world(3);
  bundle::Bundle bundle = gate_bundle(3, 9);
  bundle.images.push_back({"weft_exact4",
                           bundle::MapImage::Kind::Hash,
                           0,
                           {},
                           {{{10, 0, 9, 1}, {1, 0, 0, 0}}, {{10, 0, 1, 1}, {9, 0, 0, 0}}}});
  bundle.images.push_back({"weft_prefixes4",
                           bundle::MapImage::Kind::Lpm,
                           0,
                           {},
                           {{{16, 0, 0, 0, 10, 9, 0, 0}, {1, 0, 0, 0}}, {{24, 0, 0, 0, 10, 0, 2, 0}, {10, 0, 0, 0}}}});
  // The program itself has room for four.
  for (std::uint8_t i = 1; i <= 8; ++i) bundle.images[2].entries.push_back({{10, 0, 8, i}, {1, 0, 0, 0}});
  const auto loaded = load(bundle, world.options());
  if (!loaded) FAIL(loaded.error().message);
  CHECK(loaded->map_entries == 12);
  CHECK(world.connects_out(1, 80));
  CHECK(world.connects_out(2, 80));
  CHECK_FALSE(world.connects_out(3, 80));
  CHECK(hits(world.status()->egress, 9) >= 1);
  CHECK(hits(world.status()->egress, 10) >= 1);
}

TEST_CASE("a second load replaces the first, and leaves the interfaces it does not serve", "[runtime][kernel]") {
  if (skipped()) return;
  const Hook hook = hook_under_test();
  const World world(3, hook);
  REQUIRE(load(gate_bundle(2, 80), world.options()).has_value());
  bundle::Bundle next = gate_bundle(3, 81);
  next.manifest.endpoints.erase(next.manifest.endpoints.begin());
  const auto loaded = load(next, world.options());
  if (!loaded) FAIL(loaded.error().message);
  CHECK(loaded->replaced);
  CHECK(loaded->detached == Lines{"weft1"});
  CHECK(world.hooks() == hooks_of({2, 3}, hook));
  CHECK(world.connects_out(1, 80));
  CHECK(world.connects_out(1, 81));
  for (const unsigned workload : {2u, 3u}) {
    CHECK_FALSE(world.connects_out(workload, 80));
    CHECK(world.connects_out(workload, 81));
  }
  CHECK(world.status()->differences == Lines{});
  CHECK(programs_become(2));
  const auto unloaded = world.unload();
  CHECK(unloaded->qdiscs == (hook == Hook::Clsact ? 2 : 0));
  CHECK(world.hooks() == Lines{});
  CHECK(programs_become(0));
}

TEST_CASE("no connection ever passes a gate while bundles replace each other", "[runtime][kernel]") {
  if (skipped()) return;
  const Hook hook = hook_under_test();
  const World world(1, hook);
  // Port 81 is closed in both, so any success would be a moment without a gate.
  REQUIRE(load(gate_bundle(1, 80), world.options()).has_value());
  const std::uint64_t before = hits(world.status()->egress, 8);
  CHECK(before == 0);
  for (int i = 0; i < 20; ++i) {
    REQUIRE(load(gate_bundle(1, i % 2 == 0 ? 82 : 80), world.options()).has_value());
    REQUIRE(world.hooks() == hooks_of({1}, hook));
  }
  CHECK_FALSE(world.connects_out(1, 81));
  CHECK(world.connects_out(1, 80));
  CHECK(programs_become(2));
}

TEST_CASE("options choose endpoints and interfaces", "[runtime][kernel]") {
  if (skipped()) return;
  const World world(3);
  const bundle::Bundle bundle = gate_bundle(2, 80);
  LoadOptions options = world.options();
  const auto refused = [&](const std::string& code, const std::string& says) {
    const auto loaded = load(bundle, options);
    REQUIRE_FALSE(loaded.has_value());
    CHECK(loaded.error().code == code);
    CHECK_THAT(loaded.error().message + loaded.error().help, Catch::Contains(says));
    CHECK(world.hooks() == Lines{});
    CHECK(world.files() == Lines{});
  };

  SECTION("only one") {
    options.only = {"shop/w2"};
    REQUIRE(load(bundle, options).has_value());
    CHECK(world.hooks() == hooks_of({2}));
  }
  SECTION("another interface") {
    options.interfaces = {{"shop/w2", "weft3"}};
    REQUIRE(load(bundle, options).has_value());
    CHECK(world.hooks() == hooks_of({1, 3}));
  }
  SECTION("a workload that is not there") {
    options.only = {"shop/w3"};
    refused("W6005", "did you mean");
    options.only = {};
    options.interfaces = {{"nothing/like", "weft3"}};
    refused("W6005", "no endpoint `nothing/like`");
  }
  SECTION("a missing interface is an error that names it") {
    options.interfaces = {{"shop/w2", "weft9"}};
    refused("W6004", "shop/w2: interface `weft9` does not exist");
    options.interfaces = {{"shop/w2", "a-name-longer-than-interfaces-have"}};
    refused("W6004", "does not exist");
  }
  SECTION("a missing interface can be skipped, all of them cannot") {
    options.interfaces = {{"shop/w2", "weft9"}};
    options.skip_missing = true;
    const auto loaded = load(bundle, options);
    REQUIRE(loaded.has_value());
    CHECK(loaded->skipped == Lines{"shop/w2: interface `weft9` does not exist"});
    CHECK(world.hooks() == hooks_of({1}));
    REQUIRE(world.unload().has_value());
    options.only = {"shop/w2"};
    refused("W6005", "none of them exists");
  }
  SECTION("two workloads at one interface") {
    options.interfaces = {{"shop/w2", "weft1"}};
    refused("W6013", "both want interface `weft1`");
  }
  SECTION("interface numbers that share a slot") {
    run("ip link add slot1 index 65537 type veth peer name other1");
    run("ip link add slot2 index 131073 type veth peer name other2");
    options.interfaces = {{"shop/w1", "slot1"}, {"shop/w2", "slot2"}};
    refused("W6013", "share a slot");
  }
}

TEST_CASE("what is not in order is shown, and load and unload set it right", "[runtime][kernel]") {
  if (skipped()) return;
  const World world(2);
  REQUIRE(load(gate_bundle(2, 80), world.options()).has_value());
  const auto difference = [&](const std::string& says) {
    const auto status = world.status();
    REQUIRE(status.has_value());
    REQUIRE(status->differences.size() >= 1);
    CHECK_THAT(status->differences.front(), Catch::Contains(says));
  };

  SECTION("a filter was removed") {
    run("tc filter del dev weft1 ingress");
    difference("shop/w1 on `weft1`: the egress gate is gone");
    REQUIRE(load(gate_bundle(2, 80), world.options()).has_value());
    CHECK(world.status()->differences == Lines{});
  }
  SECTION("the qdisc was removed") {
    run("tc qdisc del dev weft1 clsact");
    difference("gate is gone");
    CHECK(world.unload()->filters == 2);
  }
  SECTION("the gates do not judge") {
    const auto flag = waiting_flag_of(world.status()->attached[0].from_workload.id);
    REQUIRE(flag.has_value());
    REQUIRE(set_waiting(flag->get(), true).has_value());
    CHECK(world.connects_out(1, 81));
    difference("the gates are not in force: nothing is denied");
    REQUIRE(load(gate_bundle(2, 81), world.options()).has_value());
    CHECK(world.status()->differences == Lines{});
    CHECK_FALSE(world.connects_out(1, 80));
  }
  SECTION("an interface is gone") {
    run("ip link del weft2");
    difference("shop/w2 on `weft2`: the interface is gone");
    CHECK(world.unload()->filters == 2);
  }
  SECTION("an interface has a new name") {
    run("ip link set weft2 down && ip link set weft2 name new2");
    difference("the interface is now called `new2`");
    CHECK(world.unload()->filters == 4);
  }
  SECTION("somebody else's filter comes first") {
    run("tc filter del dev weft1 ingress");
    REQUIRE(run("tc filter add dev weft1 ingress protocol ip prio 1 u32 match u32 0 0 flowid 1:1") == "");
    difference("gate is gone");
    const auto loaded = load(gate_bundle(2, 81), world.options());
    REQUIRE_FALSE(loaded.has_value());
    CHECK(loaded.error().code == "W6007");
    CHECK_THAT(loaded.error().help, Catch::Contains("tc filter show dev weft1 ingress"));
    CHECK(world.connects_out(2, 80));  // the old bundle is still on the other interface
  }
  SECTION("the record is lost") {
    std::filesystem::remove_all(world.state());
    difference("no record knows");
    CHECK(world.status()->attached.size() == 2);
    CHECK(hits(world.status()->egress, 8) == 0);
    const auto unloaded = world.unload();
    CHECK(unloaded->filters == 4);
    CHECK(unloaded->qdiscs == 0);
    CHECK(unloaded->warnings.size() == 2);
    CHECK(world.hooks() == Lines{"weft1 clsact", "weft2 clsact"});
  }
  SECTION("the record is damaged") {
    std::ofstream(world.state() / world.files().front()) << "{";
    difference("cannot use the state file");
    CHECK(world.unload()->filters == 4);
    CHECK(world.files() == Lines{});
  }
  CHECK(world.unload().has_value());
  CHECK(programs_become(0));
}

TEST_CASE("filters and qdiscs of others stay", "[runtime][kernel]") {
  if (skipped()) return;
  const World world(2);
  REQUIRE(run("tc qdisc add dev weft1 clsact") == "");
  REQUIRE(load(gate_bundle(2, 80), world.options()).has_value());
  REQUIRE(run("tc filter add dev weft2 egress protocol ip prio 7 u32 match u32 0 0 flowid 1:1") == "");
  const auto unloaded = world.unload();
  REQUIRE(unloaded.has_value());
  CHECK(unloaded->filters == 4);
  CHECK(unloaded->qdiscs == 0);
  CHECK(unloaded->warnings.size() == 1);
  CHECK_THAT(run("tc filter show dev weft2 egress"), Catch::Contains("u32"));
  CHECK_THAT(run("tc qdisc show dev weft1"), Catch::Contains("clsact"));
}
