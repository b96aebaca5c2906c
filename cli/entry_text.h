#pragma once

#include <string>

#include "bundle/bundle.h"

namespace weft::cli {

/// "allow by `shop` at shop.weft:14:3: allow web -> api : http", "deny by malformed".
std::string entry_text(const bundle::Entry& entry);

}  // namespace weft::cli
