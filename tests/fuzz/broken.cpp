// A target whose promise is false of some mutants, and of no seed: the replay has to notice, and to keep the input.
#include <algorithm>

#include "tests/fuzz/promises.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto is_high = [](std::uint8_t byte) { return byte == 0xF7; };  // which no UTF-8 holds
  WEFT_ASSERT(std::none_of(data, data + size, is_high), "no input holds the byte F7");
  return 0;
}
