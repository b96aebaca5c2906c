#pragma once

#include <span>
#include <string_view>

/// The policies that come with weft, as texts: the folder's .weft files, built in.
namespace weft::stdlib_policies {

struct Module {
  std::string_view name;  ///< as it is imported: "std.core.dns"
  std::string_view path;  ///< as people are shown it: "std/core/dns.weft"
  std::string_view text;
};

/// In the order of their paths.
std::span<const Module> modules();

}  // namespace weft::stdlib_policies
