#include "model/moment.h"

#include <catch2/catch.hpp>

using namespace weft::model;

TEST_CASE("a moment is written as policy text spells it", "[model][moment]") {
  const auto text = [](std::int64_t seconds) { return to_string(Moment{seconds}); };
  CHECK(text(0) == "1970-01-01");
  CHECK(text(1'801'353'600) == "2027-01-31");
  CHECK(text(1'801'353'599) == "2027-01-30T23:59:59Z");
  CHECK(text(951'782'400 + 8 * 3600 + 30 * 60) == "2000-02-29T08:30:00Z");
  CHECK(text(-1) == "1969-12-31T23:59:59Z");
  CHECK(text(253'402'300'799) == "9999-12-31T23:59:59Z");
  CHECK(text(INT64_MIN) == "second -9223372036854775808");
  CHECK(text(INT64_MAX) == "second 9223372036854775807");
}

TEST_CASE("dates and times of RFC 3339 are read as seconds since 1970", "[model][moment]") {
  const auto check = [](std::string_view text, std::int64_t seconds) {
    INFO(text);
    const auto moment = parse_moment(text);
    REQUIRE(moment.has_value());
    CHECK(static_cast<std::int64_t>(*moment) == seconds);
  };
  check("1970-01-01", 0);
  check("1969-12-31", -86400);
  check("2027-03-01", 1803859200);
  check("2027-03-01T00:00:00Z", 1803859200);
  check("2027-03-01t12:30z", 1803859200 + 45000);
  check("2027-03-01 12:30:05Z", 1803859200 + 45005);
  check("2027-03-01T12:30:05.999Z", 1803859200 + 45005);
  check("2027-03-01T01:30:00+01:30", 1803859200);
  check("2027-02-28T19:00:00-05:00", 1803859200);
  check("2028-02-29", 1835395200);
  check("2016-12-31T23:59:60Z", 1483228800);
}

TEST_CASE("what keeps a text from being a moment is told", "[model][moment]") {
  for (const std::string text : {"", "tomorrow", "27-3-1", "-027-03-01", "2027-03-0", "2027/03/01"}) {
    INFO(text);
    CHECK(parse_moment(text) == std::unexpected(MomentFault::NoDate));
  }
  for (const std::string text : {"2027-02-29", "2027-13-01", "2027-00-01", "2027-01-00"}) {
    INFO(text);
    CHECK(parse_moment(text) == std::unexpected(MomentFault::NoSuchDay));
  }
  for (const std::string text : {"2027-03-01T", "2027-03-01T24:00Z", "2027-03-01T12:60Z", "2027-03-01T12:00",
                                 "2027-03-01T12:00+1:00", "2027-03-01x"}) {
    INFO(text);
    CHECK(parse_moment(text) == std::unexpected(MomentFault::NoTime));
  }
}

TEST_CASE("a moment is written as it is read", "[model][moment]") {
  for (const std::string text :
       {"1969-07-20T20:17:40Z", "2027-03-01T12:30:00Z", "2027-03-01", "2400-02-29T23:59:59Z"}) {
    CHECK(to_string(parse_moment(text).value()) == text);
  }
}
