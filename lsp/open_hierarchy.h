#pragma once

#include <cstdint>

#include "lsp/errands.h"
#include "lsp/view.h"
#include "model/policy.h"

namespace weft::lsp {

/// Reachability where nobody is known to exist: items are groups and the ends of rules, and one may reach another if
/// some workload that a group allows may reach some workload that the other allows. That is proved, so it takes its
/// time.

/// CallHierarchyItem[], or null where nobody is meant.
Json prepare_open_hierarchy(const View& view, std::uint32_t offset);
/// True of an item of `prepare_open_hierarchy`, and of those its calls lead to.
bool is_open_item(const Json& item);
/// Who may reach those that an item stands for (Ingress), or whom they may reach (Egress). Throws where the item is
/// none, or the policy is not understood.
Errands::Work open_calls(const View& view, const Json& item, model::Direction direction);

}  // namespace weft::lsp
