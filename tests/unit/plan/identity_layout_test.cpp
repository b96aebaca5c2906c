#include "plan/identity_layout.h"

#include <catch2/catch.hpp>

using namespace weft;
using plan::ClassId;
using plan::Identity;
using plan::IdentityLayout;

namespace {

Identity of_class(std::uint16_t number) { return {ClassId{number}, 0}; }
model::Address address(std::string_view text) { return model::parse_address(text).value(); }

std::vector<IdentityLayout::Exact> hosts(std::uint32_t first, std::uint32_t step, std::uint32_t count) {
  std::vector<IdentityLayout::Exact> out;
  for (std::uint32_t i = 0; i < count; ++i) out.push_back({model::v4_address(first + i * step), of_class(5)});
  return out;
}

std::vector<plan::IdentityRange> plain_world(model::Family family) {
  return {{{model::lowest(family), model::highest(family)}, of_class(1)}};
}

}  // namespace

TEST_CASE("the layout follows how hosts lie", "[plan]") {
  const auto world = plain_world(model::Family::V4);
  SECTION("packed hosts: one table") {
    const IdentityLayout layout = choose_layout(model::Family::V4, hosts(0x0A000000, 1, 1000), world);
    REQUIRE(layout.direct.size() == 1);
    CHECK(layout.direct[0].identities.size() == 1024);
    CHECK(layout.exact.empty());
  }
  SECTION("two clusters: two tables, not one over the gap") {
    auto both = hosts(0x0A000000, 1, 200);
    for (const auto& host : hosts(0xAC100000, 1, 200)) both.push_back(host);
    CHECK(choose_layout(model::Family::V4, both, world).direct.size() == 2);
  }
  SECTION("more clusters than tables: the smallest go to the exact table") {
    std::vector<IdentityLayout::Exact> many;
    for (std::uint32_t cluster = 1; cluster <= 6; ++cluster) {
      for (const auto& host : hosts(cluster << 24, 1, 10 * cluster)) many.push_back(host);
    }
    const IdentityLayout layout = choose_layout(model::Family::V4, many, world);
    CHECK(layout.direct.size() == 4);
    CHECK(layout.exact.size() == 10 + 20);
  }
  SECTION("a few neighbours more: the same table") {
    const IdentityLayout few = choose_layout(model::Family::V4, hosts(0x0A000001, 1, 3), world);
    const IdentityLayout more = choose_layout(model::Family::V4, hosts(0x0A000001, 1, 200), world);
    REQUIRE((few.direct.size() == 1 && more.direct.size() == 1));
    CHECK(few.direct[0].first == more.direct[0].first);
    CHECK(few.direct[0].identities.size() == more.direct[0].identities.size());
  }
  SECTION("scattered hosts: none has a table to itself, unless they are few") {
    CHECK(choose_layout(model::Family::V4, hosts(0x0A000000, 1021, 64), world).direct.size() == 4);
    const IdentityLayout layout = choose_layout(model::Family::V4, hosts(0x0A000000, 1021, 128), world);
    CHECK(layout.direct.empty());
    CHECK(layout.exact.size() == 128);
  }
  SECTION("no host at all") {
    const IdentityLayout layout = choose_layout(model::Family::V4, {}, world);
    CHECK(layout.direct.empty());
    CHECK(layout.exact.empty());
    CHECK(identify(layout, address("8.8.8.8")) == of_class(1));
  }
  SECTION("the highest and lowest addresses") {
    const IdentityLayout layout = choose_layout(
        model::Family::V4, {{address("0.0.0.0"), of_class(7)}, {address("255.255.255.255"), of_class(8)}}, world);
    CHECK(identify(layout, address("0.0.0.0")) == of_class(7));
    CHECK(identify(layout, address("255.255.255.255")) == of_class(8));
    CHECK(identify(layout, address("255.255.255.254")) == of_class(1));
  }
}

TEST_CASE("a table answers for the networks it spans", "[plan]") {
  const std::vector<plan::IdentityRange> world{
      {{address("0.0.0.0"), address("10.0.0.127")}, of_class(1)},
      {{address("10.0.0.128"), address("10.0.0.255")}, of_class(2)},
      {{address("10.0.1.0"), address("255.255.255.255")}, of_class(1)},
  };
  std::vector<IdentityLayout::Exact> around = hosts(0x0A000040, 32, 6);  // 10.0.0.64, .96, .128, … .224
  const IdentityLayout layout = choose_layout(model::Family::V4, around, world);
  REQUIRE(layout.direct.size() == 1);
  CHECK(identify(layout, address("10.0.0.65")) == of_class(1));
  CHECK(identify(layout, address("10.0.0.129")) == of_class(2));
  CHECK(identify(layout, address("10.0.0.128")) == of_class(5));
  CHECK(identify(layout, address("10.0.1.1")) == of_class(1));
  REQUIRE(layout.prefixes.size() == 1);
  CHECK(to_string(layout.prefixes[0].prefix) == "10.0.0.128/25");
}

