#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/diagnostics.h"
#include "base/result.h"
#include "codegen/codegen.h"
#include "driver/compile.h"

namespace weft::driver {

/// The code of the error that the tables of a build exceed their budget.
inline constexpr std::string_view over_budget = "W4101";
/// Rows of ends up to this many bytes are worked out whatever the budget, to say which rules cost most.
inline constexpr std::uint64_t least_room = std::uint64_t{1} << 30U;

/// Warns (W4104) at the costliest rule if a build would exceed the budget. Where policy and inventory are too small for
/// that, nothing is planned to find it out; without an inventory nothing is known. Rows that take more than `room` and
/// the budget are not worked out: then it is only known that they do.
void warn_of_table_budget(const Compilation& compilation, const codegen::Options& options, Diagnostics& diagnostics,
                          std::uint64_t room = least_room);

/// Reports that the tables exceed the budget, with the rules that cost most. The compilation has got as far as its
/// plan.
void report_over_budget(Error error, Compilation& compilation);

/// How the program finds its answers, why so, and what its tables and the costliest rules take: `build --explain-plan`.
std::string explain_tables(const Compilation& compilation, const codegen::Options& options);

}  // namespace weft::driver
