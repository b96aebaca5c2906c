#pragma once

#include <optional>
#include <string_view>

namespace weft::cli {

/// The parts of a line of a batch, as they stand in it.
struct PlainLine {
  std::string_view id;       ///< a number or a text with its quotes; empty where the line has none
  std::string_view from;     ///< a text with its quotes, or an object
  std::string_view to;       ///< the same
  std::string_view service;  ///< without its quotes

  bool operator==(const PlainLine&) const = default;
};

/// Cuts a line that is written as nearly all are: printable ASCII, no escapes, no key twice, small numbers. Nothing
/// where it is not, whether or not it is JSON. What it cuts is JSON if the objects in it are; these are told from the
/// rest by their brackets and not read.
std::optional<PlainLine> cut_plain_line(std::string_view line);

}  // namespace weft::cli
