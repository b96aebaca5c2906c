#pragma once

#include <string>

#include "lsp/view.h"

namespace weft::lsp {

/// What names stand for, beside them: ports of services, sizes of groups.
Json inlay_hints(const View& view, Span part);

/// Lines above rules, groups, claims and tests. What takes a look at the inventory is left for `resolve_lens`.
/// Written JSON.
std::string code_lenses(const View& view);
/// The lens with its words; as it was where what it is about is gone.
Json resolve_lens(const View& view, Json lens);

}  // namespace weft::lsp
