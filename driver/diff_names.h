#pragma once

#include <optional>
#include <string>
#include <vector>

namespace weft::driver {

/// What is to be compared.
struct DiffNames {
  std::string before;                      ///< a file, a directory, `-`, a revision of git, or `REVISION:PATH`
  std::optional<std::string> after{};      ///< the same; none: what the working tree has
  std::vector<std::string> policies{};     ///< what a revision alone stands for; empty: its project, or the directory
  std::vector<std::string> inventories{};  ///< of both; empty: each side's own
  std::string project{};                   ///< of the working tree, where the paths say nothing else
};

}  // namespace weft::driver
