#pragma once

#include "base/diagnostics.h"
#include "driver/project.h"
#include "model/policy.h"

namespace weft::driver {

/// The profile of a project holds as if every file stated it. Errors: W9026 where a file states another.
void check_project_profile(const Project& project, const model::Policy& policy, Diagnostics& diagnostics);

}  // namespace weft::driver
