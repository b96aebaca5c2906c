#pragma once

#include <string>
#include <vector>

#include "cli/exit_code.h"
#include "driver/compile.h"

namespace weft::cli {

/// How often each answer was given.
struct Tally {
  std::size_t proved = 0;
  std::size_t vacuous = 0;  ///< of the proved: because no flow can match
  std::size_t refuted = 0;
  std::size_t undecided = 0;
  std::size_t conflicts = 0;
  std::size_t ambiguous = 0;
  std::size_t dead = 0;  ///< statements, policies and tiers that could go
};

Tally tally(const verifier::Report& report);

/// What a compilation that went as far as the check says to the shell: the first of internal, input, findings,
/// undecided that applies.
ExitCode exit_code(const driver::Compilation& compilation, bool strict);

/// "online-boutique" for the directory or the file of that name, "3 policies" for several; the name of the project
/// where it is all of the project.
std::string title(const driver::Compilation& compilation);

/// Questions nobody answered: those the verifier names, and those only an inventory can answer.
std::vector<std::string> not_checked(const driver::Compilation& compilation);

/// What a tired reader wants to know: one line, and one for everything that was not checked.
std::string summary_text(const driver::Compilation& compilation);

/// A line for every assertion: its answer, and what a proof rests on.
std::string grounds_text(const driver::Compilation& compilation);

/// The same and every finding with its witness as one JSON document.
/// `fixed` is what was fixed before, as JSON, or empty.
std::string report_json(const driver::Compilation& compilation, ExitCode code, const std::string& fixed = {});

}  // namespace weft::cli
