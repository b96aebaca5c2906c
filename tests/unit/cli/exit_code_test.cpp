#include <catch2/catch.hpp>

#include "cli/check_report.h"

using namespace weft;
using namespace weft::cli;
using driver::Compilation;

namespace {

// A compilation that understood its input and was checked, with one assertion.
Compilation checked(verifier::Answer answer) {
  Compilation out;
  out.understood = true;
  out.policy.assertions.emplace_back();
  out.report.emplace();
  out.report->assertions.push_back({std::move(answer)});
  return out;
}

const verifier::Proved proved{};
const verifier::Refuted refuted{};
const verifier::Undecided undecided{"the solver gave up"};

const DiagnosticKind<> some_warning{"W3001", Severity::Warning, "a conflict"};

}  // namespace

TEST_CASE("the numbers are part of the interface", "[cli]") {
  CHECK(static_cast<int>(ExitCode::Clean) == 0);
  CHECK(static_cast<int>(ExitCode::Findings) == 1);
  CHECK(static_cast<int>(ExitCode::Usage) == 2);
  CHECK(static_cast<int>(ExitCode::Undecided) == 3);
  CHECK(static_cast<int>(ExitCode::Internal) == 70);
}

TEST_CASE("each outcome has its exit code", "[cli]") {
  CHECK(exit_code(Compilation{}, false) == ExitCode::Usage);  // not understood
  CHECK(exit_code(checked(proved), false) == ExitCode::Clean);
  CHECK(exit_code(checked(refuted), false) == ExitCode::Findings);
  CHECK(exit_code(checked(undecided), false) == ExitCode::Undecided);

  Compilation disagreed = checked(undecided);
  disagreed.report->internal_errors.push_back("a witness does not reproduce");
  CHECK(exit_code(disagreed, false) == ExitCode::Internal);
}

TEST_CASE("where several apply the gravest is given", "[cli]") {
  Compilation both = checked(refuted);
  both.policy.assertions.emplace_back();
  both.report->assertions.push_back({undecided});
  CHECK(exit_code(both, false) == ExitCode::Findings);
  both.report->internal_errors.push_back("a witness does not reproduce");
  CHECK(exit_code(both, false) == ExitCode::Internal);
}

TEST_CASE("a denied warning is a finding", "[cli]") {
  Compilation denied = checked(proved);
  denied.diagnostics.set_levels({{"W3001", LintLevel::Deny}});
  denied.diagnostics.report(some_warning, {});
  CHECK(exit_code(denied, false) == ExitCode::Findings);

  Compilation allowed = checked(proved);
  allowed.diagnostics.set_levels({{"W3001", LintLevel::Allow}});
  allowed.diagnostics.report(some_warning, {});
  CHECK(exit_code(allowed, true) == ExitCode::Clean);
}

TEST_CASE("a warning is a finding only under --strict", "[cli]") {
  Compilation warned = checked(proved);
  warned.diagnostics.report(some_warning, {});
  CHECK(exit_code(warned, false) == ExitCode::Clean);
  CHECK(exit_code(warned, true) == ExitCode::Findings);
}

TEST_CASE("a policy named twice is one policy", "[cli]") {
  const auto title_of = [](std::vector<std::string> policies) {
    Compilation compilation;
    compilation.names.policies = std::move(policies);
    return title(compilation);
  };
  CHECK(title_of({"shop.weft", "./shop.weft", "x/../shop.weft"}) == "shop");
  CHECK(title_of({"shop.weft", "pci.weft"}) == "2 policies");
  CHECK(title_of({"-"}) == "<stdin>");
}

TEST_CASE("answers are counted, vacuous ones apart", "[cli]") {
  Compilation many = checked(proved);
  for (const verifier::Answer& answer :
       {verifier::Answer(verifier::Proved{true, ""}), verifier::Answer(refuted), verifier::Answer(undecided)}) {
    many.policy.assertions.emplace_back();
    many.report->assertions.push_back({answer});
  }
  const Tally counts = tally(*many.report);
  CHECK(counts.proved == 2);
  CHECK(counts.vacuous == 1);
  CHECK(counts.refuted == 1);
  CHECK(counts.undecided == 1);
  many.names.policies = {"shop.weft"};
  CHECK(summary_text(many) ==
        "shop: 0 rules, no inventory; 2 assertions proved (1 vacuous), 1 refuted, 1 undecided; 0 conflicts\n"
        "  not checked: whether inventory labels lie in the vocabulary and named ports exist: no inventory is given\n");
}
