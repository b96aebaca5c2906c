#include "model/moment.h"

#include <algorithm>
#include <charconv>
#include <chrono>

#include <fmt/format.h>

namespace weft::model {
namespace {

// Takes text from the front, piece by piece; once something is missing nothing more is taken.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  int number(std::size_t digits) {
    int value = 0;
    const std::string_view piece = rest_.substr(0, digits);
    const auto [end, error] = std::from_chars(piece.data(), piece.data() + piece.size(), value);
    const bool plain = piece.size() == digits && !piece.starts_with('-');
    if (!plain || error != std::errc{} || end != piece.data() + piece.size()) good_ = false;
    if (good_) rest_.remove_prefix(digits);
    return good_ ? value : 0;
  }
  void expect(char c) {
    if (!take(c)) good_ = false;
  }
  bool take(char c) {
    if (!good_ || !rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void skip_fraction() {
    if (!take('.')) return;
    const std::size_t digits = std::min(rest_.find_first_not_of("0123456789"), rest_.size());
    if (digits == 0) good_ = false;
    rest_.remove_prefix(digits);
  }
  bool done() const { return good_ && rest_.empty(); }
  bool good() const { return good_; }
  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
  bool good_ = true;
};

}  // namespace

std::expected<Moment, MomentFault> parse_moment(std::string_view text) {
  using namespace std::chrono;
  Cursor at(text);
  const int year_number = at.number(4);
  at.expect('-');
  const int month_number = at.number(2);
  at.expect('-');
  const int day_number = at.number(2);
  if (!at.good()) return std::unexpected(MomentFault::NoDate);
  const year_month_day date{year{year_number}, month{static_cast<unsigned>(month_number)},
                            day{static_cast<unsigned>(day_number)}};
  if (!date.ok()) return std::unexpected(MomentFault::NoSuchDay);
  sys_seconds moment = sys_days{date};
  if (at.at_end()) return Moment{moment.time_since_epoch().count()};

  if (!at.take('t') && !at.take(' ')) at.expect('T');
  const int hour = at.number(2);
  at.expect(':');
  const int minute = at.number(2);
  const int second = at.take(':') ? at.number(2) : 0;
  at.skip_fraction();
  int offset = 0;  // minutes east of UTC
  if (!at.take('Z') && !at.take('z')) {
    const bool west = at.take('-');
    if (!west) at.expect('+');
    const int offset_hours = at.number(2);
    at.expect(':');
    const int offset_minutes = at.number(2);
    if (offset_hours > 23 || offset_minutes > 59) return std::unexpected(MomentFault::NoTime);
    offset = (west ? -1 : 1) * (offset_hours * 60 + offset_minutes);
  }
  // A leap second is the first of the next minute.
  if (!at.done() || hour > 23 || minute > 59 || second > 60) return std::unexpected(MomentFault::NoTime);
  moment += hours{hour} + minutes{minute - offset} + seconds{second};
  return Moment{moment.time_since_epoch().count()};
}

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
