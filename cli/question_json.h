#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "driver/query.h"

namespace weft::cli {

/// What one line of a batch asks (docs/cli.md).
struct LineQuestion {
  std::string id;                     ///< as JSON, to be echoed; empty where the line has none that can be
  Result<driver::Question> question;  ///< errors: W9101
};
LineQuestion read_line(std::string_view line);

}  // namespace weft::cli
