#pragma once

#include <string_view>

#include "model/policy.h"
#include "verifier/verifier.h"

namespace weft::verifier {

/// True if the author of a rule says `@expect(what)` of it.
bool expects(const model::Rule& rule, std::string_view what);

/// True if the author of a dead rule says that it is: `@expect(dead)`, `@expect(redundant)` where it is that, or
/// `@expect(conflict)` on one side of what overrides it.
bool is_expected(const model::Policy& policy, const Dead& dead);

}  // namespace weft::verifier
