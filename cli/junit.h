#pragma once

#include <string>

#include "driver/compile.h"

namespace weft::cli {

/// What a check found as JUnit XML: a suite for every policy file and for what else has findings; a case for every
/// assertion, one for every other finding, and one that passes where a file has neither. Refuted is a failure,
/// undecided an error. A warning fails its case if `strict`; else it passes and is told in `system-out`.
std::string check_junit(const driver::Compilation& compilation, bool strict);

}  // namespace weft::cli
