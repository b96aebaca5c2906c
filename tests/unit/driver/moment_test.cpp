#include <catch2/catch.hpp>

#include "driver/moment.h"

using namespace weft;
using namespace weft::driver;

TEST_CASE("a time on the command line is read as seconds since 1970", "[driver]") {
  CHECK(static_cast<std::int64_t>(parse_moment("2027-03-01T12:30:05+01:30").value()) == 1803859200 + 39605);
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
