#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "model/evaluate.h"
#include "model/inventory.h"
#include "model/policy.h"
#include "verifier/precedence.h"

namespace weft::verifier::test {

/// Every end and service a small policy can tell apart, written out by hand: the slow and obvious way.
struct World {
  std::vector<model::Peer> peers;         ///< without instance
  std::vector<model::Address> addresses;  ///< empty: workloads and nodes carry none
  std::vector<model::ServicePoint> services;
  std::vector<model::PortName> names;
  bool apiserver = false;  ///< try each address with and without it
};

/// What all flows of the world say at some moments, by `model::evaluate` alone.
struct BruteForce {
  struct Claim {
    bool matched = false;  ///< some flow matches the selectors
    bool broken = false;
    bool operator==(const Claim&) const = default;
  };
  std::vector<model::Moment> moments;      ///< `now`, and every deadline behind it
  std::vector<std::vector<Claim>> claims;  ///< by moment, one per assertion
  std::set<std::pair<model::RuleId, model::RuleId>> conflicts;
  std::set<std::pair<model::BlockId, model::BlockId>> ambiguous;
  std::set<Statement> deciders;  ///< rules and isolations that end or lead on the walk of some flow
  /// What becomes of every flow at every moment, in one order: 0 denied, 1 allowed, 2 no gate; egress, then ingress.
  std::vector<std::uint8_t> verdicts;
  std::size_t flows = 0;
};

/// Every flow between two different instances of the world.
void each_flow(const World& world, const std::function<void(const model::Flow&)>& visit);

BruteForce try_all(const model::Policy& policy, const World& world, model::Moment now);
BruteForce try_all(const model::Policy& policy, const World& world, const std::vector<model::Moment>& moments);

}  // namespace weft::verifier::test
