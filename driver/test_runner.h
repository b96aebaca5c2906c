#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "driver/walk.h"
#include "model/evaluate.h"
#include "model/inventory.h"
#include "model/policy.h"

namespace weft::driver {

struct TestOptions {
  std::string filter{};  ///< only tests whose name contains it
  model::Moment now = model::before_all;
};

/// A flow that is not as expected.
struct UnexpectedFlow {
  std::string source;       ///< for people: name, labels the policy looks at, address
  std::string destination;  ///< the same
  model::ServicePoint service{};
  Walk walk;
};

struct ExpectationResult {
  const model::Expectation* expectation = nullptr;
  bool passed = false;
  std::uint64_t flows = 0;             ///< asked; flows the policy cannot tell apart are asked once
  std::uint64_t unexpected_flows = 0;  ///< of them
  std::string why;                     ///< it failed; a sentence as in a diagnostic
  std::optional<UnexpectedFlow> first;
};

struct TestResult {
  const model::Test* test = nullptr;
  std::vector<ExpectationResult> expectations;

  bool passed() const;
};

/// What tests decide about. Something is covered if some expectation that holds would fail were its verdict the
/// opposite; a `pass` if what it passes to is.
struct Coverage {
  std::vector<bool> rules;       ///< by RuleId
  std::vector<bool> isolations;  ///< by IsolationId
  bool profile = false;
};

struct TestReport {
  std::vector<TestResult> tests;  ///< in the order of the text
  std::size_t left_out = 0;       ///< tests the filter left out
  Coverage coverage;
  std::size_t expectations = 0;
  std::size_t failed = 0;  ///< expectations
  std::uint64_t flows = 0;
};

/// Runs the tests of a policy, in which the results point. Every expectation is asked of every pair of ends it speaks
/// of that the policy could treat differently, and of every part of its services that a rule about them tells apart;
/// all must have the verdict. One that speaks of nobody fails.
TestReport run_tests(const model::Policy& policy, const model::Inventory& inventory, bool has_inventory,
                     const TestOptions& options = {});

}  // namespace weft::driver
