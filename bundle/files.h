#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace weft::bundle {

/// Takes the bytes of a file, piece by piece.
using Sink = std::function<Result<void>(std::string_view)>;

struct NamedFile {
  std::string name;
  /// Gives the bytes to a sink, and the sink's error back where it has one.
  std::function<Result<void>(const Sink&)> contents;
};

/// Puts a directory with exactly these files in place of `directory`, in one step: a reader sees the old one or the new
/// one. A directory that exists is only replaced if it is empty or holds none but these names, all of `required` among
/// them.
///
/// What is in place is on the disk: every file, the directory and its new name are synced before this returns.
///
/// Errors: W5001 with the path and the reason, or that of a file's contents; nothing is left behind.
Result<void> replace_directory(const std::filesystem::path& directory, std::span<const NamedFile> files,
                               std::span<const std::string_view> required);

/// Reads the named files of one directory, even while another process replaces it: all of the old one or all of the new
/// one.
///
/// Errors: W5002 where one is missing, unreadable or no plain file; W5003 where one is larger than `limit` bytes.
Result<std::vector<std::string>> read_directory(const std::filesystem::path& directory,
                                                std::span<const std::string_view> names, std::size_t limit);

}  // namespace weft::bundle
