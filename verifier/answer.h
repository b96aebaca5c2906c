#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/source.h"
#include "model/evaluate.h"
#include "model/peer.h"
#include "model/policy.h"

namespace weft::verifier {

/// A concrete flow that shows a claim false, with what `model::evaluate` says about it. Nothing in it points outside.
/// Two workloads or nodes are different instances: the source is instance 0, the destination instance 1.
struct Witness {
  std::string source_name{};  ///< in the inventory; empty of the world, and of what may exist or not
  std::string destination_name{};
  model::Peer source;
  model::Peer destination;
  std::optional<model::Address> source_address;       ///< none where no selector of the policy looks at addresses
  std::optional<model::Address> destination_address;  ///< the world always has one
  model::ServicePoint service{};
  model::Moment moment = model::before_all;  ///< when it happens
  model::Decision decision;                  ///< at that moment

  /// The flow, pointing into this witness.
  model::Flow flow() const;
  bool operator==(const Witness&) const = default;
};

/// "workload {app: \"web\", env: \"prod\"}", "node {zone: \"a\"}", "world at 203.0.113.1".
std::string describe_source(const Witness& witness);
std::string describe_destination(const Witness& witness);
/// One line: "workload {app: \"web\"} -> world at 203.0.113.1 : tcp/5432".
std::string describe(const Witness& witness);
/// One line about a gate: its verdict and what decided it, with the place: "egress at the source: allow by `shop` at
/// shop.weft:14:3 (tier app)". A gate that does not exist says so.
std::string describe_gate(const Witness& witness, model::Direction direction, const model::Policy& policy,
                          const Sources& sources);
/// The flow and both gates, three lines.
std::string to_string(const Witness& witness, const model::Policy& policy, const Sources& sources);

/// The claim holds for every flow there can be.
struct Proved {
  bool vacuous = false;  ///< nothing at all can match the claim's selectors
  std::string why;       ///< on what it rests, for reports

  bool operator==(const Proved&) const = default;
};

struct Refuted {
  Witness witness;  ///< of a chain that must not be: its last flow
  std::vector<Witness>
      chain{};  ///< of a chain that must not be: its flows in order, each from where the one before led

  bool operator==(const Refuted&) const = default;
};

/// Neither proved nor refuted; never a pass.
struct Undecided {
  std::string why;

  bool operator==(const Undecided&) const = default;
};

using Answer = std::variant<Proved, Refuted, Undecided>;

}  // namespace weft::verifier
