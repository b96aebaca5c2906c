#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "base/source.h"
#include "codegen/codegen.h"
#include "plan/plan.h"

namespace weft::codegen {

/// Where a statement of the policy stands.
struct Place {
  const Source* source = nullptr;
  Position position;
};

/// The statements that make a program have instructions of its own. All other rules are bits in rows, which no
/// instruction stands for: the manifest says by entry number where they are written.
struct Places {
  std::vector<std::optional<Place>> conditions;  ///< by position in DecisionPlan::conditions
  std::map<std::uint8_t, Place> protocols;       ///< of those whose values some rule tells apart
};

/// The first rule in source order that asks for each of them; nothing where the origin is not known.
Places places_of(const plan::DecisionPlan& plan, const Options& options);

}  // namespace weft::codegen
