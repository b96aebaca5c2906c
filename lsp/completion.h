#pragma once

#include "lsp/view.h"

namespace weft::lsp {

/// What may be written at a place in `text`, which is the text of the view or one that has been edited since: then what
/// is declared is what was.
Json completion(const View& view, std::string_view text, std::uint32_t offset, const Lines& lines);

/// The parameters of the template whose `use` is written at a place, and which of them is next. Null elsewhere.
Json signature_help(const View& view, std::uint32_t offset);

/// "backend(clients: group, port: service = tcp/443)"
std::string signature_of(const View& view, const frontend::ast::TemplateStatement& pattern);

}  // namespace weft::lsp
