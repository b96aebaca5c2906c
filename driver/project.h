#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostics.h"
#include "base/source.h"
#include "model/profile.h"

namespace weft::driver {

/// What a `weft.toml` says. Names of files are as they are opened from, and shown in, the working directory.
struct Project {
  struct ProfileChoice {
    model::Profile profile;
    Span span{};
  };
  std::string name;                                     ///< without `name`, the name of its directory
  std::vector<std::string> policies;                    ///< without `sources`, the directory itself
  std::optional<std::vector<std::string>> inventories;  ///< none: what lies beside the policies
  std::optional<ProfileChoice> profile;
  LintLevels levels;                      ///< of `[lint]`
  std::uint32_t days_before_expiry = 14;  ///< of `[lint]`: rules that expire sooner are told of; 0 is none
  std::optional<std::string> output;      ///< of `weft build`
  bool stateless = false;
  std::optional<std::uint64_t> max_table_bytes;
};

/// The `weft.toml` that holds here: of the working directory or the nearest directory above it, no further than one
/// with a `.git` in it. Empty where there is none. The name is relative to the working directory: "../weft.toml".
std::string find_project();

/// Reads a project file and looks up what its names and patterns stand for: files, directories, and patterns with `*`
/// (any text), `?` (one character) and `**` (any directories). What it gets wrong is reported at its place, and left
/// out.
///
/// Errors: W9002 (a file it names is missing), W9003, W9020 to W9025, W9027.
Project read_project(const std::string& file, Sources& sources, Diagnostics& diagnostics);

}  // namespace weft::driver
