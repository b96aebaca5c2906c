#include "driver/moment.h"

#include <charconv>
#include <chrono>
#include <optional>

#include <fmt/format.h>

#include "base/text.h"

namespace weft::driver {
namespace {

namespace chrono = std::chrono;

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

std::unexpected<Error> refused(std::string message) {
  return std::unexpected(Error{"W9018", std::move(message),
                               "write a date such as `2027-03-01`, or a time such as "
                               "`2027-03-01T12:30:00Z`"});
}

}  // namespace

Result<model::Moment> parse_moment(std::string_view text) {
  Cursor at(text);
  const int year = at.number(4);
  at.expect('-');
  const int month = at.number(2);
  at.expect('-');
  const int day = at.number(2);
  if (!at.good()) return refused(fmt::format("`{}` is no date", printable(text)));
  const chrono::year_month_day date{chrono::year{year}, chrono::month{static_cast<unsigned>(month)},
                                    chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return refused(fmt::format("there is no day `{}`", printable(text.substr(0, 10))));
  chrono::sys_seconds moment = chrono::sys_days{date};
  if (at.at_end()) return model::Moment{moment.time_since_epoch().count()};

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
    const int hours = at.number(2);
    at.expect(':');
    const int minutes = at.number(2);
    if (hours > 23 || minutes > 59) return refused(fmt::format("`{}` is no time", printable(text)));
    offset = (west ? -1 : 1) * (hours * 60 + minutes);
  }
  // A leap second is the first of the next minute.
  if (!at.done() || hour > 23 || minute > 59 || second > 60) {
    return refused(fmt::format("`{}` is no time", printable(text)));
  }
  moment += chrono::hours{hour} + chrono::minutes{minute - offset} + chrono::seconds{second};
  return model::Moment{moment.time_since_epoch().count()};
}

std::string to_string(model::Moment moment) {
  const chrono::sys_seconds at{chrono::seconds{static_cast<std::int64_t>(moment)}};
  const chrono::sys_days day = chrono::floor<chrono::days>(at);
  const chrono::year_month_day date{day};
  const chrono::hh_mm_ss time{at - day};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time.hours().count(),
                     time.minutes().count(), time.seconds().count());
}

model::Moment clock_moment() {
  const auto now = chrono::floor<chrono::seconds>(chrono::system_clock::now());
  return model::Moment{now.time_since_epoch().count()};
}

}  // namespace weft::driver
