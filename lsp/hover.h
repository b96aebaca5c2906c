#pragma once

#include "lsp/view.h"

namespace weft::lsp {

/// What is at a place: whom a selector means and who that is in the inventory, what a rule decides, what a service
/// resolves to, whether a claim is proved. Null where there is nothing to say.
Json hover(const View& view, std::uint32_t offset);

/// "proved: …", "broken: …", "undecided: …", "being proved": how a claim stands. Empty where nobody knows the claim.
std::string proof_state(const View& view, const frontend::ast::AssertionStatement& claim);

}  // namespace weft::lsp
