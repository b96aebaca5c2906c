// Linked into every program of kernel tests: without BPF rights it says so and stops, and ctest counts a skipped test.
#define CATCH_CONFIG_EXTERNAL_INTERFACES
#include <catch2/catch.hpp>

#include <cstdio>
#include <cstdlib>

#include "tests/kernel/program.h"

namespace {

struct SkipWithoutKernel : Catch::TestEventListenerBase {
  using TestEventListenerBase::TestEventListenerBase;

  void testRunStarting(const Catch::TestRunInfo&) override {
    if (const auto reason = weft::test::no_kernel()) {
      std::printf("SKIPPED: %s\n", reason->c_str());
      std::fflush(stdout);
      std::_Exit(77);
    }
  }
};

CATCH_REGISTER_LISTENER(SkipWithoutKernel)

}  // namespace