namespace {

const std::vector<plan::IdentityRange>& world_with_a_network() {
  static const std::vector<plan::IdentityRange> out{
      {{address("::"), address("fcff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")}, of_class(1)},
      {{address("fd00::"), address("fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")}, of_class(2)},
      {{address("fe00::"), model::highest(model::Family::V6)}, of_class(1)},
  };
  return out;
}

// `count` hosts of a network /64, with `step` addresses from one to the next.
std::vector<IdentityLayout::Exact> hosts6(std::string_view first, std::uint64_t step, std::uint32_t count) {
  std::vector<IdentityLayout::Exact> out;
  for (std::uint32_t i = 0; i < count; ++i) {
    model::Address host = address(first);
    for (std::size_t byte = 0; byte < 8; ++byte)
      host.bytes[15 - byte] |= static_cast<std::uint8_t>(i * step >> 8 * byte);
    out.push_back({host, of_class(9)});
  }
  return out;
}

IdentityLayout layout6(const std::vector<IdentityLayout::Exact>& hosts) {
  return choose_layout(model::Family::V6, hosts, world_with_a_network());
}

}  // namespace

TEST_CASE("IPv6 hosts near each other have a table, networks a prefix", "[plan]") {
  const IdentityLayout layout = layout6(hosts6("fd00::100", 1, 200));
  REQUIRE(layout.direct.size() == 1);
  CHECK(layout.direct[0].first == address("fd00::100"));
  CHECK(layout.direct[0].identities.size() == 256);
  CHECK(layout.exact.empty());
  CHECK(identify(layout, address("fd00::100")) == of_class(9));
  CHECK(identify(layout, address("fd00::1c7")) == of_class(9));
  CHECK(identify(layout, address("fd00::1c8")) == of_class(2));  // in the table, nobody's
  CHECK(identify(layout, address("fd00::ff")) == of_class(2));
  CHECK(identify(layout, address("fd00:0:0:1::100")) == of_class(2));  // another network
  CHECK(identify(layout, address("fd00::1:0:0:0:100")) == of_class(2));
  CHECK(identify(layout, address("2001:db8::1")) == of_class(1));
}

TEST_CASE("IPv6 hosts far from each other are found exactly", "[plan]") {
  const IdentityLayout layout = layout6(hosts6("fd00::", 0x1234'5678'9abcULL, 64));
  CHECK(layout.direct.empty());
  CHECK(layout.exact.size() == 64);
  CHECK(identify(layout, address("fd00::")) == of_class(9));
  CHECK(identify(layout, address("fd00::1234:5678:9abc")) == of_class(9));
  CHECK(identify(layout, address("fd00::1234:5678:9abd")) == of_class(2));
}

TEST_CASE("an IPv6 table never spans networks, and is there for an eighth of the hosts at least", "[plan]") {
  std::vector<IdentityLayout::Exact> many = hosts6("fd00::", 1, 100);
  for (const char* network : {"fd00:0:0:1::", "fd00:0:0:2::"}) {
    for (const auto& host : hosts6(network, 1, 100)) many.push_back(host);
  }
  for (const auto& host : hosts6("fd00:0:0:3::", 1, 10)) many.push_back(host);
  const IdentityLayout layout = layout6(many);
  CHECK(layout.direct.size() == 3);
  CHECK(layout.exact.size() == 10);
  for (const auto& host : many) CHECK(identify(layout, host.address) == of_class(9));
}

TEST_CASE("the highest and lowest addresses of IPv6", "[plan]") {
  const model::Address lowest = model::lowest(model::Family::V6), highest = model::highest(model::Family::V6);
  const IdentityLayout layout = layout6({{lowest, of_class(7)}, {address("::1"), of_class(7)}, {highest, of_class(8)}});
  CHECK(identify(layout, lowest) == of_class(7));
  CHECK(identify(layout, address("::2")) == of_class(1));
  CHECK(identify(layout, highest) == of_class(8));
  CHECK(identify(layout, address("ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe")) == of_class(1));
  // Both ends of one network: nothing in between has a table.
  const IdentityLayout wide =
      layout6({{address("fd00::"), of_class(7)}, {address("fd00::ffff:ffff:ffff:ffff"), of_class(8)}});
  CHECK(identify(wide, address("fd00::")) == of_class(7));
  CHECK(identify(wide, address("fd00::ffff:ffff:ffff:ffff")) == of_class(8));
  CHECK(identify(wide, address("fd00::8000:0:0:0")) == of_class(2));
}
