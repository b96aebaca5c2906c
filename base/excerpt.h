#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/diagnostics.h"
#include "base/source.h"

// Private to this folder.
namespace weft {

/// The colours of a rendering; all empty where there are none.
struct Palette {
  std::string_view error, warning, note, place, strong, added, removed, reset;
};

/// A span to point at, and what to say there.
struct Mark {
  Span span;
  std::string_view text;
  bool primary = false;
};

/// Writes lines of sources with what is marked in them.
class ExcerptWriter {
 public:
  /// `gutter` is the room for line numbers, `accent` the colour of the primary mark.
  ExcerptWriter(std::string& out, const Sources& sources, const Palette& palette, std::size_t gutter,
                std::string_view accent)
      : out_(out), sources_(sources), palette_(palette), gutter_(gutter), accent_(accent) {}

  /// One line with carets under every mark. All marks begin on that line and end on it.
  void line(std::span<const Mark> marks);
  /// The lines of a span over several, with a stroke from its begin to its end; the middle of a long one is left out.
  void lines(const Mark& mark);
  /// The lines that a fix changes, as they will be.
  void changes(const Fix& fix);

 private:
  void row(std::uint32_t number, char sign, std::string_view color, std::string_view text);
  void remark(std::string_view text);
  void change(const Source& source, std::span<const Edit> edits, std::uint32_t first, std::uint32_t last);

  std::string& out_;
  const Sources& sources_;
  const Palette& palette_;
  std::size_t gutter_;
  std::string_view accent_;
};

/// The line a span ends on: that of its last byte, so that a line end at the end of a span does not count as a line.
std::uint32_t last_line(const Sources& sources, Span span);

}  // namespace weft
