#pragma once

#include <string>

#include "cli/findings.h"

namespace weft::cli {

/// The findings as a code quality report of GitLab: one JSON array. Every finding has a fingerprint of its own
/// (cli/findings.h); one without a place is shown at the first line of the subject.
std::string gitlab_report(const Findings& findings);

}  // namespace weft::cli
