#pragma once

#include <optional>

#include "model/service.h"

namespace weft::verifier {

/// A point that a packet can ask for, one that people know if there is one: protocols without ports and types have the
/// one value 0. None where no packet can ask for any of the points. Every witness takes its service from here.
std::optional<model::ServicePoint> familiar_service(const model::ServiceRange& range);
std::optional<model::ServicePoint> familiar_service(const model::PointSet& points);

}  // namespace weft::verifier
