#include <catch2/catch.hpp>

#include "driver/service_text.h"

using namespace weft;
using namespace weft::driver;
using model::service_point;

namespace {

void check_point(std::string_view text, model::ServicePoint point) {
  INFO(text);
  const auto read = parse_service(text);
  REQUIRE(read.has_value());
  REQUIRE(std::holds_alternative<model::ServicePoint>(*read));
  CHECK(std::get<model::ServicePoint>(*read) == point);
}

void check_name(std::string_view text, std::uint8_t protocol, const std::string& name) {
  INFO(text);
  const auto read = parse_service(text);
  REQUIRE(read.has_value());
  REQUIRE(std::holds_alternative<model::PortName>(*read));
  CHECK(std::get<model::PortName>(*read) == model::PortName{protocol, name});
}

void check_refused(std::string_view text, const std::string& message) {
  INFO(text);
  const auto read = parse_service(text);
  REQUIRE(!read.has_value());
  CHECK(read.error().code == "W9104");
  CHECK(read.error().message == message);
}

}  // namespace

TEST_CASE("a service text is one point or one named port", "[driver]") {
  SECTION("ports") {
    check_point("tcp/443", service_point(6, 443));
    check_point("udp/0", service_point(17, 0));
    check_point("sctp/65535", service_point(132, 65535));
  }
  SECTION("types and codes") {
    check_point("icmp/8/0", service_point(1, 8 << 8));
    check_point("icmp/3/4", service_point(1, (3 << 8) | 4));
    check_point("icmp6/128/255", service_point(58, (128 << 8) | 255));
  }
  SECTION("other protocols") {
    check_point("ip/47", service_point(47, 0));
    check_point("ip/0", service_point(0, 0));
    check_point("ip/255", service_point(255, 0));
  }
  SECTION("names") {
    check_name("tcp/http", 6, "http");
    check_name("udp/`dns`", 17, "dns");
    check_name("tcp/web-2", 6, "web-2");
  }
}

TEST_CASE("what is no single service is refused", "[driver]") {
  for (const auto* text :
       {"tcp", "tcp/", "udp", "tcp/80-90", "tcp/65536", "tcp/80/1", "icmp", "icmp/8", "icmp/8/0/0"}) {
    check_refused(text, "`" + std::string(text) + "` is not one service");
  }
  for (const auto* text :
       {"", "any", "http", "443", "ip", "ip/256", "ip/x", "icmp/256/0", "icmp/8/-1", "TCP/80", " tcp/80"}) {
    check_refused(text, "`" + std::string(text) + "` is no service");
  }
  for (const auto* text : {"ip/6", "ip/1", "ip/58"}) {
    check_refused(text, "`" + std::string(text) + "` is more than one service");
  }
  check_refused("tcp\x01\xff", "`tcp\\x01\\xff` is no service");
}

TEST_CASE("the remedy for a type without a code names the type", "[driver]") {
  CHECK(parse_service("icmp/13").error().help == "a flow has a type and a code, such as `icmp/13/0`");
  CHECK(parse_service("icmp6").error().help == "a flow has a type and a code, such as `icmp6/8/0`");
}
