#include "model/moment.h"

#include <chrono>

#include <fmt/format.h>

namespace weft::model {

std::string to_string(Moment moment) {
  using namespace std::chrono;
  // Beyond what a calendar of four-digit years can say, the number itself.
  constexpr std::int64_t year_zero = -62'167'219'200, year_ten_thousand = 253'402'300'800;
  const auto number = static_cast<std::int64_t>(moment);
  if (number < year_zero || number >= year_ten_thousand) return fmt::format("second {}", number);
  const sys_seconds time{seconds{number}};
  const sys_days day = floor<days>(time);
  const year_month_day date{day};
  const std::string out = fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                                      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  const seconds rest = time - day;
  if (rest == seconds{0}) return out;
  const hh_mm_ss<seconds> clock{rest};
  return fmt::format("{}T{:02}:{:02}:{:02}Z", out, clock.hours().count(), clock.minutes().count(),
                     clock.seconds().count());
}

}  // namespace weft::model
