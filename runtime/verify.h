#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "bundle/bundle.h"
#include "runtime/runtime.h"

namespace weft::runtime {

/// What was compared of the programs that are loaded, and what of it is not as in the bundle.
struct Verified {
  std::size_t programs = 0;  ///< of which each namespace has one pair
  std::size_t tables = 0;    ///< and maps, of all of them
  std::size_t entries = 0;   ///< of maps
  /// "weft1: `10.0.0.7` is class 9 in `weft_exact4`, not class 4"; of a table some, and how many more. Empty: all is
  /// as in the bundle.
  std::vector<std::string> differences;
};

/// Reads every table of the programs that are loaded, element by element, and compares it with that bundle: what has
/// been changed behind Weft's back is found, wherever it is. `identity` is that of the bundle; that another one is
/// loaded, or none, is a difference. What programs write themselves (counters, connections) is not compared.
///
/// Errors: W6001, W6002 where the kernel lets nobody see the tables, W6006, W6008, W6010, W6011.
Result<Verified> verify(const bundle::Bundle& bundle, const std::string& identity, const StatusOptions& options = {});

}  // namespace weft::runtime
