#pragma once

#include <cstdint>
#include <ctime>
#include <optional>

#include "runtime/record.h"
#include "runtime/runtime.h"

// Private to the runtime: what time it is in the kernel.
namespace weft::runtime {

/// Nanoseconds of a clock as this process sees it.
std::int64_t time_of(clockid_t clock);

/// What the time namespace of this process adds to CLOCK_BOOTTIME or CLOCK_MONOTONIC: the kernel's programs see them
/// without it.
std::int64_t time_namespace_shift(clockid_t clock);

/// The clock a program with deadlines is to use. Errors: W6001, W6002 where Tai is asked for and the kernel has none.
Result<DeadlineClock> choose_clock(DeadlineClock wanted);

/// What is to be added to that clock for the time since 1970; never 0, which says that nobody knows.
std::uint64_t offset_for(DeadlineClock clock);

/// How the deadlines of what is loaded are kept; nothing where there are none. Of several network namespaces the worst.
/// Errors: W6001, W6008.
Result<std::optional<Deadlines>> deadlines_of(const Record& record);

/// Puts right what is off by more than a moment, in the running programs: one store each. By how many nanoseconds they
/// would have been late, of what was put right; nothing where all was well. Errors: as above.
Result<std::optional<std::int64_t>> correct_deadlines(const Record& record);

}  // namespace weft::runtime
