// Odd packets at a cgroup, whose gate reads them by other means than that of an interface. What the rows here say is
// what packet_test.cpp says of the same packets there; and of changed ones both gates must say the same.
#include <catch2/catch.hpp>

#include <algorithm>
#include <array>

#include "tests/kernel/shop.h"
#include "tests/support/world.h"

using namespace weft;
using namespace weft::test;

namespace {

const model::PointSet https = model::PointSet::of_range(model::protocol::tcp, 443, 443);
const Outcome unknown{false, WEFT_ENTRY_UNKNOWN}, self{true, WEFT_ENTRY_SELF};
constexpr std::uint16_t type4 = 0x0800, type6 = 0x86DD, more_fragments = 0x2000;
constexpr std::uint8_t hop_by_hop = 0, tcp6 = 6, routing = 43, fragment = 44, authenticated = 51, options = 60;

bool by_policy(const Outcome& outcome) { return outcome.entry >= WEFT_ENTRY_FIRST; }

struct Rig : Shop {
  explicit Rig(Gates gates = Gates::OfCgroup) : Shop({https}, {.stateless = true}, false, gates) {}

  Frame v4(const Frame& payload, Ipv4 header = {}) const {
    header.source = web4;
    header.destination = db4;
    return ethernet(type4, ipv4(header, payload));
  }
  Frame v6(const Frame& payload, Ipv6 header = {}) const {
    header.source = web6;
    header.destination = db6;
    return ethernet(type6, ipv6(header, payload));
  }
  void check(const Frame& frame, bool allowed) {
    const Outcome out = from_web(frame), in = to_db(frame);
    CHECK(out.allowed == allowed);
    CHECK(in.allowed == allowed);
    CHECK((out.entry == in.entry || (by_policy(out) && by_policy(in))));
  }
  /// It is denied, and by no rule.
  void check_broken(const Frame& frame) {
    const Outcome out = from_web(frame), in = to_db(frame);
    CHECK_FALSE(out.allowed);
    CHECK(out == in);
    CHECK_FALSE(by_policy(out));
    CHECK(out != unknown);
  }
};

}  // namespace

