#include "frontend/unedited.h"

#include <algorithm>
#include <utility>

#include "frontend/shift.h"

namespace weft::frontend {

using Kind = LastReading::Part::Kind;

Unedited::Unedited(LastReading& last, std::string_view now) : last_(last) {
  const std::string_view was = last.text;
  const std::size_t shorter = std::min(was.size(), now.size());
  const auto same = [&](std::size_t count, auto first, auto second) {
    return static_cast<std::size_t>(std::mismatch(first, first + static_cast<std::ptrdiff_t>(count), second).first -
                                    first);
  };
  before_ = same(shorter, was.begin(), now.begin());
  // No byte counts twice: what stands in both parts would be given away twice.
  behind_ = now.size() - same(shorter - before_, was.rbegin(), now.rbegin());
  moved_ = static_cast<std::int64_t>(now.size()) - static_cast<std::int64_t>(was.size());
}

const LastReading::Part* Unedited::find(Kind kind, std::uint32_t begin, std::uint32_t end) {
  std::int64_t from = begin;
  if (end > before_) {
    if (begin < behind_) return nullptr;
    from -= moved_;
  }
  const auto found =
      std::ranges::lower_bound(last_.parts, static_cast<std::uint32_t>(from), {}, &LastReading::Part::begin);
  if (found == last_.parts.end() || found->begin != from || found->kind != kind) return nullptr;
  return found->end - found->begin == end - begin ? &*found : nullptr;
}

namespace {

template <typename Part>
Part moved(Part& part, std::uint32_t from, std::uint32_t to) {
  Part out = std::move(part);
  if (from != to) shift(out, static_cast<std::int64_t>(to) - static_cast<std::int64_t>(from));
  return out;
}

}  // namespace

// What the block holds stays behind: each part of it is asked for by itself.
template <typename Block, typename Items>
std::optional<Block> Unedited::header(Kind kind, Items Block::* items, std::uint32_t begin, std::uint32_t end) {
  const auto* part = find(kind, begin, end);
  if (part == nullptr) return {};
  auto& block = std::get<Block>(last_.file.statements[part->statement]);
  Items held = std::exchange(block.*items, {});
  block.close.reset();
  std::optional<Block> out = moved(block, part->begin, begin);
  ((*out).*items).reserve(held.size());
  block.*items = std::move(held);
  return out;
}

template <>
std::optional<ast::Statement> Unedited::take(std::uint32_t begin, std::uint32_t end) {
  const auto* part = find(Kind::Statement, begin, end);
  if (part == nullptr) return {};
  return moved(last_.file.statements[part->statement], part->begin, begin);
}

template <>
std::optional<ast::PolicyStatement> Unedited::take(std::uint32_t begin, std::uint32_t end) {
  return header(Kind::PolicyHeader, &ast::PolicyStatement::items, begin, end);
}

template <>
std::optional<ast::PolicyItem> Unedited::take(std::uint32_t begin, std::uint32_t end) {
  const auto* part = find(Kind::PolicyItem, begin, end);
  if (part == nullptr) return {};
  auto& policy = std::get<ast::PolicyStatement>(last_.file.statements[part->statement]);
  return moved(policy.items[part->item], part->begin, begin);
}

template <>
std::optional<ast::TestStatement> Unedited::take(std::uint32_t begin, std::uint32_t end) {
  return header(Kind::TestHeader, &ast::TestStatement::expectations, begin, end);
}

template <>
std::optional<ast::Expectation> Unedited::take(std::uint32_t begin, std::uint32_t end) {
  const auto* part = find(Kind::Expectation, begin, end);
  if (part == nullptr) return {};
  auto& test = std::get<ast::TestStatement>(last_.file.statements[part->statement]);
  return moved(test.expectations[part->item], part->begin, begin);
}

}  // namespace weft::frontend
