#pragma once

#include <string>

#include "cli/findings.h"

namespace weft::cli {

/// The findings as one SARIF 2.1.0 log: a rule with its page for every code that occurs, related places, fixes, and
/// fingerprints (cli/findings.h). Findings without a place, and what was not checked, are notifications of the
/// invocation. Columns count UTF-16 code units; paths are relative to the root of the repository.
std::string sarif(const Findings& findings);

}  // namespace weft::cli
