// What keeps a link alive passes without a rule, and is no way round one: ARP, neighbour discovery, and what a node is
// told by other names than its addresses.
#include <catch2/catch.hpp>

#include "tests/kernel/shop.h"

using namespace weft;
using namespace weft::test;

namespace {

constexpr std::uint16_t type4 = 0x0800, type6 = 0x86DD, type_arp = 0x0806;
constexpr std::uint8_t router_solicitation = 133, router_advertisement = 134, solicitation = 135, advertisement = 136,
                       redirect = 137;

const Outcome malformed{false, WEFT_ENTRY_MALFORMED}, unknown{false, WEFT_ENTRY_UNKNOWN},
    link_traffic{true, WEFT_ENTRY_LINK}, forwarded{true, WEFT_ENTRY_FORWARDED};

bool denied_by_policy(const Outcome& outcome) { return !outcome.allowed && outcome.entry >= WEFT_ENTRY_FIRST; }
bool allowed_by_policy(const Outcome& outcome) { return outcome.allowed && outcome.entry >= WEFT_ENTRY_FIRST; }

// Web and db may ask each other for tcp/443, and for nothing else.
struct Scene : Shop {
  explicit Scene(bool stateless = false)
      : Shop({model::PointSet::of_range(model::protocol::tcp, 443, 443)}, {.stateless = stateless}, true) {}

  model::Address link_local = address("fe80::1"), other_link_local = address("fe80::99"), nobody = address("::"),
                 all_nodes = address("ff02::1"), all_routers = address("ff02::2"),
                 solicited = address("ff02::1:ff00:2"), far = address("2001:db8::1");

  static Frame message(const model::Address& from, const model::Address& to, const Frame& body,
                       std::uint8_t hops = 255) {
    return ethernet(type6, ipv6({.source = from, .destination = to, .next = 58, .hops = hops}, body));
  }
};

}  // namespace

TEST_CASE("neighbour discovery, and what only looks like it", "[kernel]") {
  Scene scene;
  SECTION("its types, with hop limit 255 and code 0") {
    for (int type = 125; type < 145; ++type) {
      const bool is_discovery = type >= 133 && type <= 137;
      const bool of_routers = type == router_advertisement || type == redirect;  // a workload is none
      Frame body = discovery(static_cast<std::uint8_t>(type), scene.link_local, Frame(16));
      const Frame frame = Scene::message(scene.link_local, scene.all_nodes, body);
      CHECK(scene.from_web(frame) == (is_discovery && !of_routers ? link_traffic : unknown));
      CHECK(scene.to_db(frame) == (is_discovery ? link_traffic : unknown));
      CHECK(scene.from_web(Scene::message(scene.link_local, scene.all_nodes, body, 254)) == unknown);
      CHECK(scene.to_db(Scene::message(scene.link_local, scene.all_nodes, body, 254)) == unknown);
      body[1] = 1;
      CHECK(scene.from_web(Scene::message(scene.link_local, scene.all_nodes, body)) == unknown);
      CHECK(scene.to_db(Scene::message(scene.link_local, scene.all_nodes, body)) == unknown);
    }
  }
  SECTION("a message too short for what it says is none") {
    for (const auto& [type, least] :
         std::initializer_list<std::pair<std::uint8_t, std::size_t>>{{router_solicitation, 8},
                                                                     {router_advertisement, 16},
                                                                     {solicitation, 24},
                                                                     {advertisement, 24},
                                                                     {redirect, 40}}) {
      Frame body = discovery(type, scene.link_local, Frame(64));
      body.resize(least);
      CHECK(scene.to_db(Scene::message(scene.link_local, scene.all_nodes, body)) == link_traffic);
      body.resize(least - 1);
      const Outcome shorter = scene.to_db(Scene::message(scene.link_local, scene.all_nodes, body));
      CHECK(shorter == (least == 8 ? malformed : unknown));
    }
  }
  SECTION("it has no extension headers") {
    const Frame body = extension(58) + discovery(solicitation, scene.db6);
    const Frame frame = ethernet(
        type6, ipv6({.source = scene.link_local, .destination = scene.all_nodes, .next = 60, .hops = 255}, body));
    CHECK(scene.from_web(frame) == unknown);
    CHECK(scene.to_db(frame) == unknown);
  }
}

