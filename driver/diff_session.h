#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "driver/diff.h"
#include "driver/unit.h"
#include "driver/unit_files.h"

namespace weft::driver {

/// Compares a policy as somebody works on it, saved or not, with the same policy in the last commit of its repository.
/// `inventories` as in `DiffNames`. Touches nothing of a session, so another thread may do it.
///
/// Errors: as `Revision`. What is wrong with the committed policy is said by the diagnostics of its side.
Result<PolicyDiff> diff_against_head(const UnitName& name, const Meaning& meaning,
                                     const std::vector<std::string>& inventories, const Options& options);

}  // namespace weft::driver
