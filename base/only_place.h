#pragma once

#include <optional>
#include <string_view>

#include "base/source.h"

namespace weft {

/// Where some words of policy text stand within a span: nothing where they do not, or more than once. Comments are
/// passed over, and what stands in double quotes is found only by words that begin with one. A part of a longer word is
/// no place of it.
std::optional<Span> only_place(const Sources& sources, Span within, std::string_view wanted);

}  // namespace weft
