#pragma once

#include <string>

#include "driver/compile.h"

namespace weft::cli {

/// What `weft build --explain-plan` prints, as one JSON document. The compilation has got as far as its plan.
std::string explanation_json(const driver::Compilation& compilation, const codegen::Options& options);

}  // namespace weft::cli
