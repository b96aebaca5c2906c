#pragma once

#include <vector>

#include "plan/plan.h"

namespace weft::plan {

/// Chooses for one family how addresses find their identity: `hosts` are single addresses of workloads and nodes,
/// `world` the ranges of everything else (covering the family); both ascend. Dense hosts get direct-indexed tables (at
/// most four, of at most 16 Mi addresses each), the others an exact table, networks a prefix table.
IdentityLayout choose_layout(model::Family family, const std::vector<IdentityLayout::Exact>& hosts,
                             const std::vector<IdentityRange>& world);

/// The identity of an address by that layout.
Identity identify(const IdentityLayout& layout, const model::Address& address);

}  // namespace weft::plan
