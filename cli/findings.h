#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "base/source.h"
#include "cli/exit_code.h"
#include "cli/places.h"

namespace weft::cli {

/// One place that a flow passes, and what happens to it there.
struct Step {
  Span span;
  std::string text;  ///< "hop 1: web -> api : tcp/443; egress at the source: allow by …"
};

/// What a run found, for the formats that other tools read (cli/sarif.h, cli/github.h, cli/gitlab.h). A command that
/// has diagnostics has all of them.
struct Findings {
  const Diagnostics& diagnostics;
  const Sources& sources;
  ExitCode code = ExitCode::Clean;
  std::string title;                 ///< what was looked at
  std::string subject;               ///< the file to name where a finding has no place; may be empty
  std::vector<std::string> remarks;  ///< questions nobody answered
  std::map<const Diagnostic*, std::vector<Step>> flows{};  ///< how what must not be allowed is: rule by rule
};

/// Errors, then warnings, then notes; each in the order they were found.
std::vector<const Diagnostic*> most_severe_first(const Diagnostics& diagnostics);

/// The sentence, and a line for every note and help.
std::string whole_text(const Diagnostic& diagnostic);

/// Names findings so that they are known again in a later run. A name hangs on the code, the file and the text of the
/// lines that the places of the finding lie on, with blanks taken for one; on no line number, so it stays when lines
/// are inserted before. No two findings of a run have the same: those alike in all this are counted.
class Fingerprints {
 public:
  Fingerprints(const Sources& sources, const Places& places) : sources_(sources), places_(places) {}

  /// "1f3a0cd27e5b9846:1". Asked in the order of the diagnostics.
  std::string next(const Diagnostic& diagnostic);

 private:
  const Sources& sources_;
  const Places& places_;
  std::map<std::uint64_t, std::size_t> seen_;  // how many had this name
};

}  // namespace weft::cli
