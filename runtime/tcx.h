#pragma once

#include "runtime/filters.h"

/// Programs at the tcx hooks of an interface (Linux 6.6). They hang there without a link: such a one would go away with
/// our process, or would have to be pinned.
namespace weft::runtime {

/// Puts the program before all others there; one that hangs there already stays where it is. Errors: W6001, W6002,
/// W6004, W6008.
Result<void> attach_tcx(std::uint32_t ifindex, std::string_view interface, Side side, int program_fd);
/// Takes every program of ours away but that one. A kernel without tcx has none. Errors: W6001, W6008.
Result<void> detach_tcx(std::uint32_t ifindex, std::string_view interface, Side side, std::uint32_t but);

}  // namespace weft::runtime
