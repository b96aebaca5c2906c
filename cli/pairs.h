#pragma once

#include <string>

#include "runtime/pairs.h"

namespace weft::cli {

/// What `weft status --pairs` prints: a table, most packets first.
std::string pairs_text(const runtime::Pairs& pairs);
/// The same as one JSON document.
std::string pairs_json(const runtime::Pairs& pairs);

/// "class 7" where the bundle does not say who that is.
std::string class_text(const std::vector<bundle::ClassName>& classes, std::uint16_t number);

}  // namespace weft::cli
