#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "lsp/positions.h"

namespace weft::lsp {

/// Writes JSON piece by piece. For answers that grow with the text, which as values would be made of a million parts.
/// The caller says what is what: only commas and quotes are seen to here.
class JsonText {
 public:
  JsonText& open(char bracket);
  JsonText& close(char bracket);
  JsonText& key(std::string_view name);
  /// Bytes that are no valid UTF-8 come out as U+FFFD.
  JsonText& text(std::string_view value);
  JsonText& number(std::uint64_t value);
  /// What is JSON already.
  JsonText& written(std::string_view json);
  /// `{"start":…,"end":…}`
  JsonText& range(Position start, Position end);

  std::string take() && { return std::move(out_); }

 private:
  void separate();

  std::string out_;
  bool first_ = true;  ///< nothing stands before what comes, in its list or object or behind its key
};

}  // namespace weft::lsp
