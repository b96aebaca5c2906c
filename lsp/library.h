#pragma once

#include <map>
#include <string>
#include <string_view>

namespace weft::lsp {

/// What is built into weft, as files that an editor can open: the standard modules and the pages about codes. They are
/// written when they are first asked for, below the user's cache directory, and are not meant to be changed.
class Library {
 public:
  /// Without a directory to write into, nothing has a URI.
  Library();

  /// Of the module shown as "std/core/dns.weft"; empty where there is none.
  std::string module_uri(std::string_view shown);
  /// Of the page about a code; empty where there is none.
  std::string page_uri(std::string_view code);
  /// True of a path below the library's directory.
  bool holds(std::string_view path) const;

 private:
  std::string file(const std::string& name, std::string_view text);

  std::string directory_;                     ///< empty: none
  std::map<std::string, std::string> files_;  ///< URIs by name, as far as they are written
};

}  // namespace weft::lsp
