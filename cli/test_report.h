#pragma once

#include <string>

#include "driver/compile.h"
#include "driver/test_runner.h"

namespace weft::cli {

/// What a run of tests is reported from; all outlive it.
struct TestRun {
  const driver::Compilation& compilation;
  const driver::TestReport& report;
  bool coverage = false;  ///< is asked for
};

/// One line a test, every failure with its walk, and a summary.
std::string test_text(const TestRun& run);
/// One document.
std::string test_json(const TestRun& run);
/// JUnit XML: a suite for each file, a case for each expectation. Always well-formed XML 1.0.
std::string test_junit(const TestRun& run);
/// TAP version 14: a subtest for each test.
std::string test_tap(const TestRun& run);

}  // namespace weft::cli