TEST_CASE("neighbour discovery reaches no further than the link", "[kernel]") {
  Scene scene;
  SECTION("what a host says to resolve, to find out, and to answer") {
    const std::vector<Frame> usual{
        Scene::message(scene.web6, scene.solicited, discovery(solicitation, scene.db6, Frame(8))),
        Scene::message(scene.link_local, scene.solicited, discovery(solicitation, scene.db6, Frame(8))),
        Scene::message(scene.nobody, scene.solicited, discovery(solicitation, scene.web6)),        // is it taken?
        Scene::message(scene.link_local, scene.db6, discovery(solicitation, scene.db6)),           // is it still there?
        Scene::message(scene.web6, scene.other_link_local, discovery(advertisement, scene.web6)),  // an answer
        Scene::message(scene.link_local, scene.db6, discovery(advertisement, scene.link_local)),
        Scene::message(scene.web6, scene.all_nodes, discovery(advertisement, scene.web6, Frame(8))),  // unasked
        Scene::message(scene.link_local, scene.all_routers, discovery(router_solicitation, {})),
        Scene::message(scene.nobody, scene.all_routers, discovery(router_solicitation, {})),
    };
    for (const Frame& frame : usual) CHECK(scene.from_web(frame) == link_traffic);
  }
  SECTION("a router would pass these on") {
    const Frame secret{'s', 'e', 'c', 'r', 'e', 't', '!', '!'};
    for (const std::uint8_t type : {router_solicitation, solicitation, advertisement}) {
      for (const model::Address& to : {scene.far, scene.db6, address("ff0e::1"), address("ff05::2"), address("::1")}) {
        CHECK(denied_by_policy(scene.from_web(Scene::message(scene.web6, to, discovery(type, scene.web6, secret)))));
      }
    }
    for (const model::Address& to : {address("ff0e::1"), address("ff05::2")}) {
      CHECK(scene.from_web(Scene::message(scene.link_local, to, discovery(solicitation, scene.db6, secret))) ==
            unknown);
    }
    for (const std::uint8_t type : {router_advertisement, redirect}) {
      CHECK(
          denied_by_policy(scene.from_web(Scene::message(scene.web6, scene.far, discovery(type, scene.web6, secret)))));
    }
  }
  SECTION("whoever has spoken over the link is a neighbour, and is answered where he asked from") {
    const Frame answer = Scene::message(scene.db6, scene.far, discovery(advertisement, scene.db6, Frame(8)));
    const Frame probe = Scene::message(scene.db6, scene.far, discovery(solicitation, scene.far));
    const Frame question = Scene::message(scene.far, scene.solicited, discovery(solicitation, scene.db6, Frame(8)));
    CHECK(denied_by_policy(scene.from_db(answer)));
    CHECK(scene.to_db(question) == link_traffic);
    CHECK(scene.from_db(answer) == link_traffic);
    CHECK(scene.from_db(probe) == link_traffic);
    CHECK(denied_by_policy(
        scene.from_db(Scene::message(scene.db6, address("2001:db8::2"), discovery(advertisement, scene.db6)))));
    // Only of that, and not for ever.
    CHECK(denied_by_policy(scene.from_db(Scene::message(scene.db6, scene.far, icmp(128, 0, 7)))));
    CHECK(denied_by_policy(scene.from_db(frame_of(scene.db6, scene.far, model::service_point(17, 53)))));
    scene.program().age_connections(179'000'000'000);
    CHECK(scene.from_db(answer) == link_traffic);
    scene.program().age_connections(181'000'000'000);
    CHECK(denied_by_policy(scene.from_db(answer)));
  }
  SECTION("a packet that a router has passed on makes no neighbour") {
    scene.to_db(Scene::message(scene.far, scene.db6, discovery(solicitation, scene.db6), 254));
    scene.to_db(frame_of(scene.far, scene.db6, model::service_point(6, 443)));
    CHECK(denied_by_policy(scene.from_db(Scene::message(scene.db6, scene.far, discovery(advertisement, scene.db6)))));
  }
  SECTION("without connection state the policy is asked") {
    Scene stateless(true);
    CHECK(stateless.to_db(Scene::message(scene.far, scene.solicited, discovery(solicitation, scene.db6))) ==
          link_traffic);
    CHECK(
        denied_by_policy(stateless.from_db(Scene::message(scene.db6, scene.far, discovery(advertisement, scene.db6)))));
  }
  SECTION("nobody speaks with a borrowed address") {
    for (const model::Address& from : {scene.db6, scene.far, address("::1"), scene.all_nodes}) {
      for (const model::Address& to : {scene.solicited, scene.other_link_local, scene.far}) {
        CHECK(scene.from_web(Scene::message(from, to, discovery(solicitation, scene.db6))) == unknown);
      }
    }
    CHECK(scene.from_web(Scene::message(scene.nobody, scene.other_link_local, discovery(solicitation, scene.web6))) ==
          unknown);
    // Nor says that it has the address of another.
    for (const model::Address& target : {scene.db6, scene.far, scene.nobody}) {
      CHECK(scene.from_web(Scene::message(scene.web6, scene.all_nodes, discovery(advertisement, target, Frame(8)))) ==
            unknown);
      CHECK(scene.from_web(
                Scene::message(scene.link_local, scene.other_link_local, discovery(advertisement, target))) == unknown);
    }
  }
  SECTION("to a workload comes what is for it or for all on the link") {
    for (const model::Address& to : {scene.db6, scene.other_link_local, scene.solicited, scene.all_nodes}) {
      CHECK(scene.to_db(Scene::message(scene.web6, to, discovery(solicitation, scene.db6))) == link_traffic);
    }
    for (const model::Address& to : {scene.web6, scene.far, address("ff05::2")}) {
      CHECK(scene.to_db(Scene::message(scene.router6, to, discovery(solicitation, scene.db6))) == unknown);
    }
  }
}

TEST_CASE("ARP speaks of the workload's own addresses", "[kernel]") {
  Scene scene;
  const auto from = [&](std::string_view sender, std::uint16_t operation) {
    return scene.from_web(ethernet(type_arp, arp(operation, address(sender), scene.db4)));
  };
  for (const std::uint16_t operation : std::initializer_list<std::uint16_t>{1, 2}) {
    CHECK(from("10.0.0.1", operation) == link_traffic);
    CHECK(from("0.0.0.0", operation) == link_traffic);  // is it taken?
    for (const char* sender : {"10.0.0.2", "192.0.2.1", "169.254.1.1", "255.255.255.255"}) {
      CHECK(from(sender, operation) == unknown);
    }
    for (const char* sender : {"10.0.0.1", "192.0.2.1"}) {
      CHECK(scene.to_db(ethernet(type_arp, arp(operation, address(sender), scene.db4))) == link_traffic);
    }
  }
  const Frame whole = arp(1, scene.web4, scene.db4);
  for (const std::size_t at : {2U, 3U, 4U, 5U}) {
    Frame other = whole;
    ++other[at];
    CHECK(scene.from_web(ethernet(type_arp, other)) == malformed);
  }
  for (std::size_t length = 0; length < 18; ++length) {
    CHECK(scene.from_web(ethernet(type_arp, {whole.begin(), whole.begin() + std::ptrdiff_t(length)})) == malformed);
  }
}

TEST_CASE("a node's gate is not passed by another name of the node", "[kernel]") {
  Scene scene;
  scene.are_nodes = true;
  const auto asks = [](const model::Address& from, const model::Address& to, std::uint16_t port,
                       std::uint8_t protocol = 6) { return frame_of(from, to, model::service_point(protocol, port)); };
  const std::vector<const char*> names4{"127.0.0.1", "169.254.1.1",     "224.0.0.5",
                                        "239.1.2.3", "255.255.255.255", "0.0.0.0"},
      names6{"::1", "fe80::99", "ff02::1", "ff05::2", "ff0e::1", "::"};
  SECTION("addresses that are never forwarded are its own, to be judged as its first") {
    for (const auto& [names, db, web] :
         {std::tuple{names4, scene.db4, scene.web4}, std::tuple{names6, scene.db6, scene.web6}}) {
      for (const char* name : names) {
        INFO(name);
        CHECK(denied_by_policy(scene.to_web(asks(db, address(name), 22))));
        CHECK(allowed_by_policy(scene.to_web(asks(db, address(name), 443))));
        CHECK(denied_by_policy(scene.from_web(asks(address(name), db, 22))));
        CHECK(allowed_by_policy(scene.from_web(asks(address(name), db, 443))));
        CHECK(denied_by_policy(scene.from_web(asks(web, address(name), 22))));
      }
    }
    CHECK(denied_by_policy(scene.to_web(asks(scene.link_local, scene.other_link_local, 443))));  // of nobody who may
  }
  SECTION("what it forwards is none of its gates' business, fragments included") {
    for (const char* to : {"10.0.0.9", "192.0.2.9", "100.64.0.1", "240.0.0.1"}) {
      CHECK(scene.to_web(asks(scene.db4, address(to), 22)) == forwarded);
      CHECK(scene.from_web(asks(address(to), scene.db4, 22)) == forwarded);
      const Frame part =
          ethernet(type4, ipv4({.source = scene.db4, .destination = address(to), .fragment = 7}, Frame(64)));
      CHECK(scene.to_web(part) == forwarded);
    }
    CHECK(scene.to_web(asks(scene.db6, scene.far, 22)) == forwarded);
    const Frame part = ethernet(
        type6, ipv6({.source = scene.db6, .destination = scene.far, .next = 44}, fragment6(6, 9, true) + Frame(64)));
    CHECK(scene.to_web(part) == forwarded);
    CHECK(scene.to_web(ethernet(type4, ipv4({.source = scene.db4, .destination = scene.web4, .fragment = 7},
                                            Frame(64)))) == Outcome{false, WEFT_ENTRY_FRAGMENT});
  }
  SECTION("nobody comes from outside with the node's own address") {
    CHECK(scene.to_web(asks(scene.web4, scene.web4, 443)) == unknown);
    CHECK(scene.to_web(asks(scene.web6, scene.web6, 443)) == unknown);
  }
  SECTION("it is a router, and may answer for others") {
    CHECK(scene.from_web(Scene::message(scene.link_local, scene.all_nodes, discovery(router_advertisement, {}))) ==
          link_traffic);
    CHECK(scene.from_web(Scene::message(scene.link_local, scene.far, discovery(redirect, scene.far))) == link_traffic);
    CHECK(scene.from_web(Scene::message(scene.web6, scene.all_nodes, discovery(advertisement, scene.far))) ==
          forwarded);
    CHECK(scene.from_web(ethernet(type_arp, arp(2, scene.router4, scene.db4))) == forwarded);
  }
  SECTION("without an address of the family it is nobody, and still answers on its link") {
    const model::Address only = scene.web4;
    scene.program().set_endpoint(1, {{only, {plan::ClassId{1}, 0}}}, true);
    const auto to = [&](const Frame& frame) { return scene.program().run(model::Direction::Ingress, frame); };
    CHECK(to(asks(scene.db6, scene.other_link_local, 443)) == unknown);
    CHECK(to(asks(scene.db6, scene.far, 443)) == forwarded);
    CHECK(to(Scene::message(scene.link_local, scene.other_link_local,
                            discovery(solicitation, scene.other_link_local))) == link_traffic);
  }
}

TEST_CASE("a packet of many segments is judged once, by its headers", "[kernel]") {
  Scene scene(true);
  const Frame payload(3'000);
  for (const std::uint16_t port : std::initializer_list<std::uint16_t>{443, 22}) {
    for (const Frame& frame :
         {ethernet(type4,
                   ipv4({.source = scene.web4, .destination = scene.db4}, tcp(40'000, port, flag::ack, payload))),
          ethernet(type4, ipv4({.source = scene.web4, .destination = scene.db4, .options = Frame(8)},
                               tcp(40'000, port, flag::ack, payload))),
          ethernet(type6,
                   ipv6({.source = scene.web6, .destination = scene.db6}, tcp(40'000, port, flag::ack, payload))),
          ethernet(0x8100, tag(type6, ipv6({.source = scene.web6, .destination = scene.db6, .next = 60},
                                           extension(6) + tcp(40'000, port, flag::ack, payload))))}) {
      const Outcome whole = scene.from_web(frame);
      CHECK(whole.allowed == (port == 443));
      for (const auto& [segments, bytes] : std::initializer_list<std::pair<std::uint32_t, std::uint32_t>>{
               {3, 1'000}, {1, 3'000}, {0, 1'000}, {60, 50}}) {
        const std::uint64_t before = scene.program().counted(model::Direction::Egress, whole.entry);
        CHECK(scene.program().allows_segments(model::Direction::Egress, frame, segments, bytes) == whole.allowed);
        CHECK(scene.program().counted(model::Direction::Egress, whole.entry) == before + 1);
      }
    }
  }
}
