#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "driver/preferences.h"
#include "driver/project.h"
#include "driver/texts.h"

namespace weft::driver {

/// One policy of a workspace: what a `weft.toml` puts together, or the files of a directory, or one file by itself.
/// All paths are absolute.
struct UnitName {
  enum class Kind : std::uint8_t { Project, Directory, File };

  Kind kind = Kind::File;
  std::string path;     ///< of the `weft.toml`, the directory, or the file
  std::string project;  ///< of a file: the `weft.toml` that holds for it though it does not name it; may be empty

  auto operator<=>(const UnitName&) const = default;
  /// The directory from which its files are named for people.
  std::string directory() const;
};

/// The files that belong to a unit before anything is imported.
struct UnitFiles {
  std::optional<Project> project;  ///< its places are in the first of a set of sources
  std::string project_text;
  Diagnostics diagnostics;  ///< of the project file
  std::vector<std::string> policies;
  std::vector<std::string> inventories;
};

/// The `weft.toml` that holds in that directory: its own or that of the nearest directory above it, no further than one
/// with a `.git` in it. Empty where there is none.
std::string project_above(const std::string& directory);

UnitFiles files_of(const UnitName& name, const Texts& texts, const Preferences& preferences = {});

}  // namespace weft::driver
