#pragma once

#include <optional>
#include <vector>

#include "model/policy.h"
#include "verifier/box.h"
#include "verifier/universe.h"

namespace weft::verifier {

/// The parts of a policy that can have a say about some set of flows.
struct Slice {
  std::vector<model::RuleId> egress;  ///< rules that speak at the source's gate
  std::vector<model::RuleId> ingress;
  std::vector<model::IsolationId> isolated_sources;
  std::vector<model::IsolationId> isolated_destinations;
};

/// Without the rules that have expired.
Slice in_force(const model::Policy& policy, const Slice& slice, model::Moment now);

/// Where time is cut for the flows of a slice: the moment from which we look, and the deadlines behind it.
std::vector<model::Moment> cuts(const model::Policy& policy, const Slice& slice, model::Moment now);

/// Around all ends a selector matches that have the keys which the relations compare at that end.
Cover cover(const Universe& universe, const model::Selector& selector, const std::vector<model::Relation>& relations,
            model::LabelKey model::Relation::* end);

/// Around all flows that match a rule; an audited one, which decides nothing, has none.
struct RuleCover {
  Cover source;
  Cover destination;
  IndexSet services;
};

/// Covers of rules and isolations, each computed when it is first asked for. Stays on one thread.
class Slicer {
 public:
  /// Both must outlive the slicer.
  Slicer(const model::Policy& policy, const Universe& universe);

  const RuleCover& cover_of(model::RuleId rule) const;
  const Cover& cover_of(model::IsolationId isolation) const;

  /// What cannot match any flow from `source` to `destination` for `services` is left out; so are audited rules, which
  /// decide nothing. Deadlines are the caller's.
  Slice slice(const Cover& source, const Cover& destination, const IndexSet& services) const;
  /// False if no flow matches both rules.
  bool may_overlap(model::RuleId a, model::RuleId b) const;

 private:
  const model::Policy& policy_;
  const Universe& universe_;
  mutable std::vector<std::optional<RuleCover>> rules_;
  mutable std::vector<std::optional<Cover>> isolations_;
};

}  // namespace weft::verifier
