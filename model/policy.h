#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/source.h"
#include "model/profile.h"
#include "model/selector.h"
#include "model/service.h"

namespace weft::model {

enum class Verdict : std::uint8_t { Allow, Deny, Pass };

/// The gate at the source of a flow, or the one at its destination.
enum class Direction : std::uint8_t { Egress, Ingress };

// Positions in the vectors of one Policy.
enum class TierId : std::uint32_t {};
enum class BlockId : std::uint32_t {};
enum class RuleId : std::uint32_t {};
enum class IsolationId : std::uint32_t {};

/// Precedence within a tier: lower is first, priority before index. The rules of unordered policies have index 0.
struct Level {
  std::int64_t priority = 0;
  std::uint32_t index = 0;

  auto operator<=>(const Level&) const = default;
};

struct Tier {
  std::string name;
  Span span{};
};

/// A `policy … { }` block: what its rules have in common.
struct PolicyBlock {
  std::string name;
  TierId tier{};
  std::int64_t priority = 0;
  bool priority_stated = false;
  bool ordered = false;
  std::string owner{};
  Span span{};  ///< its name
};

/// One edge. It speaks at the gate of its source (egress), of its destination (ingress), or at both.
struct Rule {
  Verdict verdict = Verdict::Allow;
  Selector source;
  Selector destination;
  PortSet ports;
  bool at_source = true;
  bool at_destination = true;
  TierId tier{};
  Level level;
  std::optional<TierId>
      pass_to;  ///< of `pass`: a later tier; none is the next one, past the last the profile's default
  BlockId block{};
  Span span{};  ///< the whole rule
  std::string because;
};

/// Denies what no rule of its tier decides, for the peers it selects.
struct Isolation {
  Selector subject;
  bool egress = true;
  bool ingress = true;
  TierId tier{};
  BlockId block{};
  Span span{};
};

/// Turns the gates of nodes on.
struct Guard {
  Selector nodes;
  Span span{};
};

/// A claim to prove: no such flow is allowed (`never`), or every such flow is (`always`), over distinct instances.
struct Assertion {
  enum class Kind : std::uint8_t { Never, Always };

  Kind kind = Kind::Never;
  Selector source;
  Selector destination;
  PortSet ports;
  Span span{};
  std::string because;
};

/// What a label key may hold. A finite domain gives the prover every value there is.
struct KeyDomain {
  std::optional<std::vector<std::string>> values;  ///< none: any text
  Span span{};
};

/// A named selector or network, kept so that people see their own words.
struct Group {
  std::string name;
  Selector selector;
  Span span{};
};

/// What a set of policy files means. Ids are positions; rules and isolations stand in source order.
struct Policy {
  Profile profile;
  std::map<LabelKey, KeyDomain> schema;
  std::vector<Group> groups;
  std::vector<Tier> tiers;  ///< in the order a gate walks them; at least one
  std::vector<PolicyBlock> blocks;
  std::vector<Rule> rules;
  std::vector<Isolation> isolations;
  std::vector<Guard> guards;
  std::vector<Assertion> assertions;

  const Rule& operator[](RuleId id) const { return rules[static_cast<std::size_t>(id)]; }
  const Isolation& operator[](IsolationId id) const { return isolations[static_cast<std::size_t>(id)]; }
  const Tier& operator[](TierId id) const { return tiers[static_cast<std::size_t>(id)]; }
  const PolicyBlock& operator[](BlockId id) const { return blocks[static_cast<std::size_t>(id)]; }
};

}  // namespace weft::model
