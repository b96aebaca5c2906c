#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/source.h"
#include "model/inventory.h"
#include "model/policy.h"
#include "verifier/precedence.h"

namespace weft::verifier {

/// A label value that nobody has, and one near it that somebody has.
struct Misspelt {
  model::LabelKey key;
  std::string written;
  std::string meant;

  bool operator==(const Misspelt&) const = default;
};

/// A selector that matches nobody of an inventory, nor any address of the world.
struct NobodySelected {
  std::string selector;  ///< as policy text; of a group its name
  bool group = false;
  Span span{};              ///< the statement that uses it first, or the group
  std::size_t further = 0;  ///< other statements that use it
  std::optional<Misspelt> misspelt{};

  bool operator==(const NobodySelected&) const = default;
};

/// A range of addresses in which workloads or nodes have some.
struct RangeWithOwners {
  bool world_only = false;   ///< `world RANGE`, which does not match them; else `addr RANGE`, which does
  bool with_labels = false;  ///< of `addr RANGE`: labels are asked for as well
  std::string range;         ///< "10.0.0.0/8"; with labels the whole selector
  Span span{};               ///< the statement that uses it first
  std::size_t further = 0;   ///< other statements that use it
  std::size_t workloads = 0;
  std::size_t nodes = 0;
  std::string example;             ///< the name of one of them
  model::Address example_address;  ///< and its address in the range

  bool operator==(const RangeWithOwners&) const = default;
};

/// Workloads that may open connections but can ask no name server: nobody is reached on udp/53.
struct NoNames {
  std::optional<Statement>
      decider{};  ///< denies the example its question at the source; none: the profile, or the other end
  std::vector<std::string> workloads;  ///< in the order of the inventory
  std::string reached;                 ///< whom the first of them may reach
  model::ServicePoint service{};       ///< on what

  bool operator==(const NoNames&) const = default;
};

/// What is odd about a policy in one inventory: the closed world.
struct ClosedFindings {
  std::vector<NobodySelected> nobody;
  std::vector<RangeWithOwners> ranges;
  std::vector<NoNames> no_names;

  bool operator==(const ClosedFindings&) const = default;
};

}  // namespace weft::verifier
