#pragma once

#include <string_view>

namespace weft::bundle {

/// The text of abi.h.
std::string_view abi_text();

}  // namespace weft::bundle
