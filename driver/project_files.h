#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace weft::driver {

/// The name by which the working directory reaches what a project file in `directory` (a name in the working directory
/// too, empty for itself) calls `entry`.
std::string reached_from_here(const std::filesystem::path& directory, const std::string& entry);

/// True if the entry is a pattern and no name.
bool is_pattern(const std::string& entry);

/// The regular files below `directory` whose names match: `*` any text and `?` one character within a name, `**` any
/// number of directories. Hidden files and directories are matched only by a name that begins with a dot. Sorted.
std::vector<std::string> matching_files(const std::filesystem::path& directory, const std::string& pattern);

}  // namespace weft::driver
