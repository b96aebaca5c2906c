#include "model/address.h"

#include <catch2/catch.hpp>
#include <set>

#include "tests/support/world.h"

using namespace weft;
using namespace weft::model;

namespace {

Address address(std::string_view text) {
  const auto out = parse_address(text);
  REQUIRE(out);
  return *out;
}
Prefix prefix(std::string_view text) {
  const auto out = parse_prefix(text);
  REQUIRE(out);
  return *out;
}

// A small universe: both edges of both families and some room between.
std::vector<Address> universe() {
  std::vector<Address> out;
  for (const Family family : {Family::V4, Family::V6}) {
    Address low = lowest(family), high = highest(family);
    for (int i = 0; i < 20; ++i, low = *next(low)) out.push_back(low);
    std::vector<Address> top;
    for (int i = 0; i < 20; ++i, high = *previous(high)) top.push_back(high);
    out.insert(out.end(), top.rbegin(), top.rend());
  }
  return out;
}

}  // namespace

TEST_CASE("addresses are read and written", "[model][address]") {
  SECTION("as RFC 5952 writes them") {
    for (const char* text :
         {"0.0.0.0", "10.0.0.1", "255.255.255.255", "::", "::1", "fd00::1", "2001:db8::", "2001:db8:0:1::1",
          "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "1:0:0:2::3", "2001:db8:0:1:1:1:1:1"}) {
      CHECK(to_string(address(text)) == text);
    }
    CHECK(to_string(address("2001:DB8:0:0:0:0:0:1")) == "2001:db8::1");
  }
  SECTION("mapped IPv4 is the IPv4 address it means") {
    CHECK(address("::ffff:10.0.0.1") == address("10.0.0.1"));
    CHECK(address("::ffff:a00:1") == address("10.0.0.1"));
    CHECK(address("::fffe:10.0.0.1").family == Family::V6);
    CHECK(address("1::ffff:10.0.0.1").family == Family::V6);
  }
  SECTION("everything else is none") {
    for (const char* text :
         {"", " ", "10.0.0", "10.0.0.256", "010.0.0.1", "10.0.0.01", "10.0.0.1 ", " 10.0.0.1", "10.0.0.1/8", "1",
          "0x0a.0.0.1", "::g", ":::", "1::2::3", "fe80::1%eth0", "12345::", "[::1]", "localhost"}) {
      INFO(text);
      CHECK_FALSE(parse_address(text));
    }
    CHECK_FALSE(parse_address(std::string_view("10.0.0.1\0", 9)));
    CHECK_FALSE(parse_address(std::string_view("\0", 1)));
  }
  SECTION("any bytes come back") {
    test::Random random(11);
    for (int i = 0; i < 2000; ++i) {
      Address some;
      some.family = random.chance(50) ? Family::V4 : Family::V6;
      for (unsigned byte = 0; byte < bits(some.family) / 8; ++byte) {
        some.bytes[byte] = random.chance(50) ? std::uint8_t{0} : static_cast<std::uint8_t>(random.next());
      }
      some.bytes[0] |= 1;  // not a mapped one
      CHECK(address(to_string(some)) == some);
    }
  }
}

TEST_CASE("addresses are numbers with neighbours", "[model][address]") {
  CHECK(next(address("10.0.0.255")) == address("10.0.1.0"));
  CHECK(previous(address("10.0.1.0")) == address("10.0.0.255"));
  CHECK(next(address("fd00::ffff")) == address("fd00::1:0"));
  CHECK(previous(address("fd00::")) == address("fcff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
  for (const Family family : {Family::V4, Family::V6}) {
    CHECK_FALSE(next(highest(family)));
    CHECK_FALSE(previous(lowest(family)));
    CHECK(previous(*next(lowest(family))) == lowest(family));
  }
  CHECK(to_string(highest(Family::V4)) == "255.255.255.255");
  CHECK(lowest(Family::V4) < highest(Family::V4));
  CHECK(highest(Family::V4) < lowest(Family::V6));
  CHECK(address("9.255.255.255") < address("10.0.0.0"));
  CHECK(v4_number(address("10.1.2.3")) == 0x0A010203);
  CHECK(v4_address(0x0A010203) == address("10.1.2.3"));
  CHECK(bits(Family::V4) == 32);
  CHECK(bits(Family::V6) == 128);
}

TEST_CASE("prefixes", "[model][address]") {
  SECTION("bounds") {
    CHECK(prefix("10.1.2.3/8").first() == address("10.0.0.0"));
    CHECK(prefix("10.1.2.3/8").last() == address("10.255.255.255"));
    CHECK(prefix("10.0.0.0/13").last() == address("10.7.255.255"));
    CHECK(prefix("0.0.0.0/0").last() == highest(Family::V4));
    CHECK(prefix("::/0").first() == lowest(Family::V6));
    CHECK(prefix("::/0").last() == highest(Family::V6));
    CHECK(prefix("fd00::/63").last() == address("fd00::1:ffff:ffff:ffff:ffff"));
    CHECK(prefix("10.0.0.1").first() == prefix("10.0.0.1").last());
    CHECK(prefix("::1").length == 128);
    CHECK(to_string(prefix("10.0.0.1")) == "10.0.0.1/32");
    CHECK(to_string(prefix("10.0.0.1/8")) == "10.0.0.1/8");
  }
  SECTION("membership is of one family") {
    CHECK(prefix("10.0.0.0/31").contains(address("10.0.0.1")));
    CHECK_FALSE(prefix("10.0.0.0/31").contains(address("10.0.0.2")));
    CHECK_FALSE(prefix("::/0").contains(address("10.0.0.2")));
    CHECK_FALSE(prefix("0.0.0.0/0").contains(address("::")));
  }
  SECTION("canonical or not") {
    CHECK(is_canonical(prefix("10.0.0.0/8")));
    CHECK_FALSE(is_canonical(prefix("10.0.0.1/8")));
    CHECK(is_canonical(prefix("10.0.0.1/32")));
    CHECK_FALSE(is_canonical(prefix("fd00::1/127")));
  }
  SECTION("a mapped network is an IPv4 network") {
    CHECK(prefix("::ffff:10.0.0.0/104") == prefix("10.0.0.0/8"));
    CHECK_FALSE(parse_prefix("::ffff:10.0.0.0/95"));
    CHECK_FALSE(parse_prefix("::ffff:10.0.0.0/129"));
  }
  SECTION("no prefixes") {
    for (const char* text :
         {"", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/-1", "10.0.0.0/ 8", "10.0.0.0/8 ",
          "10.0.0.0/+8", "::/129", "::/1000", "10.0.0.0/8/8", "10/8", "010.0.0.0/8", "10.0.0.0/4294967304"}) {
      INFO(text);
      CHECK_FALSE(parse_prefix(text));
    }
  }
}

TEST_CASE("address sets are sets", "[model][address]") {
  const std::vector<Address> all = universe();
  test::Random random(3);
  for (int round = 0; round < 300; ++round) {
    AddressSet set, other;
    std::set<Address> naive, naive_other;
    for (int step = 0; step < 8; ++step) {
      const bool four = random.chance(50);
      std::size_t a = random.below(40), b = random.below(40);
      if (a > b) std::swap(a, b);
      if (!four) a += 40, b += 40;
      const AddressRange range{all[a], all[b]};
      const bool adds = random.chance(60), mine = random.chance(70);
      AddressSet& target = mine ? set : other;
      std::set<Address>& mirror = mine ? naive : naive_other;
      adds ? target.add(range) : target.remove(range);
      for (std::size_t i = a; i <= b; ++i) {
        if (adds)
          mirror.insert(all[i]);
        else
          mirror.erase(all[i]);
      }
    }
    for (const Address& one : all) REQUIRE(set.contains(one) == naive.contains(one));
    const bool covers = std::ranges::includes(naive, naive_other);
    bool meets = false;
    for (const Address& one : naive_other) meets = meets || naive.contains(one);
    REQUIRE(set.contains(other) == covers);
    REQUIRE(set.intersects(other) == meets);
    REQUIRE(set.empty() == naive.empty());

    // Ranges: ascending, disjoint, never touching.
    for (std::size_t i = 1; i < set.ranges().size(); ++i) {
      const AddressRange& before = set.ranges()[i - 1];
      const AddressRange& after = set.ranges()[i];
      REQUIRE(before.last < after.first);
      if (before.last.family == after.first.family) REQUIRE(*next(before.last) < after.first);
    }
    // Prefixes: the same set, canonical, ascending, and no two that could be one.
    AddressSet rebuilt;
    const std::vector<Prefix> prefixes = set.prefixes();
    for (std::size_t i = 0; i < prefixes.size(); ++i) {
      REQUIRE(is_canonical(prefixes[i]));
      REQUIRE_FALSE(rebuilt.intersects(AddressSet::of(prefixes[i])));
      rebuilt.add(AddressSet::of(prefixes[i]));
      if (i > 0 && prefixes[i].length == prefixes[i - 1].length && prefixes[i].length > 0) {
        const Prefix wider{prefixes[i - 1].base, static_cast<std::uint8_t>(prefixes[i].length - 1)};
        REQUIRE_FALSE((is_canonical(wider) && wider.last() == prefixes[i].last()));
      }
    }
    REQUIRE(rebuilt == set);
    AddressSet sum = set;
    sum.add(other);
    sum.remove(other);
    AddressSet rest = set;
    rest.remove(other);
    REQUIRE(sum == rest);
  }
}

TEST_CASE("the widest and narrowest covers", "[model][address]") {
  CHECK(cover({lowest(Family::V4), highest(Family::V4)}) == std::vector{prefix("0.0.0.0/0")});
  CHECK(cover({lowest(Family::V6), highest(Family::V6)}) == std::vector{prefix("::/0")});
  CHECK(cover({address("0.0.0.1"), highest(Family::V4)}).size() == 32);
  CHECK(cover({*next(lowest(Family::V6)), *previous(highest(Family::V6))}).size() == 254);
  CHECK(cover({address("10.0.0.1"), address("10.0.0.6")}) ==
        std::vector{prefix("10.0.0.1/32"), prefix("10.0.0.2/31"), prefix("10.0.0.4/31"), prefix("10.0.0.6/32")});
  AddressSet set = AddressSet::of(prefix("10.0.0.0/8"));
  set.remove(AddressSet::of(prefix("10.0.0.0/9")));
  CHECK(set.prefixes() == std::vector{prefix("10.128.0.0/9")});
}
