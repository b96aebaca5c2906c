#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/test_report.h"

namespace weft::cli {

/// Runs of blanks and line ends as one blank, and fit for a terminal line.
std::string on_one_line(std::string_view text);

/// `web -> api : tcp/8080 is allow`, on one line.
std::string expectation_text(const driver::ExpectationResult& result, const Sources& sources);

/// Why an expectation failed: the sentence, the flow, its ends and its walk, a line each.
std::vector<std::string> failure_lines(const driver::ExpectationResult& result, const TestRun& run);

/// What no test decides, in the order of the text.
struct Uncovered {
  struct Statement {
    Span span;
    std::string text;
  };
  std::size_t all_rules = 0;       ///< in force: what is audited decides nothing
  std::size_t all_isolations = 0;  ///< audited ones decide, too: they allow
  std::vector<Statement> rules;
  std::vector<Statement> isolations;
  bool profile = false;
};
Uncovered uncovered_by(const TestRun& run);

/// Every failed expectation as an error (W9050).
void add_failures(const TestRun& run, Diagnostics& diagnostics);

/// "2 tests", "1 test".
std::string counted(std::size_t number, std::string_view one, std::string_view many);

}  // namespace weft::cli
