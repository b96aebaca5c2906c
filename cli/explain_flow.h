#pragma once

#include "cli/arguments.h"
#include "cli/exit_code.h"
#include "cli/output.h"

namespace weft::cli {

/// `weft explain PATH… FLOW…`: why each flow is allowed or denied.
ExitCode explain_flows(const ExplainArguments& arguments, Console& console);

}  // namespace weft::cli
