#pragma once

#include <span>

#include "base/diagnostics.h"
#include "base/source.h"
#include "model/inventory.h"

namespace weft::inventory {

/// The closed world that some texts describe together, its look-ups built (`index()` called).
///
/// Every text is YAML or JSON, and every document in it is Weft's own form or Kubernetes objects; docs/inventory.md is
/// the contract. The order of the texts does not matter, except for the order of instances: theirs is that of the
/// texts, with nodes that only pods speak of at the end.
///
/// Errors are reported (W2xxx) with their place, and the rest is read all the same: check `diagnostics` before use.
/// What is returned keeps the promises of model::Inventory in any case: unique names and addresses, and ids that exist.
model::Inventory read(const Sources& sources, std::span<const SourceId> texts, Diagnostics& diagnostics);

}  // namespace weft::inventory
