#include "frontend/moments.h"

#include <chrono>

namespace weft::frontend {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Takes two or four digits off the text; -1 where there are others or none.
int take_digits(std::string_view& text, std::size_t count) {
  if (text.size() < count) return -1;
  int out = 0;
  for (const char c : text.substr(0, count)) {
    if (!is_digit(c)) return -1;
    out = out * 10 + (c - '0');
  }
  text.remove_prefix(count);
  return out;
}

bool take(std::string_view& text, char sign) {
  if (!text.starts_with(sign)) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::optional<model::Moment> moment(std::string_view text) {
  using namespace std::chrono;
  const int year_number = take_digits(text, 4);
  if (year_number < 0 || !take(text, '-')) return {};
  const int month_number = take_digits(text, 2);
  if (month_number < 0 || !take(text, '-')) return {};
  const int day_number = take_digits(text, 2);
  if (day_number < 0) return {};
  const year_month_day date{year{year_number}, month{static_cast<unsigned>(month_number)},
                            day{static_cast<unsigned>(day_number)}};
  if (!date.ok()) return {};

  int hour = 0, minute = 0, second = 0;
  if (!text.empty()) {
    if (!take(text, 'T')) return {};
    hour = take_digits(text, 2);
    if (!take(text, ':')) return {};
    minute = take_digits(text, 2);
    if (take(text, ':')) second = take_digits(text, 2);
    if (text != "Z") return {};
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return {};
  }
  const sys_seconds time = sys_days{date} + hours{hour} + minutes{minute} + seconds{second};
  return model::Moment{time.time_since_epoch().count()};
}

}  // namespace weft::frontend
