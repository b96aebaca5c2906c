#pragma once

#include <ctime>

namespace weft::test {

/// Seconds of processor time that the whole process spends on `work`, all its threads together: unlike the time that
/// passes, they do not grow when the machine is busy with something else. For guards against work that explodes.
template <class Work>
double processor_seconds(Work&& work) {
  const std::clock_t start = std::clock();
  work();
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

}  // namespace weft::test
