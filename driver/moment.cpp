#include "driver/moment.h"

#include <chrono>

#include <fmt/format.h>

#include "base/text.h"
#include "model/moment.h"

namespace weft::driver {

Result<model::Moment> parse_moment(std::string_view text) {
  const auto moment = model::parse_moment(text);
  if (moment) return *moment;
  std::string message;
  switch (moment.error()) {
    case model::MomentFault::NoDate:
      message = fmt::format("`{}` is no date", printable(text));
      break;
    case model::MomentFault::NoSuchDay:
      message = fmt::format("there is no day `{}`", printable(text.substr(0, 10)));
      break;
    case model::MomentFault::NoTime:
      message = fmt::format("`{}` is no time", printable(text));
      break;
  }
  return std::unexpected(Error{"W9018", std::move(message),
                               "write a date such as `2027-03-01`, or a time such as `2027-03-01T12:30:00Z`"});
}

model::Moment clock_moment() {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  return model::Moment{now.time_since_epoch().count()};
}

}  // namespace weft::driver
