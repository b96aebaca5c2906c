#pragma once

#include <cstddef>
#include <functional>
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

/// True if every flow of the region is in one of the others, as far as one look tells.
bool lies_in_one_of(const Universe& universe, const Region& region, const std::vector<Region>& others);

/// Looks for a flow of `region` that lies in none of `taken`, trying at most `effort` ways of leaving them. `accept`
/// is asked about each region that is left and answers whether it will do. True if one did; false says nothing.
bool escapes(const Universe& universe, const Region& region, const std::vector<std::vector<Region>>& taken,
             std::size_t effort, const std::function<bool(const Region&)>& accept);

/// A flow of the region, the plainest that comes to mind; `relations` and named ports are seen to where that is easy.
/// None where it is not.
std::optional<Valuation> flow_in(const Universe& universe, const Region& region,
                                 const std::vector<model::Relation>& relations, const model::PortSet* ports);

}  // namespace weft::verifier
