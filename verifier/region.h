#pragma once

#include <optional>
#include <vector>

#include "verifier/box.h"
#include "verifier/slice.h"

namespace weft::verifier {

/// Flows described by independent choices of source, destination and service.
struct Region {
  Box source;
  Box destination;
  IndexSet services;

  bool empty() const { return source.empty() || destination.empty() || services.empty(); }
};

/// Around all flows that match a rule: a union of regions. None where no flow does.
std::vector<Region> regions_of(const RuleCover& cover);

/// A flow of the region, the plainest that comes to mind; `relations` and named ports are seen to where that is easy.
/// None where it is not.
std::optional<Valuation> flow_in(const Universe& universe, const Region& region,
                                 const std::vector<model::Relation>& relations, const model::PortSet* ports);

}  // namespace weft::verifier
