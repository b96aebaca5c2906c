#pragma once

#include <cstdint>
#include <vector>

#include "base/diagnostics.h"

// Private to this folder.
namespace weft::frontend {

/// Where the braces and the headers of blocks of a whole text stand: what a mistake in the middle has to be judged by.
class Outline {
 public:
  Outline(const Sources& sources, SourceId source);

  /// Whether the text from `begin` on holds the `}` of all of the `open` blocks around it.
  bool closes(std::uint32_t begin, std::size_t open) const;

 private:
  enum class Kind : std::uint8_t { Header, Open, Close };
  struct Mark {
    std::uint32_t begin;
    Kind kind;
  };

  std::vector<Mark> marks_;
};

}  // namespace weft::frontend
