// Connection state: what answers an allowed connection passes, and nothing else does.
#include <catch2/catch.hpp>

#include "tests/kernel/shop.h"

using namespace weft;
using namespace weft::test;

namespace {

namespace proto = model::protocol;

const Outcome reply{true, WEFT_ENTRY_REPLY};
constexpr std::uint64_t second = 1'000'000'000;

const std::vector<model::PointSet> services{model::PointSet::of_range(proto::tcp, 443, 443),
                                            model::PointSet::of_range(proto::udp, 53, 53),
                                            model::PointSet::of_range(proto::sctp, 5000, 5000),
                                            model::PointSet::of_range(proto::icmp, 8 << 8, 8 << 8),
                                            model::PointSet::of_range(proto::icmp6, 128 << 8, 128 << 8),
                                            model::PointSet::of_protocol(47)};

/// The same questions of both families.
struct Wire {
  Shop& shop;
  bool six;

  const model::Address& web() const { return six ? shop.web6 : shop.web4; }
  const model::Address& db() const { return six ? shop.db6 : shop.db4; }
  const model::Address& router() const { return six ? shop.router6 : shop.router4; }
  Frame packet(const model::Address& from, const model::Address& to, std::uint8_t protocol,
               const Frame& payload) const {
    return six ? ipv6({.source = from, .destination = to, .next = protocol}, payload)
               : ipv4({.source = from, .destination = to, .protocol = protocol}, payload);
  }
  Frame frame(const model::Address& from, const model::Address& to, std::uint8_t protocol, const Frame& payload) const {
    return ethernet(six ? 0x86DD : 0x0800, packet(from, to, protocol, payload));
  }
  Frame there(std::uint8_t protocol, const Frame& payload) const { return frame(web(), db(), protocol, payload); }
  Frame back(std::uint8_t protocol, const Frame& payload) const { return frame(db(), web(), protocol, payload); }
  std::uint8_t ping_protocol() const { return six ? proto::icmp6 : proto::icmp; }
  Frame ping(std::uint16_t identifier) const { return icmp(six ? 128 : 8, 0, identifier); }
  Frame pong(std::uint16_t identifier) const { return icmp(six ? 129 : 0, 0, identifier); }
  /// An ICMP error of this type that carries `about`, cut to what routers must carry at least.
  Frame error(const model::Address& from, const model::Address& to, std::uint8_t type, Frame about) const {
    about.resize(std::min<std::size_t>(about.size(), six ? 48 : 28));
    return frame(from, to, ping_protocol(), icmp(type, 1, 0, about));
  }
};

/// For both families, at an interface and at a cgroup.
template <typename Check>
void for_every_gate(const codegen::Options& options, const Check& check) {
  for (const Gates gates : {Gates::OfInterface, Gates::OfCgroup}) {
    for (const bool six : {false, true}) {
      Shop shop(services, options, false, gates);
      INFO((six ? "IPv6" : "IPv4") << (gates == Gates::OfCgroup ? " at a cgroup" : " at an interface"));
      check(Wire{shop, six}, shop);
    }
  }
}

template <typename Check>
void for_every_gate(const Check& check) {
  for_every_gate({}, check);
}

}  // namespace

