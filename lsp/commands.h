#pragma once

#include <string>

#include "lsp/view.h"

namespace weft::lsp {

/// As Markdown: "`web-1 -> db-0 : tcp/5432` is denied", and why, gate by gate. Throws where the question cannot be read
/// or answered.
std::string explain_decision(const View& view, const std::string& question);

/// The test around a place, or all of the text where there is none.
std::string run_tests_at(const View& view, std::uint32_t offset);

/// "`the shop`: 3 expectations hold", or those that do not and why. Without a name, every test of the text. Throws
/// where there is none of that name.
std::string run_tests(const View& view, const std::string& name);

}  // namespace weft::lsp
