#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace weft::lsp {

/// What `character` counts. UTF-16 is what every client can do, UTF-8 what costs nothing.
enum class Encoding : std::uint8_t { Utf8, Utf16, Utf32 };

/// A place as the protocol has it: both from 0.
struct Position {
  std::uint32_t line = 0;
  std::uint32_t character = 0;

  auto operator<=>(const Position&) const = default;
};

/// Where the lines of a text begin, as the protocol counts them: "\n", "\r\n" and "\r" end one. The text must outlive
/// it.
class Lines {
 public:
  Lines(std::string_view text, Encoding encoding);

  std::uint32_t count() const { return static_cast<std::uint32_t>(starts_.size()); }
  /// Never inside a line end; an offset inside a character is that of its begin.
  Position position(std::uint32_t offset) const;
  /// A line behind the last is the end of the text, a character behind the end of its line that end; a place inside a
  /// character (between surrogates) is its begin.
  std::uint32_t offset(Position position) const;
  /// Of a line counted from 0, without what ends it.
  std::string_view line(std::uint32_t number) const;
  std::uint32_t start(std::uint32_t number) const { return starts_[number]; }

 private:
  std::string_view text_;
  Encoding encoding_;
  std::vector<std::uint32_t> starts_;
};

}  // namespace weft::lsp
