#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/source.h"
#include "model/profile.h"
#include "model/selector.h"
#include "model/service.h"

namespace weft::model {

enum class Verdict : std::uint8_t { Allow, Deny, Pass };

/// `allow`, `deny`, `pass`.
std::string_view to_string(Verdict verdict);

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

/// Seconds since 1970-01-01 00:00 UTC.
enum class Moment : std::int64_t {};

struct Tier {
  std::string name;
  Span span{};
};

/// `@owner("x")`, `@review_by(2027-03-01)`: data that travels to reports and exports and means nothing to the kernel.
struct Annotation {
  std::string name;
  std::vector<std::string> values;  ///< as written, texts without their quotes
  Span span{};
};

/// What a rule asks for that no packet filter can see (`requires http(method = "GET")`): carried and shown. The back
/// end refuses it unless told to widen the rule.
struct Obligation {
  std::string kind;  ///< "http", "grpc", "dns", "mutual-auth", "sni", …
  std::vector<std::pair<std::string, std::string>> details;
  Span span{};
};

/// `when source.K == destination.L`: true only where both ends have the key, and the values are equal (or, with `!=`,
/// both present and different). Keys are those of workloads, namespaces and nodes alike.
struct Relation {
  LabelKey source;
  LabelKey destination;
  bool equal = true;

  auto operator<=>(const Relation&) const = default;
};

/// `host` and `remote_node`: what a rule asks of the node at the other end of its gate. The selector of that end then
/// selects nodes and nothing else. A subject that runs on no known node, or is a node itself, has no own node: to it
/// every node is another.
enum class PeerNode : std::uint8_t {
  Any,    ///< nothing is asked; the only choice of a rule that speaks at both gates
  Own,    ///< the peer is the node on which the subject of the gate runs
  Other,  ///< the peer is a node, and not that one
};

/// A `policy … { }` block: what its rules have in common.
struct PolicyBlock {
  std::string name;
  TierId tier{};
  std::int64_t priority = 0;
  bool priority_stated = false;
  bool ordered = false;
  std::string owner{};
  std::optional<Selector> scope{};  ///< of `for`: its rules write gates of these peers only (the front end sees to it)
  std::vector<Annotation> annotations{};
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
  std::string id{};                   ///< of `@id(NAME)`, unique in its block; may be empty
  std::vector<Relation> relations{};  ///< all must hold
  PeerNode peer_node = PeerNode::Any;
  bool audit = false;                ///< its verdict is recorded, then it counts as no match
  std::optional<std::string> log{};  ///< flows it decides are logged, with this text (may be empty)
  std::optional<Moment> expires{};   ///< in force before, no match from then on
  std::vector<Annotation> annotations{};
  std::vector<Obligation> obligations{};
  std::optional<Span> used_at{};  ///< the `use` that put it here, innermost
};

/// Denies what no rule of its tier decides, for the peers it selects. An audited one records that and allows.
struct Isolation {
  Selector subject;
  bool egress = true;
  bool ingress = true;
  TierId tier{};
  BlockId block{};
  Span span{};
  bool audit = false;
  std::vector<Annotation> annotations{};
  std::optional<Span> used_at{};
};

/// Turns the gates of nodes on.
struct Guard {
  Selector nodes;
  Span span{};
};

/// A claim to prove: no such flow is allowed (`never`), or every such flow is (`always`), over distinct instances. Of a
/// chain (`~>`): no row of allowed flows leads from a source to a destination, or one leads from every source to every
/// destination. Whoever stands between two flows of a chain is a workload or a node, reached on any service; the last
/// flow is of the services of the claim.
struct Assertion {
  enum class Kind : std::uint8_t { Never, Always };

  Kind kind = Kind::Never;
  Selector source;
  Selector destination;
  PortSet ports;
  Span span{};
  std::string because;
  std::vector<Relation> relations{};  ///< the claim is about flows for which all hold; of a chain there are none
  bool chain = false;
  std::optional<Selector> avoiding{};  ///< of a chain: nobody whom it selects stands between two flows
  bool in_inventory = false;           ///< the claim is about what the inventory lists; else about all there can be
  std::vector<Annotation> annotations{};
  std::optional<Span> used_at{};
};

/// One end of an expectation.
struct TestEnd {
  /// A workload imagined for the test: it has these labels and, of the inventory, nothing.
  struct Imagined {
    Labels labels;
  };
  /// A workload or node of the inventory by name.
  struct Named {
    std::string name;
  };

  /// A selector means every peer of the inventory that it selects; without an inventory, one imagined workload that has
  /// just the labels the selector asks for.
  std::variant<Selector, Imagined, Named, Address> who;
  Span span{};
};

/// `web -> api : tcp/8080 is allow by shop`: every such flow between distinct instances has this verdict.
struct Expectation {
  /// What must have decided.
  struct By {
    enum class What : std::uint8_t { Block, Rule, Isolation, Profile, OwnNode, Self };
    What what = What::Block;
    std::optional<BlockId> block;  ///< of Block
    std::optional<RuleId> rule;    ///< of Rule: named by `@id`
    Span span{};
  };

  TestEnd source;
  TestEnd destination;
  PortSet ports;
  bool allowed = true;
  std::optional<By> by;           ///< at a gate that gave the verdict
  std::optional<Direction> gate;  ///< `at source`, `at destination`: the verdict of that gate alone
  Span span{};
};

/// A `test "NAME" { }` block.
struct Test {
  std::string name;
  std::vector<Expectation> expectations;
  Span span{};  ///< its name
  std::vector<Annotation> annotations{};
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
  std::optional<Span> profile_stated{};  ///< by the first `profile` statement
  std::map<LabelKey, KeyDomain> schema;
  std::vector<Group> groups;
  std::vector<Tier> tiers;  ///< in the order a gate walks them; at least one
  std::vector<PolicyBlock> blocks;
  std::vector<Rule> rules;
  std::vector<Isolation> isolations;
  std::vector<Guard> guards;
  std::vector<Assertion> assertions;
  std::vector<Test> tests;

  const Rule& operator[](RuleId id) const { return rules[static_cast<std::size_t>(id)]; }
  const Isolation& operator[](IsolationId id) const { return isolations[static_cast<std::size_t>(id)]; }
  const Tier& operator[](TierId id) const { return tiers[static_cast<std::size_t>(id)]; }
  const PolicyBlock& operator[](BlockId id) const { return blocks[static_cast<std::size_t>(id)]; }
};

}  // namespace weft::model
