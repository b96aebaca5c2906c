#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

enum class SourceId : std::uint32_t {};

/// A byte range of one source. `begin == end` marks a point between two bytes.
struct Span {
  SourceId source{};
  std::uint32_t begin = 0;
  std::uint32_t end = 0;

  bool operator==(const Span&) const = default;
};

/// A place as people count it: both start at 1; `column` counts bytes of UTF-8 text before it, plus one.
struct Position {
  std::uint32_t line = 1;
  std::uint32_t column = 1;

  bool operator==(const Position&) const = default;
};

/// One text that was read. Lines end at "\n"; a "\r" before it belongs to the line end.
class Source {
 public:
  Source(std::string name, std::string text);

  const std::string& name() const { return name_; }
  const std::string& text() const { return text_; }
  std::uint32_t line_count() const { return static_cast<std::uint32_t>(line_starts_.size()); }
  Position position(std::uint32_t offset) const;
  /// The text of a line (counted from 1) without its line end.
  std::string_view line(std::uint32_t number) const;

 private:
  std::string name_;
  std::string text_;
  std::vector<std::uint32_t> line_starts_;
};

/// Every text of one run. Sources are only added, so ids, spans and references stay valid.
class Sources {
 public:
  SourceId add(std::string name, std::string text);
  const Source& operator[](SourceId id) const { return sources_[static_cast<std::uint32_t>(id)]; }
  std::size_t size() const { return sources_.size(); }

  std::string_view text(Span span) const;
  /// "shop.weft:14:3", the form people and editors can jump to.
  std::string location(Span span) const;

 private:
  std::deque<Source> sources_;
};

/// A source that is not text: the offset of the first byte that is no valid UTF-8, or `npos`.
std::size_t first_invalid_utf8(std::string_view text);

}  // namespace weft
