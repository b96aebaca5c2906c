#pragma once

#include <string>

#include "bundle/bundle.h"

namespace weft::bundle {

/// A C header for whoever embeds a bundle: `abi.h` as it is, the sizes of this bundle, and what its entries, tables and
/// endpoints are, as lists that apply a macro to each. C99 and later, C++ as well; needs no other header.
std::string c_header(const Bundle& bundle);

}  // namespace weft::bundle
