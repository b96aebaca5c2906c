#pragma once

#include <string>

#include "lsp/view.h"

namespace weft::lsp {

// Answers about the name at a place; null or empty where there is none.
Json definition(const View& view, std::uint32_t offset);
Json references(const View& view, std::uint32_t offset, bool with_declaration);
Json highlights(const View& view, std::uint32_t offset);
/// `{range, placeholder}`; throws where the name is none that can be changed.
Json prepare_rename(const View& view, std::uint32_t offset);
/// Every place that means the same, in every file. Throws where the new name is taken or none.
Json rename(const View& view, std::uint32_t offset, const std::string& name);
/// Imports, each with the file it reads.
Json document_links(const View& view);

}  // namespace weft::lsp
