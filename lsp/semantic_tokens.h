#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "lsp/view.h"

namespace weft::lsp {

/// The kinds and properties that numbers in the answers stand for.
Json semantic_tokens_legend();

/// Every word of a text, or of a part of it, five numbers each.
std::vector<std::uint32_t> semantic_tokens(const View& view, std::optional<Span> part = {});

/// What to replace in `before` to get `after`: one splice, or none.
Json token_edits(const std::vector<std::uint32_t>& before, const std::vector<std::uint32_t>& after);

}  // namespace weft::lsp
