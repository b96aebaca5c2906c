#pragma once

#include <optional>
#include <string_view>

#include "model/policy.h"

// Private to this folder.
namespace weft::frontend {

/// `2027-01-31`, which is 00:00 UTC of that day, `2027-01-31T08:30Z` or `2027-01-31T08:30:00Z`. Nothing where it is no
/// such date, or one the calendar does not have.
std::optional<model::Moment> moment(std::string_view text);

}  // namespace weft::frontend
