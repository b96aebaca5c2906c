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
