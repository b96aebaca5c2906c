#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "model/policy.h"

namespace weft::model {

/// What keeps a text from being a moment: it has not the form of a date, the calendar has no such day, or what follows
/// the date is no time.
enum class MomentFault : std::uint8_t { NoDate, NoSuchDay, NoTime };

/// Reads a date ("2027-03-01", which is 00:00 UTC of that day) or a time of RFC 3339 ("2027-03-01T12:30:00Z",
/// "2027-03-01T12:30+01:00"; seconds may be left out, fractions of them are cut).
std::expected<Moment, MomentFault> parse_moment(std::string_view text);

/// The moment as policy text spells it: "2027-01-31" at the start of a day, else "2027-01-31T08:30:00Z".
std::string to_string(Moment moment);

}  // namespace weft::model
