#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "base/source.h"

namespace weft::cli {

/// The column in UTF-16 code units, as editors count them, from 1; `bytes` is how much of the line lies before it.
std::size_t utf16_column(std::string_view line, std::size_t bytes);

/// A span as other tools take it: lines and columns from 1, columns in UTF-16 code units, the end exclusive.
struct Region {
  std::uint32_t first_line = 1;
  std::size_t first_column = 1;
  std::uint32_t last_line = 1;
  std::size_t last_column = 1;

  bool operator==(const Region&) const = default;
};
Region region_of(const Sources& sources, Span span);

/// Where sources lie in the repository that is worked in: the nearest directory upwards with a `.git` in it, or else
/// the working directory. Tools that show findings beside the code know files by their path from there, wherever weft
/// is run.
class Places {
 public:
  explicit Places(const Sources& sources);

  struct Place {
    std::string path;       ///< from the root, with `/`; as it was named where it lies elsewhere or is no file
    bool in_root = false;   ///< a file below the root
    bool absolute = false;  ///< a file elsewhere: `path` begins at `/`
  };
  const Place& of(SourceId source) const { return places_.at(source); }
  const Place& of(Span span) const { return of(span.source); }
  /// The same for a name that was given, whether or not there is such a file.
  Place of_name(const std::string& name) const;

 private:
  std::filesystem::path root_;
  std::map<SourceId, Place> places_;
};

}  // namespace weft::cli
