#pragma once

#include <string>

#include "model/policy.h"

namespace weft::model {

/// The moment as policy text spells it: "2027-01-31" at the start of a day, else "2027-01-31T08:30:00Z".
std::string to_string(Moment moment);

}  // namespace weft::model