TEST_CASE("the awkward packets of IPv4 at a cgroup", "[kernel]") {
  Rig rig;
  SECTION("ports decide") {
    rig.check(rig.v4(tcp(40'000, 443)), true);
    rig.check(rig.v4(tcp(40'000, 22)), false);
    rig.check(rig.v4(tcp(443, 22)), false);
    rig.check(rig.v4(udp(40'000, 443), {.protocol = 17}), false);
    rig.check(rig.v4(sctp(40'000, 443), {.protocol = 132}), false);
  }
  SECTION("a first fragment is judged, a later one has no ports") {
    rig.check(rig.v4(tcp(40'000, 443), {.fragment = more_fragments}), true);
    rig.check(rig.v4(tcp(40'000, 22), {.fragment = more_fragments}), false);
    for (const std::uint16_t offset : std::initializer_list<std::uint16_t>{1, 2, 0x1FFF}) {
      rig.check_broken(rig.v4(tcp(40'000, 443), {.fragment = offset}));
      rig.check_broken(rig.v4(tcp(40'000, 443), {.fragment = std::uint16_t(more_fragments | offset)}));
    }
  }
  SECTION("a transport header cut off anywhere") {
    const auto cut = [&](const Frame& whole, std::uint8_t protocol, std::size_t needed) {
      for (std::size_t length = 0; length < needed; ++length) {
        rig.check_broken(rig.v4({whole.begin(), whole.begin() + std::ptrdiff_t(length)}, {.protocol = protocol}));
      }
      const Outcome enough =
          rig.from_web(rig.v4({whole.begin(), whole.begin() + std::ptrdiff_t(needed)}, {.protocol = protocol}));
      CHECK(by_policy(enough));
    };
    cut(tcp(40'000, 443), 6, 20);
    cut(udp(40'000, 443), 17, 8);
    cut(sctp(40'000, 443), 132, 12);
    cut(icmp(8, 0), 1, 8);
    cut(icmp(128, 0), 58, 8);
  }
  SECTION("options are skipped, whatever they look like") {
    const Frame looks_like_443{0x9C, 0x40, 0x01, 0xBB}, looks_like_22{0x9C, 0x40, 0, 22};
    Frame bait443, bait22;
    for (std::size_t words = 1; words <= 10; ++words) {
      bait443 = bait443 + looks_like_443;
      bait22 = bait22 + looks_like_22;
      rig.check(rig.v4(tcp(40'000, 22), {.options = bait443}), false);
      rig.check(rig.v4(tcp(40'000, 443), {.options = bait22}), true);
    }
  }
  SECTION("a packet that lies about itself") {
    const Frame body = tcp(40'000, 443);
    for (const int version_length : {0x00, 0x15, 0x35, 0x55, 0xF5, 0x40, 0x41, 0x44, 0x4F, 0x4B}) {
      rig.check_broken(rig.v4(body, {.version_length = version_length}));
    }
    for (const int length : {0, 1, 19, 20, 21, 39, 41, 60, 65'535}) {
      rig.check_broken(rig.v4(body, {.length = length}));
    }
  }
  SECTION("the address is the workload's own") {
    for (const char* who : {"10.0.0.2", "10.0.0.9", "0.0.0.0", "127.0.0.1", "192.0.2.1"}) {
      CHECK(rig.from_web(frame_of(address(who), rig.db4, model::service_point(6, 443))) == unknown);
    }
    CHECK(rig.from_web(frame_of(rig.web4, rig.web4, model::service_point(17, 9))) == self);
    CHECK(rig.to_web(frame_of(rig.web4, rig.web4, model::service_point(17, 9))) == self);
  }
}

TEST_CASE("the awkward packets of IPv6 at a cgroup", "[kernel]") {
  Rig rig;
  const Frame good = tcp(40'000, 443), bad = tcp(40'000, 22);
  const auto chain = [&](std::uint8_t first, const Frame& headers, bool allowed) {
    rig.check(rig.v6(headers + good, {.next = first}), allowed);
    rig.check(rig.v6(headers + bad, {.next = first}), false);
  };
  SECTION("extension headers") {
    chain(tcp6, {}, true);
    chain(hop_by_hop, extension(tcp6), true);
    chain(options, extension(tcp6, 3), true);
    chain(options, extension(tcp6, 255), true);
    chain(authenticated, authentication(tcp6), true);
    chain(authenticated, authentication(tcp6, 8), true);
    chain(routing, extension(tcp6, 3), true);
    chain(fragment, fragment6(tcp6, 0, true), true);
    chain(fragment, fragment6(tcp6, 0, false), true);
    chain(hop_by_hop, extension(authenticated, 2) + authentication(fragment) + fragment6(tcp6, 0, true), true);
  }
  SECTION("baits in an extension header") {
    rig.check(rig.v6(extension(tcp6, 4, good) + bad, {.next = options}), false);
    rig.check(rig.v6(extension(tcp6, 4, bad) + good, {.next = options}), true);
  }
  SECTION("six headers, not seven; hop-by-hop options come first or not at all; no source route that goes on") {
    Frame headers = extension(tcp6);
    for (int count = 1; count <= 8; ++count) {
      chain(options, headers, count <= 6);
      headers = extension(options) + headers;
    }
    chain(options, extension(hop_by_hop) + extension(tcp6), false);
    chain(hop_by_hop, extension(hop_by_hop) + extension(tcp6), false);
    chain(routing, extension(tcp6, 3, {0, 1}), false);
    chain(routing, extension(tcp6, 3, {4, 2}), false);
  }
  SECTION("later fragments") {
    for (const std::uint16_t offset : std::initializer_list<std::uint16_t>{1, 2, 32, 0x1FFF}) {
      rig.check_broken(rig.v6(fragment6(tcp6, offset, true) + good, {.next = fragment}));
      rig.check_broken(rig.v6(fragment6(tcp6, offset, false) + good, {.next = fragment}));
    }
  }
  SECTION("a packet that lies about itself") {
    for (const int length : {0, 1, 19, 21, 65'535}) rig.check_broken(rig.v6(good, {.length = length}));
    for (const std::uint8_t version : std::initializer_list<std::uint8_t>{0, 4, 5, 7, 15}) {
      rig.check_broken(rig.v6(good, {.version = version}));
    }
    rig.check_broken(rig.v6(extension(tcp6, 200), {.next = options}));
    rig.check_broken(rig.v6({tcp6, 200, 0, 0, 0, 0, 0, 0}, {.next = options}));
    // The length ends within the chain, and what follows it looks like the rest.
    rig.check_broken(rig.v6(extension(tcp6, 4) + good, {.next = options, .length = 24}));
    rig.check_broken(rig.v6(extension(tcp6, 4) + good, {.next = options, .length = 32 + 19}));
  }
  SECTION("the address is the workload's own, and no message to neighbours is free") {
    for (const char* who : {"fd00::2", "fd00::9", "::", "fe80::1"}) {
      CHECK(rig.from_web(frame_of(address(who), rig.db6, model::service_point(6, 443))) == unknown);
    }
    CHECK(rig.from_web(frame_of(rig.web6, rig.web6, model::service_point(17, 9))) == self);
    for (std::uint8_t type = 133; type <= 137; ++type) {
      const Outcome out = rig.from_web(rig.v6(icmp(type, 0), {.next = 58, .hops = 255}));
      CHECK_FALSE(out.allowed);
      CHECK(by_policy(out));
    }
  }
}

TEST_CASE("changed packets are to the gate of a cgroup what they are to that of an interface", "[kernel]") {
  Rig cgroup, interface(Gates::OfInterface);
  Random random(20'261'123);
  Frame bait;
  while (bait.size() < 64) bait = bait + Frame{0x01, 0xBB};
  const std::vector<Frame> seeds{
      cgroup.v4(tcp(443, 22, flag::ack, bait)),
      cgroup.v4(tcp(443, 443, flag::ack, bait), {.options = {1, 0xBB, 1, 0xBB}}),
      cgroup.v6(tcp(443, 443, flag::ack, bait)),
      cgroup.v6(extension(authenticated) + authentication(fragment) + fragment6(options, 0, true) + extension(tcp6) +
                    tcp(443, 443, flag::ack, bait),
                {.next = hop_by_hop})};
  std::size_t compared = 0, passed = 0, wrong = 0;
  for (int i = 0; i < 6'000; ++i) {
    Frame frame = random.pick(seeds);
    const std::uint8_t version = frame[14] >> 4;
    for (std::size_t n = 1 + random.below(3); n > 0; --n) {
      auto& byte = frame[14 + random.below(std::min<std::size_t>(frame.size() - 14, 90))];
      byte = random.chance(50) ? static_cast<std::uint8_t>(random.next())
                               : static_cast<std::uint8_t>(byte + std::array{1, -1, 16, -16, 128}[random.below(5)]);
    }
    if (random.chance(20)) frame.resize(std::max<std::size_t>(54, random.below(frame.size())));
    // A frame says twice of which family its packet is, and the kernel has none of two minds.
    if (frame[14] >> 4 != version) continue;
    for (const bool out : {true, false}) {
      const Outcome at_cgroup = out ? cgroup.from_web(frame) : cgroup.to_db(frame);
      const Outcome at_interface = out ? interface.from_web(frame) : interface.to_db(frame);
      // A workload speaks to itself, and hosts to their neighbours, at an interface only.
      if (at_cgroup.entry == WEFT_ENTRY_SELF || at_interface.entry == WEFT_ENTRY_LINK) continue;
      ++compared;
      passed += at_cgroup.allowed ? 1 : 0;
      if (at_cgroup == at_interface || ++wrong >= 5) continue;
      FAIL_CHECK("cgroup " << at_cgroup.entry << ", interface " << at_interface.entry << ": "
                           << Catch::Detail::stringify(frame));
    }
  }
  CHECK(compared > 10'000);
  CHECK(passed > 1'000);  // otherwise the question was no question
  CHECK(wrong == 0);
}
