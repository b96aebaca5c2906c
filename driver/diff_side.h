#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "driver/compile.h"
#include "driver/revision.h"

namespace weft::driver {

/// A policy that a word stands for: a file, a directory, or what a revision of git holds.
struct SideNames {
  std::string name;  ///< for people: "HEAD~1:policies", "shop.weft"
  InputNames inputs;
  bool absent = false;               ///< the revision has no policy there: an empty one stands for it
  std::optional<Revision> revision;  ///< whose files `inputs` names, as long as this lives
};

/// `REVISION:PATH` as its two parts; any other word as it is, and no path.
std::pair<std::string, std::optional<std::string>> split_side(const std::string& word);

/// What a word means: a file or directory with the project around it, `-`, `REVISION:PATH`, or a revision, of which
/// `paths` are meant, and without any its project or the working directory as it was. A revision from before there was
/// any policy at the paths is an empty policy; where the word itself names the path, that is a mistake.
///
/// Errors: W3040 and W3041, as of `Revision`.
Result<SideNames> find_side(const std::string& word, const std::vector<std::string>& paths);

/// One of two policies that are compared.
struct DiffSide {
  std::string name;
  bool absent = false;  ///< as of `SideNames`
  std::optional<Revision> revision;
  Compilation compilation;  ///< its sources have names for people
};

/// Reads it; what is wrong with it is said by the diagnostics of the compilation.
DiffSide compile_side(SideNames names, const Options& options);

}  // namespace weft::driver
