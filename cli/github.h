#pragma once

#include <string>

#include "cli/findings.h"

namespace weft::cli {

/// The findings as workflow commands of GitHub Actions, most severe first. A step shows ten of each severity: of more,
/// the first nine have their command, a tenth says how many there are, and the rest follow as plain lines.
std::string github_annotations(const Findings& findings);

}  // namespace weft::cli
