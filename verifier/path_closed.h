#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "model/inventory.h"
#include "model/policy.h"
#include "verifier/path.h"
#include "verifier/verifier.h"

namespace weft::verifier {

class Connectivity;
class PartyGraph;

/// A chain of flows in the inventory of the graph that a `never … ~>` forbids; nothing where there is none, or where
/// none was found in so many rows of classes. What the evaluator does not confirm goes to `asked`. The graph must tell
/// apart what the claim asks for.
std::optional<std::vector<Witness>> chain_that_breaks(const PartyGraph& parties, const model::Assertion& claim,
                                                      std::size_t max_rows, Asked& asked);

/// Proves or refutes claims `in inventory`: about the workloads and nodes that one inventory lists, and the world
/// around them. Worked out from who may talk to whom (engine A), without a solver; every flow that is shown was decided
/// by `model::evaluate`.
class ClosedWorld {
 public:
  /// All three must outlive it; the inventory must be indexed.
  ClosedWorld(const model::Policy& policy, const model::Inventory& inventory, const Options& options);
  ~ClosedWorld();
  ClosedWorld(const ClosedWorld&) = delete;
  ClosedWorld& operator=(const ClosedWorld&) = delete;

  /// The answer to one of the claims that say `in inventory`: one for each stretch of time, neighbours differ; at least
  /// one.
  std::vector<TimedAnswer> holds(std::size_t assertion, Asked& asked);

 private:
  const Connectivity& at(model::Moment moment);

  const model::Policy& policy_;
  const model::Inventory& inventory_;
  const Options& options_;
  model::Policy marked_;  // with the claims as rules that decide nothing, so that they tell classes and services apart
  std::map<model::Moment, std::unique_ptr<const Connectivity>> graphs_;
};

}  // namespace weft::verifier
