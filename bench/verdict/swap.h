#pragma once

namespace weft::bench {

/// Replaces one policy by another and back, `swaps` times and twice over, while packets pass without a pause, and
/// prints what one gate's change takes. Packets that only a mix of the two policies would let pass, or would stop, end
/// the benchmark if one of them does.
void swap_under_load(int swaps);

}  // namespace weft::bench
