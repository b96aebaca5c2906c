#pragma once

#include <string>

#include "lsp/view.h"

namespace weft::lsp {

/// What a text declares, nested as it stands; flat for a client that knows no better. Written JSON.
std::string document_symbols(const View& view);
/// What a policy declares by names in which the letters of the query come in that order.
void add_workspace_symbols(const View& view, const std::string& query, Json& out);
/// Blocks, runs of comments and of imports.
Json folding_ranges(const View& view);
/// For each place the ranges around it, the narrowest first.
Json selection_ranges(const View& view, const Json& positions);

}  // namespace weft::lsp
