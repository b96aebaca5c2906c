#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "frontend/ast.h"

namespace weft::frontend {

/// A text as it was read last, for who reads it again after an edit.
struct LastReading {
  /// A statement, a header or what stands in a block, whose reading hangs on nothing but its own text.
  struct Part {
    enum class Kind : std::uint8_t { Statement, PolicyHeader, PolicyItem, TestHeader, Expectation };

    Kind kind = Kind::Statement;
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    std::uint32_t statement = 0;  ///< which one of the file it is, or is part of
    std::uint32_t item = 0;       ///< which one of that policy or test
  };

  std::string text;
  ast::File file;           ///< whoever borrows it puts it back as it was, but for `lost` and `library`
  std::vector<Part> parts;  ///< in text order
};

/// What `parse` gives of the text of now. What stands before and behind all that was edited is moved from `last`, which
/// then knows this text; only its `file` is the caller's to put back. Costs a scan of the text, and the reading of what
/// was edited.
ast::File parse_again(const Sources& sources, SourceId source, Diagnostics& diagnostics, LastReading& last);

}  // namespace weft::frontend
