#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "frontend/reread.h"

// Private to this folder.
namespace weft::frontend {

/// What can be had again of the last reading of a text: the parts that lie before the first byte or behind the last one
/// in which the two texts differ.
class Unedited {
 public:
  /// `last` must outlive it, and gives its parts away.
  Unedited(LastReading& last, std::string_view now);

  /// The part of that form that was all the text from `begin` to `end`, in its place of now; nothing where there was
  /// none. Headers come with room for what their block held.
  template <typename Part>
  std::optional<Part> take(std::uint32_t begin, std::uint32_t end);

 private:
  const LastReading::Part* find(LastReading::Part::Kind kind, std::uint32_t begin, std::uint32_t end);
  template <typename Block, typename Items>
  std::optional<Block> header(LastReading::Part::Kind kind, Items Block::* items, std::uint32_t begin,
                              std::uint32_t end);

  LastReading& last_;
  std::size_t before_;  ///< bytes at the beginning that are the same
  std::size_t behind_;  ///< where those at the end begin, in the text of now
  std::int64_t moved_;  ///< by how much these have moved
};

template <>
std::optional<ast::Statement> Unedited::take(std::uint32_t begin, std::uint32_t end);
template <>
std::optional<ast::PolicyStatement> Unedited::take(std::uint32_t begin, std::uint32_t end);
template <>
std::optional<ast::PolicyItem> Unedited::take(std::uint32_t begin, std::uint32_t end);
template <>
std::optional<ast::TestStatement> Unedited::take(std::uint32_t begin, std::uint32_t end);
template <>
std::optional<ast::Expectation> Unedited::take(std::uint32_t begin, std::uint32_t end);

}  // namespace weft::frontend
