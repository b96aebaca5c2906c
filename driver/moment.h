#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "model/policy.h"

namespace weft::driver {

/// Reads a date ("2027-03-01", which is 00:00 UTC of that day) or a time of RFC 3339 ("2027-03-01T12:30:00Z",
/// "2027-03-01T12:30+01:00"; seconds may be left out, fractions of them are cut).
///
/// Errors: W9018 with what is wrong with it.
Result<model::Moment> parse_moment(std::string_view text);

/// "2027-03-01T12:30:00Z"
std::string to_string(model::Moment moment);

/// What the clock says now.
model::Moment clock_moment();

}  // namespace weft::driver
