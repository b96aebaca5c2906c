#pragma once

#include "lsp/view.h"
#include "model/policy.h"

namespace weft::lsp {

// The call hierarchy of editors as reachability in the inventory: who may reach these, whom may they reach.

/// Those whom the selector at a place means, as one item; null where none is.
Json prepare_hierarchy(const View& view, std::uint32_t offset);
/// Who may open connections to the members of an item (Ingress), or to whom they may (Egress): by the rule that lets
/// them, and for which services.
Json calls(const View& view, const Json& item, model::Direction direction);

/// Whom the members of each group may reach, on what, and by which rule, as Markdown. Throws where nobody can say.
std::string reachability(const View& view);

}  // namespace weft::lsp