TEST_CASE("answers pass while their connection is remembered", "[kernel]") {
  for_every_gate([](const Wire& wire, Shop& shop) {
    const Frame request = wire.there(proto::tcp, tcp(40'000, 443, flag::syn));
    const Frame answer = wire.back(proto::tcp, tcp(443, 40'000, flag::syn | flag::ack));
    CHECK_FALSE(shop.to_web(answer).allowed);
    CHECK_FALSE(shop.from_db(answer).allowed);

    CHECK(shop.from_web(request).entry >= WEFT_ENTRY_FIRST);
    CHECK(shop.to_web(answer) == reply);
    CHECK_FALSE(shop.from_db(answer).allowed);  // each gate remembers for itself
    CHECK(shop.to_db(request).allowed);
    CHECK(shop.from_db(answer) == reply);

    // Not this connection: another port at either end, the gate of the other direction.
    CHECK_FALSE(shop.to_web(wire.back(proto::tcp, tcp(443, 40'001))).allowed);
    CHECK_FALSE(shop.to_web(wire.back(proto::tcp, tcp(444, 40'000))).allowed);
    CHECK_FALSE(shop.to_web(wire.back(proto::udp, udp(443, 40'000))).allowed);
    CHECK_FALSE(shop.from_web(wire.there(proto::tcp, tcp(443, 40'000))).allowed);
    CHECK_FALSE(shop.to_web(wire.frame(wire.router(), wire.web(), proto::tcp, tcp(443, 40'000))).allowed);
  });
}

TEST_CASE("what opens a connection is no answer", "[kernel]") {
  for_every_gate([](const Wire& wire, Shop& shop) {
    REQUIRE(shop.from_web(wire.there(proto::tcp, tcp(40'000, 443, flag::syn))).allowed);
    CHECK_FALSE(shop.to_web(wire.back(proto::tcp, tcp(443, 40'000, flag::syn))).allowed);
    CHECK_FALSE(shop.to_web(wire.back(proto::tcp, tcp(443, 40'000, flag::syn | flag::fin))).allowed);
    CHECK_FALSE(shop.to_web(wire.back(proto::tcp, tcp(443, 40'000, flag::syn | flag::rst))).allowed);
    for (const std::uint8_t flags : {flag::ack, flag::rst, flag::fin}) {
      CHECK(shop.to_web(wire.back(proto::tcp, tcp(443, 40'000, flags))) == reply);
    }
    REQUIRE(shop.from_web(wire.there(proto::sctp, sctp(40'000, 5000, 1))).allowed);
    CHECK_FALSE(shop.to_web(wire.back(proto::sctp, sctp(5000, 40'000, 1))).allowed);
    CHECK_FALSE(shop.to_web(wire.back(proto::sctp, sctp(5000, 40'000, 10))).allowed);
    CHECK(shop.to_web(wire.back(proto::sctp, sctp(5000, 40'000, 2))) == reply);
  });
}

TEST_CASE("what only an answer looks like opens no connection", "[kernel]") {
  for_every_gate([](const Wire& wire, Shop& shop) {
    for (const int flags : std::initializer_list<int>{flag::syn | flag::ack, flag::rst, flag::rst | flag::ack,
                                                      flag::fin | flag::ack, 0}) {
      CHECK(shop.from_web(wire.there(proto::tcp, tcp(40'000, 443, static_cast<std::uint8_t>(flags)))).allowed);
      CHECK(shop.program().connections() == 0);
    }
    CHECK(shop.from_web(wire.there(proto::tcp, tcp(40'000, 443, flag::ack))).allowed);  // picked up in the middle
    CHECK(shop.program().connections() == 1);
  });
}

TEST_CASE("UDP, SCTP, ping and portless protocols are answered too", "[kernel]") {
  for_every_gate([](const Wire& wire, Shop& shop) {
    CHECK_FALSE(shop.to_web(wire.back(proto::udp, udp(53, 40'000))).allowed);
    REQUIRE(shop.from_web(wire.there(proto::udp, udp(40'000, 53))).allowed);
    CHECK(shop.to_web(wire.back(proto::udp, udp(53, 40'000))) == reply);

    REQUIRE(shop.from_web(wire.there(proto::sctp, sctp(40'000, 5000))).allowed);
    CHECK(shop.to_web(wire.back(proto::sctp, sctp(5000, 40'000))) == reply);

    CHECK_FALSE(shop.to_web(wire.back(wire.ping_protocol(), wire.pong(7))).allowed);
    REQUIRE(shop.from_web(wire.there(wire.ping_protocol(), wire.ping(7))).allowed);
    CHECK(shop.to_web(wire.back(wire.ping_protocol(), wire.pong(7))) == reply);
    CHECK_FALSE(shop.to_web(wire.back(wire.ping_protocol(), wire.pong(8))).allowed);
    CHECK_FALSE(shop.to_web(wire.back(wire.ping_protocol(), wire.ping(7))).allowed);

    CHECK_FALSE(shop.to_web(wire.back(47, Frame(8))).allowed);
    REQUIRE(shop.from_web(wire.there(47, Frame(8))).allowed);
    CHECK(shop.to_web(wire.back(47, Frame(8))) == reply);
  });
}

TEST_CASE("idle connections are forgotten", "[kernel]") {
  for_every_gate([](const Wire& wire, Shop& shop) {
    const Frame tcp_answer = wire.back(proto::tcp, tcp(443, 40'000)),
                udp_answer = wire.back(proto::udp, udp(53, 40'000));
    REQUIRE(shop.from_web(wire.there(proto::tcp, tcp(40'000, 443))).allowed);
    REQUIRE(shop.to_web(tcp_answer) == reply);
    REQUIRE(shop.from_web(wire.there(proto::udp, udp(40'000, 53))).allowed);
    shop.program().age_connections(170 * second);
    CHECK(shop.to_web(udp_answer) == reply);  // and is fresh again
    shop.program().age_connections(170 * second);
    CHECK(shop.to_web(udp_answer) == reply);
    shop.program().age_connections(181 * second);
    CHECK_FALSE(shop.to_web(udp_answer).allowed);
    CHECK(shop.to_web(tcp_answer) == reply);
    shop.program().age_connections(7430 * second);
    CHECK(shop.to_web(tcp_answer) == reply);
    shop.program().age_connections(7441 * second);
    CHECK_FALSE(shop.to_web(tcp_answer).allowed);
    CHECK(shop.from_web(wire.there(proto::tcp, tcp(40'000, 443))).allowed);  // speaks again
    CHECK(shop.to_web(tcp_answer) == reply);
  });
}

TEST_CASE("a TCP connection that is not yet, or no longer, established is forgotten sooner", "[kernel]") {
  for_every_gate([](const Wire& wire, Shop& shop) {
    const auto sent = [&](std::uint8_t flags) {
      return shop.from_web(wire.there(proto::tcp, tcp(40'000, 443, flags))).allowed;
    };
    const auto answers = [&](std::uint8_t flags) {
      return shop.to_web(wire.back(proto::tcp, tcp(443, 40'000, flags))) == reply;
    };
    const auto idle = [&](std::uint64_t seconds) { shop.program().age_connections(seconds * second); };
    const auto established = [&] {
      shop.program().forget_connections();
      return sent(flag::syn) && answers(flag::syn | flag::ack) && sent(flag::ack);
    };
    SECTION("nobody answered") {
      REQUIRE(sent(flag::syn));
      idle(239);
      CHECK(answers(flag::syn | flag::ack));
      shop.program().forget_connections();
      REQUIRE(sent(flag::syn));
      idle(241);
      CHECK_FALSE(answers(flag::syn | flag::ack));
    }
    SECTION("both ends have closed") {
      REQUIRE(established());
      CHECK(sent(flag::fin | flag::ack));
      idle(3'000);
      CHECK(answers(flag::ack));  // half closed is open
      CHECK(answers(flag::fin | flag::ack));
      CHECK(sent(flag::ack));
      idle(239);
      CHECK(answers(flag::ack));
      idle(241);
      CHECK_FALSE(answers(flag::ack));
    }
    SECTION("reset by either end") {
      REQUIRE(established());
      CHECK(sent(flag::rst));
      idle(241);
      CHECK_FALSE(answers(flag::ack));
      REQUIRE(established());
      CHECK(answers(flag::rst));
      CHECK(answers(flag::ack));  // anybody may have sent that reset
      idle(241);
      CHECK_FALSE(answers(flag::ack));
    }
    SECTION("the same ports again") {
      REQUIRE(established());
      CHECK(sent(flag::fin | flag::ack));
      CHECK(answers(flag::fin | flag::ack));
      idle(241);
      CHECK(sent(flag::syn));
      CHECK(answers(flag::syn | flag::ack));
      CHECK(sent(flag::ack));
      idle(7'000);
      CHECK(answers(flag::ack));
    }
  });
}

TEST_CASE("a refusal of the workload itself ends what was opened to it", "[kernel]") {
  for_every_gate([](const Wire& wire, Shop& shop) {
    REQUIRE(shop.to_db(wire.there(proto::tcp, tcp(40'000, 443, flag::syn))).allowed);
    REQUIRE(shop.program().connections() == 1);
    CHECK(shop.from_db(wire.back(proto::tcp, tcp(443, 40'000, flag::rst | flag::ack))) == reply);
    CHECK(shop.program().connections() == 0);
  });
}

TEST_CASE("a flood of SYNs opens nothing and leaves established connections alone", "[kernel]") {
  // Room for 2,048 connections and 1,024 beginnings; fifty times as many begin.
  constexpr std::uint32_t flood = 50'000;
  for_every_gate({.connections = 2'048, .events_per_second = 0}, [&](const Wire& wire, Shop& shop) {
    const auto at_db = [&](const Frame& frame) { return shop.to_db(frame); };
    const auto of_db = [&](const Frame& frame) { return shop.from_db(frame); };
    REQUIRE(at_db(wire.there(proto::tcp, tcp(40'000, 443, flag::syn))).allowed);
    REQUIRE(of_db(wire.back(proto::tcp, tcp(443, 40'000, flag::syn | flag::ack))) == reply);
    REQUIRE(at_db(wire.there(proto::tcp, tcp(40'000, 443))).allowed);

    // Some are answered, and some of the answers are acknowledged blindly, which the workload refuses.
    std::size_t wrong = 0;
    for (std::uint32_t i = 0; i < flood; ++i) {
      const auto port = static_cast<std::uint16_t>(1'024 + i % 39'000);
      wrong +=
          shop.program().allows(model::Direction::Ingress, wire.there(proto::tcp, tcp(port, 443, flag::syn))) ? 0 : 1;
      if (i % 5 != 0) continue;
      wrong +=
          shop.program().allows(model::Direction::Egress, wire.back(proto::tcp, tcp(443, port, flag::syn | flag::ack)))
              ? 0
              : 1;
      wrong += shop.program().allows(model::Direction::Ingress, wire.there(proto::tcp, tcp(port, 443))) ? 0 : 1;
      wrong +=
          shop.program().allows(model::Direction::Egress, wire.back(proto::tcp, tcp(443, port, flag::rst))) ? 0 : 1;
    }
    CHECK(wrong == 0);
    // The connection was silent all the while, and its answers still pass.
    CHECK(of_db(wire.back(proto::tcp, tcp(443, 40'000))) == reply);
    CHECK(shop.program().connections() <= 2'048 + 1'024);
    // What nobody opened is closed as before.
    CHECK_FALSE(of_db(wire.back(proto::tcp, tcp(443, 65'000))).allowed);
    CHECK_FALSE(of_db(wire.back(proto::tcp, tcp(22, 40'000))).allowed);
    CHECK_FALSE(at_db(wire.there(proto::tcp, tcp(40'000, 22, flag::syn))).allowed);
  });
}

TEST_CASE("what was recognised a moment ago lets no answer pass that the tables do not know", "[kernel]") {
  for_every_gate([](const Wire& wire, Shop& shop) {
    for (const std::uint8_t protocol : {proto::tcp, proto::udp}) {
      const bool is_tcp = protocol == proto::tcp;
      const Frame request = wire.there(protocol, is_tcp ? tcp(40'000, 443) : udp(40'000, 53));
      const Frame answer = wire.back(protocol, is_tcp ? tcp(443, 40'000) : udp(53, 40'000));
      // Established, and seen so often that it needs no table.
      const auto establish = [&] {
        for (int i = 0; i < 4; ++i) {
          REQUIRE(shop.from_web(request).allowed);
          REQUIRE(shop.to_web(answer) == reply);
        }
        REQUIRE(shop.program().connections() == 1);
      };
      establish();
      shop.program().evict_connections();
      CHECK_FALSE(shop.to_web(answer).allowed);
      // The first packet after a denied answer is written down, in whichever moment.
      CHECK(shop.from_web(request).allowed);
      CHECK(shop.to_web(answer) == reply);

      establish();
      shop.program().evict_connections();
      CHECK(shop.from_web(request).allowed);
      CHECK_FALSE(shop.to_web(wire.back(protocol, is_tcp ? tcp(443, 40'001) : udp(53, 40'001))).allowed);
      CHECK_FALSE(shop.to_web(wire.back(protocol, is_tcp ? tcp(444, 40'000) : udp(54, 40'000))).allowed);
      CHECK_FALSE(shop.from_db(answer).allowed);
      shop.program().forget_connections();
    }
  });
}

TEST_CASE("an answer moves a connection on at the next packet, however many went before", "[kernel]") {
  // One that stays among the beginnings is forgotten by a flood; one that has moved on is not.
  constexpr std::uint32_t flood = 8'000;
  for_every_gate({.connections = 2'048, .events_per_second = 0}, [&](const Wire& wire, Shop& shop) {
    for (int i = 0; i < 5; ++i) REQUIRE(shop.from_web(wire.there(proto::udp, udp(500, 53))).allowed);
    REQUIRE(shop.to_web(wire.back(proto::udp, udp(53, 500))) == reply);
    REQUIRE(shop.from_web(wire.there(proto::udp, udp(500, 53))).allowed);
    for (std::uint32_t i = 0; i < flood; ++i) {
      shop.program().allows(model::Direction::Egress,
                            wire.there(proto::udp, udp(static_cast<std::uint16_t>(1'024 + i), 53)));
    }
    CHECK(shop.to_web(wire.back(proto::udp, udp(53, 500))) == reply);
  });
}

TEST_CASE("connections that meet in one place are all remembered", "[kernel]") {
  // Far more than there are places: every place is wanted by several.
  constexpr std::uint32_t many = 20'000;
  for_every_gate({.events_per_second = 0}, [&](const Wire& wire, Shop& shop) {
    const auto port = [](std::uint32_t i) { return static_cast<std::uint16_t>(10'000 + i); };
    REQUIRE(shop.from_web(wire.there(proto::udp, udp(port(0), 53))).allowed);
    std::uint32_t wrong = 0;
    for (int turn = 0; turn < 2; ++turn) {
      for (std::uint32_t i = 0; i < many; ++i) {
        wrong += shop.program().allows(model::Direction::Egress, wire.there(proto::udp, udp(port(i), 53))) ? 0 : 1;
        wrong += shop.program().allows(model::Direction::Ingress, wire.back(proto::udp, udp(53, port(i)))) ? 0 : 1;
        wrong += shop.program().allows(model::Direction::Egress, wire.there(proto::udp, udp(port(i), 53))) ? 0 : 1;
      }
      for (std::uint32_t i = 0; i < many; ++i) {
        wrong += shop.program().allows(model::Direction::Ingress, wire.back(proto::udp, udp(53, port(i)))) ? 0 : 1;
      }
    }
    CHECK(wrong == 0);
    CHECK(shop.program().connections() == many);
  });
}

TEST_CASE("a policy that no longer allows a connection ends it at once", "[kernel]") {
  for_every_gate([](const Wire& wire, Shop& shop) {
    const Frame request = wire.there(proto::tcp, tcp(40'000, 443)), answer = wire.back(proto::tcp, tcp(443, 40'000));
    REQUIRE(shop.from_web(request).allowed);
    REQUIRE(shop.to_db(request).allowed);
    REQUIRE(shop.to_web(answer) == reply);
    auto other = services;
    other[0] = model::PointSet::of_range(proto::tcp, 444, 444);
    shop.revoke(other);
    CHECK_FALSE(shop.from_web(request).allowed);
    CHECK_FALSE(shop.to_web(answer).allowed);
    CHECK_FALSE(shop.from_db(answer).allowed);
    shop.revoke(services);
    CHECK(shop.to_web(answer) == reply);
  });
}

TEST_CASE("answers and errors open nothing", "[kernel]") {
  for_every_gate([](const Wire& wire, Shop& shop) {
    REQUIRE(shop.from_web(wire.there(proto::tcp, tcp(40'000, 443))).allowed);
    REQUIRE(shop.program().connections() == 1);
    CHECK(shop.to_web(wire.back(proto::tcp, tcp(443, 40'000))) == reply);
    CHECK(shop.to_web(wire.error(wire.router(), wire.web(), wire.six ? 1 : 3,
                                 wire.packet(wire.web(), wire.db(), proto::tcp, tcp(40'000, 443)))) == reply);
    CHECK(shop.program().connections() == 1);
  });
}

TEST_CASE("an answer that policy allows by itself opens no connection the other way", "[kernel]") {
  for (const bool six : {false, true}) {
    Shop shop({model::PointSet::any()}, {}, true);
    const Wire wire{shop, six};
    REQUIRE(shop.from_web(wire.there(proto::udp, udp(40'000, 53))).allowed);
    REQUIRE(shop.program().connections() == 1);
    CHECK(shop.to_web(wire.back(proto::udp, udp(53, 40'000))).entry >= WEFT_ENTRY_FIRST);
    CHECK(shop.program().connections() == 1);
    CHECK(shop.to_web(wire.back(proto::udp, udp(54, 40'000))).allowed);  // another flow, of its own
    CHECK(shop.program().connections() == 2);
  }
}

TEST_CASE("ICMP errors about an allowed connection pass", "[kernel]") {
  for_every_gate([](const Wire& wire, Shop& shop) {
    const Frame sent = wire.packet(wire.web(), wire.db(), proto::tcp, tcp(40'000, 443));
    const Frame answered = wire.packet(wire.db(), wire.web(), proto::tcp, tcp(443, 40'000));
    const std::vector<std::uint8_t> types =
        wire.six ? std::vector<std::uint8_t>{1, 2, 3, 4} : std::vector<std::uint8_t>{3, 11, 12};
    for (const std::uint8_t type : types) {
      CHECK_FALSE(shop.to_web(wire.error(wire.router(), wire.web(), type, sent)).allowed);
    }
    REQUIRE(shop.from_web(wire.there(proto::tcp, tcp(40'000, 443))).allowed);
    REQUIRE(shop.to_db(wire.there(proto::tcp, tcp(40'000, 443))).allowed);
    for (const std::uint8_t type : types) {
      CHECK(shop.to_web(wire.error(wire.router(), wire.web(), type, sent)) == reply);  // from anyone on the way
      CHECK(shop.to_web(wire.error(wire.db(), wire.web(), type, sent)) == reply);
      CHECK(shop.from_db(wire.error(wire.db(), wire.web(), type, sent)) == reply);       // db complains about web
      CHECK(shop.to_db(wire.error(wire.router(), wire.db(), type, answered)) == reply);  // db's answer got lost
      CHECK(shop.from_web(wire.error(wire.web(), wire.db(), type, answered)) == reply);  // web complains about db
    }
    // No such packet was sent.
    const std::uint8_t type = types[0];
    const model::Address neighbour = wire.six ? address("fd00::9") : address("10.0.0.9");
    const auto about = [&](const model::Address& from, const model::Address& to, const Frame& payload) {
      return wire.packet(from, to, proto::tcp, payload);
    };
    CHECK_FALSE(shop.to_web(wire.error(wire.router(), wire.web(), type, about(wire.web(), wire.db(), tcp(40'001, 443))))
                    .allowed);
    CHECK_FALSE(shop.to_web(wire.error(wire.router(), wire.web(), type, about(wire.web(), wire.db(), tcp(40'000, 22))))
                    .allowed);
    CHECK_FALSE(
        shop.to_web(wire.error(wire.router(), wire.web(), type, about(wire.web(), wire.router(), tcp(40'000, 443))))
            .allowed);
    CHECK_FALSE(shop.to_web(wire.error(wire.router(), wire.web(), type, about(wire.db(), wire.web(), tcp(40'000, 443))))
                    .allowed);
    CHECK_FALSE(shop.to_web(wire.error(wire.router(), wire.web(), type, about(neighbour, wire.db(), tcp(40'000, 443))))
                    .allowed);
    CHECK_FALSE(shop.to_web(wire.error(wire.router(), wire.web(), type, answered)).allowed);
    CHECK_FALSE(shop.from_db(wire.error(wire.db(), wire.router(), type, sent)).allowed);
    CHECK_FALSE(shop.to_web(wire.error(wire.router(), wire.web(), 5, sent)).allowed);
    // Cut short: what is carried names no ports.
    for (std::size_t length = 0; length < (wire.six ? 48U : 28U); ++length) {
      CHECK_FALSE(shop.to_web(wire.error(wire.router(), wire.web(), type,
                                         {sent.begin(), sent.begin() + std::ptrdiff_t(length)}))
                      .allowed);
    }
  });
}

TEST_CASE("ICMP errors about pings pass, and carry options and extension headers", "[kernel]") {
  for_every_gate([](const Wire& wire, Shop& shop) {
    const std::uint8_t unreachable = wire.six ? 1 : 3;
    REQUIRE(shop.from_web(wire.there(wire.ping_protocol(), wire.ping(7))).allowed);
    const auto about = [&](const Frame& payload) {
      return wire.error(wire.router(), wire.web(), unreachable,
                        wire.packet(wire.web(), wire.db(), wire.ping_protocol(), payload));
    };
    CHECK(shop.to_web(about(wire.ping(7))) == reply);
    CHECK_FALSE(shop.to_web(about(wire.ping(8))).allowed);
    CHECK_FALSE(shop.to_web(about(icmp(unreachable, 0, 7))).allowed);

    REQUIRE(shop.from_web(wire.there(proto::udp, udp(40'000, 53))).allowed);
    const Frame carried =
        wire.six ? ipv6({.source = wire.web(), .destination = wire.db(), .next = 60}, extension(17) + udp(40'000, 53))
                 : ipv4({.source = wire.web(), .destination = wire.db(), .protocol = 17, .options = Frame(12)},
                        udp(40'000, 53));
    CHECK(shop.to_web(wire.frame(wire.router(), wire.web(), wire.ping_protocol(), icmp(unreachable, 1, 0, carried))) ==
          reply);
  });
}

TEST_CASE("without state there are no answers", "[kernel]") {
  Shop shop(services, {.stateless = true});
  const Wire wire{shop, false};
  REQUIRE(shop.from_web(wire.there(proto::tcp, tcp(40'000, 443))).allowed);
  CHECK_FALSE(shop.to_web(wire.back(proto::tcp, tcp(443, 40'000))).allowed);
}
