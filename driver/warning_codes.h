#pragma once

#include <span>
#include <string_view>

namespace weft::driver {

struct FindingCode {
  std::string_view code;
  bool warning = false;  ///< may be given a level
};

/// Every code that weft reports with a place or a severity, ascending.
std::span<const FindingCode> finding_codes();

}  // namespace weft::driver
