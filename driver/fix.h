#pragma once

#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "base/result.h"
#include "driver/compile.h"

namespace weft::driver {

/// One fix that was made.
struct MadeFix {
  std::string location;  ///< where, in the text as it was then
  std::string code;
  std::string title;
};

/// A file that fixes change.
struct FixedFile {
  std::string name;
  std::string before;
  std::string after;
};

struct FixOutcome {
  std::vector<MadeFix> made;      ///< in the order they were made
  std::vector<FixedFile> files;   ///< in the order they were read
  std::vector<std::string> kept;  ///< texts that have fixes and are no files: standard input, pipes
  bool unfinished = false;        ///< after the last round there would be more
  InputNames names;               ///< the inputs with the changed texts in place
};

/// Makes every fix that needs nobody's judgement, in memory, round by round until none is left, and at most ten times.
/// Only regular files among the inputs change. Nothing is written.
FixOutcome fix(const InputNames& names, const Options& options);

/// Replaces the file in one step, keeping its mode; a link stays a link to it.
///
/// Errors: W9019, also where the file is no longer what was read.
Result<void> write_fixed(const FixedFile& file);

}  // namespace weft::driver
