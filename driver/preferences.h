#pragma once

#include <string>
#include <vector>

#include "base/diagnostics.h"

namespace weft::driver {

/// What somebody prefers for every policy of a session.
struct Preferences {
  std::vector<std::string> inventories;  ///< files and directories, absolute; in place of those a policy brings
  LintLevels levels;                     ///< of warnings for which a project says none
};

}  // namespace weft::driver
