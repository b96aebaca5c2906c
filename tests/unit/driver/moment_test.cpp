#include <catch2/catch.hpp>

#include "driver/moment.h"

using namespace weft;
using namespace weft::driver;

TEST_CASE("dates and times of RFC 3339 are read as seconds since 1970", "[driver]") {
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

TEST_CASE("what is no date or time is refused with what it is", "[driver]") {
  const auto check = [](std::string_view text, std::string_view message) {
    const auto moment = parse_moment(text);
    INFO(text);
    REQUIRE(!moment.has_value());
    CHECK(moment.error().code == "W9018");
    CHECK(moment.error().message == message);
    CHECK(!moment.error().help.empty());
  };
  check("", "`` is no date");
  check("tomorrow", "`tomorrow` is no date");
  check("27-3-1", "`27-3-1` is no date");
  check("-027-03-01", "`-027-03-01` is no date");
  check("2027-02-29", "there is no day `2027-02-29`");
  check("2027-13-01", "there is no day `2027-13-01`");
  for (const std::string text :
       {"2027-03-01T", "2027-03-01T25:00Z", "2027-03-01T12:00", "2027-03-01T12:00:00.Z", "2027-03-01T12:00:61Z",
        "2027-03-01T12:00+25:00", "2027-03-01T12:00Zx", "2027-03-01x"}) {
    check(text, "`" + text + "` is no time");
  }
}

TEST_CASE("a moment is written as it is read", "[driver]") {
  for (const std::string text : {"1969-07-20T20:17:40Z", "2027-03-01T12:30:00Z", "2400-02-29T23:59:59Z"}) {
    CHECK(to_string(*parse_moment(text)) == text);
  }
}
