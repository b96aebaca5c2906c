#include "model/service.h"

#include <catch2/catch.hpp>
#include <set>

#include "tests/support/world.h"

using namespace weft;
using namespace weft::model;

TEST_CASE("service points", "[model][service]") {
  CHECK(protocol_of(service_point(255, 0xFFFF)) == 255);
  CHECK(value_of(service_point(6, 0xFFFF)) == 0xFFFF);
  CHECK(static_cast<std::uint32_t>(service_point(255, 0xFFFF)) == last_service_point);
  CHECK(to_string(service_point(protocol::tcp, 443)) == "tcp/443");
  CHECK(to_string(service_point(protocol::udp, 0)) == "udp/0");
  CHECK(to_string(service_point(protocol::sctp, 65535)) == "sctp/65535");
  CHECK(to_string(service_point(protocol::icmp, 0x0800)) == "icmp/8/0");
  CHECK(to_string(service_point(protocol::icmp6, 0x8001)) == "icmp6/128/1");
  CHECK(to_string(service_point(47, 0)) == "ip/47");
  CHECK(has_ports(6));
  CHECK(has_ports(17));
  CHECK(has_ports(132));
  CHECK_FALSE(has_ports(1));
  CHECK(has_types(1));
  CHECK(has_types(58));
  CHECK_FALSE(has_types(6));
}

TEST_CASE("point sets are sets", "[model][service]") {
  // Neighbouring protocols at their edges, and both ends of everything.
  std::vector<std::uint32_t> all;
  for (const std::uint32_t base : {0U, 0x05'FFF8U, 0x06'FFF8U, 0xFF'FFE8U}) {
    for (std::uint32_t i = 0; i < 24; ++i) {
      if (base + i <= last_service_point) all.push_back(base + i);
    }
  }
  test::Random random(5);
  for (int round = 0; round < 400; ++round) {
    PointSet set, other;
    std::set<std::uint32_t> naive, naive_other;
    for (int step = 0; step < 8; ++step) {
      const std::uint32_t from = random.pick(all);
      const std::uint32_t room = 0xFFFFU - (from & 0xFFFFU);
      const std::uint32_t to = from + std::min<std::uint32_t>(room, static_cast<std::uint32_t>(random.below(12)));
      const auto part = PointSet::of_range(static_cast<std::uint8_t>(from >> 16U), static_cast<std::uint16_t>(from),
                                           static_cast<std::uint16_t>(to));
      const bool adds = random.chance(65), mine = random.chance(70);
      PointSet& target = mine ? set : other;
      std::set<std::uint32_t>& mirror = mine ? naive : naive_other;
      adds ? target.add(part) : target.remove(part);
      for (std::uint32_t i = from; i <= to; ++i) {
        if (adds)
          mirror.insert(i);
        else
          mirror.erase(i);
      }
    }
    for (const std::uint32_t one : all) REQUIRE(set.contains(ServicePoint{one}) == naive.contains(one));
    bool meets = false;
    for (const std::uint32_t one : naive_other) meets = meets || naive.contains(one);
    REQUIRE(set.intersects(other) == meets);
    REQUIRE(set.contains(other) == std::ranges::includes(naive, naive_other));
    REQUIRE(set.empty() == naive.empty());
    for (std::size_t i = 1; i < set.ranges().size(); ++i) REQUIRE(set.ranges()[i - 1].last + 1 < set.ranges()[i].first);
    // What is taken from everything and given back makes everything again.
    PointSet rest = PointSet::any();
    rest.remove(set);
    REQUIRE_FALSE(rest.intersects(set));
    rest.add(set);
    REQUIRE(rest == PointSet::any());
  }
}

TEST_CASE("services as policy text", "[model][service]") {
  const auto text = [](std::vector<PointSet> parts) {
    PointSet out;
    for (const PointSet& part : parts) out.add(part);
    return to_string(out);
  };
  CHECK(text({}) == "none");
  CHECK(to_string(PointSet::any()) == "any");
  CHECK(text({PointSet::of_range(6, 80, 80)}) == "tcp/80");
  CHECK(text({PointSet::of_range(6, 8080, 8089), PointSet::of_range(6, 80, 80)}) == "tcp/80, tcp/8080-8089");
  CHECK(text({PointSet::of_range(6, 80, 80), PointSet::of_range(6, 81, 81)}) == "tcp/80-81");
  CHECK(text({PointSet::of_protocol(6)}) == "tcp");
  CHECK(text({PointSet::of_protocol(1)}) == "icmp");
  CHECK(text({PointSet::of_range(1, 0x0800, 0x08FF)}) == "icmp/8");
  CHECK(text({PointSet::of_range(1, 0x0304, 0x0304)}) == "icmp/3/4");
  CHECK(text({PointSet::of_range(1, 0x0300, 0x04FF)}) == "icmp/3, icmp/4");
  CHECK(text({PointSet::of_range(58, 0x8001, 0x8002)}) == "icmp6/128/1, icmp6/128/2");
  CHECK(text({PointSet::of_protocol(253)}) == "ip/253");
  CHECK(text({PointSet::of_protocol(0)}) == "ip/0");
  CHECK(text({PointSet::of_protocol(5), PointSet::of_protocol(6)}) == "ip/5, tcp");
  PointSet all_but = PointSet::any();
  all_but.remove(PointSet::of_range(6, 22, 22));
  CHECK(to_string(all_but) == "any \\ tcp/22");
  all_but.remove(PointSet::of_range(1, 0x0800, 0x0800));
  CHECK(to_string(all_but) == "any \\ icmp/8/0 \\ tcp/22");
  CHECK(text({PointSet::of_range(1, 0x03FF, 0x0501)}) == "icmp/3/255, icmp/4, icmp/5/0, icmp/5/1");
  CHECK(to_string(PortSet{PointSet::of_range(6, 80, 80), {{6, "http"}}}) == "tcp/80, tcp/http");
  CHECK(to_string(PortSet{{}, {{6, "http"}, {17, "dns"}}}) == "tcp/http, udp/dns");
  CHECK(to_string(PortSet{}) == "none");
}
