#pragma once

namespace weft::bench {

/// Prints what one packet costs at the gates of a cgroup, beyond an empty program there: `trials` medians, each the
/// least of five interleaved rounds of `runs` packets.
void at_cgroups(int runs, int trials);

}  // namespace weft::bench
