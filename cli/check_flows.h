#pragma once

#include <map>
#include <vector>

#include "cli/findings.h"
#include "driver/compile.h"

namespace weft::cli {

/// Of every `never` that is refuted: the flow that shows it, or the chain of them, one step for each statement that
/// lets it pass, in the order in which it meets them. A gate that no statement opens is a step at the claim.
std::map<const Diagnostic*, std::vector<Step>> flows_of(const driver::Compilation& compilation);

}  // namespace weft::cli
