#include "driver/warning_codes.h"

#include <array>

namespace weft::driver {
namespace {

// Made by cmake/FindingCodes.cmake from the definitions of all folders, so that a new code is known here by itself.
constexpr auto all = std::to_array<FindingCode>({
#include "finding_codes.inc"
});

}  // namespace

std::span<const FindingCode> finding_codes() { return all; }

}  // namespace weft::driver
