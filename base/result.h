#pragma once

#include <expected>
#include <string>

namespace weft {

/// Trouble of the machine's (a file, the kernel, a permission), as the edges report it.
struct Error {
  std::string code;     ///< stable, "W6003"
  std::string message;  ///< what was seen: lower case, no full stop
  std::string help;     ///< the remedy, or empty

  bool operator==(const Error&) const = default;
};

template <typename T>
using Result = std::expected<T, Error>;

}  // namespace weft
