#pragma once

#include <string_view>

#include "base/result.h"
#include "model/policy.h"

namespace weft::driver {

/// Reads what model::parse_moment does.
///
/// Errors: W9018 with what is wrong with it.
Result<model::Moment> parse_moment(std::string_view text);

/// What the clock says now.
model::Moment clock_moment();

}  // namespace weft::driver
