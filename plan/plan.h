#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "model/evaluate.h"
#include "model/inventory.h"
#include "model/policy.h"

namespace weft::plan {

/// A class of ends no part of the policy can tell apart. Class 0 is nobody: an identity the tables do not know.
enum class ClassId : std::uint16_t {};
/// A set of service points no rule can tell apart.
enum class AtomId : std::uint16_t {};

/// A set of small numbers, 64 to a word.
class Bits {
 public:
  Bits() = default;
  explicit Bits(std::size_t size) : words_((size + 63) / 64) {}
  void set(std::size_t at) { words_[at / 64] |= std::uint64_t{1} << (at % 64); }
  bool test(std::size_t at) const { return (words_[at / 64] >> (at % 64) & 1) != 0; }
  const std::vector<std::uint64_t>& words() const { return words_; }

  auto operator<=>(const Bits&) const = default;

 private:
  std::vector<std::uint64_t> words_;
};

/// Who an address is: its class, and the node it belongs to (for the own-node rule).
struct Identity {
  ClassId class_id{};
  std::uint16_t home = 0;  ///< as in abi.h: number of the node, WEFT_HOME_IS_NODE set on nodes; 0 unknown or not needed

  auto operator<=>(const Identity&) const = default;
};

/// The identity of a range of addresses.
struct IdentityRange {
  model::AddressRange addresses;
  Identity identity;

  bool operator==(const IdentityRange&) const = default;
};

/// A class, described by one of its members. Ends that differ only in values which relations compare share a row, so
/// rows grow with what selectors tell apart, and classes with the distinct values there are.
struct Class {
  model::PeerKind kind = model::PeerKind::World;
  std::uint32_t members = 0;  ///< instances in it; 0 for parts of the world
  std::string example;        ///< name of an instance, or a network
  std::uint32_t row = 0;      ///< position in the rows of both gates; the number of the class where nothing is related
  /// By position in DecisionPlan::relation_keys: the number of the value of that key. All keys share one numbering, so
  /// values of different keys compare. 0: the key is absent, or no relation asks this class for it.
  std::vector<std::uint16_t> values{};

  bool operator==(const Class&) const = default;
};

/// What an entry may ask of a packet besides its bits in the three rows.
struct Relation {
  std::uint16_t source = 0;       ///< column of Class::values at the source of the flow
  std::uint16_t destination = 0;  ///< the same at its destination
  bool equal = true;              ///< the values are equal, else different; false where one of them is 0

  auto operator<=>(const Relation&) const = default;
};
/// In force before this moment, not from then on.
struct Deadline {
  model::Moment expires{};

  auto operator<=>(const Deadline&) const = default;
};
/// The peer is the node the subject of the gate runs on, or it is not: by the homes of both identities.
struct OwnNode {
  bool own = true;

  auto operator<=>(const OwnNode&) const = default;
};
/// What audited rules have: it never holds, but in the walk that asks what would have been.
struct Audited {
  auto operator<=>(const Audited&) const = default;
};
using Condition = std::variant<Relation, Deadline, OwnNode, Audited>;

/// One bit of a gate's rows. First set bit decides: entries stand in order of precedence.
struct Entry {
  enum class By : std::uint8_t { NoGate, Rule, Isolation, Profile };

  model::Verdict verdict = model::Verdict::Deny;
  By by = By::Profile;
  std::optional<model::RuleId> rule{};
  std::optional<model::IsolationId> isolation{};
  std::optional<model::TierId> tier{};
  std::uint32_t next = 0;                   ///< of `pass`: the entry at which the walk goes on
  std::vector<std::uint16_t> conditions{};  ///< ascending positions in DecisionPlan::conditions; all must hold
  bool audited = false;  ///< of a rule: it has the condition Audited; of an isolation: it allows, and would deny
  bool logged = false;   ///< of a rule that says `log`

  bool operator==(const Entry&) const = default;
};

/// The tables of one gate. Entry `e` matches iff its bit is set in the rows of all three and its conditions hold; the
/// bits below WEFT_ENTRY_FIRST are never set. The last entry but one is the profile's default, which matches
/// everything; the last one allows everything to subjects that have no gate here, and is their only one. Neither has
/// conditions.
struct Gate {
  std::vector<Entry> entries;   ///< index = entry number; the first WEFT_ENTRY_FIRST stand for the fixed entries
  std::vector<Bits> own_rows;   ///< by Class::row of the gate's subject
  std::vector<Bits> peer_rows;  ///< by Class::row of the other end
  std::vector<Bits> atom_rows;  ///< by atom

  bool operator==(const Gate&) const = default;
};

/// A range of service points with one atom.
struct AtomRange {
  model::ServiceRange points;
  AtomId atom{};

  bool operator==(const AtomRange&) const = default;
};

/// How the addresses of one family find their identity, cheapest first. Every address of a `direct` range finds its
/// answer there; others look in `exact`, then in `prefixes` (longest wins), else are `otherwise`.
struct IdentityLayout {
  struct Direct {
    model::Address first;              ///< a multiple of the size; of IPv6 all are in one network /64
    std::vector<Identity> identities;  ///< one per address from `first` on; the size is a power of two

    bool operator==(const Direct&) const = default;
  };
  struct Exact {
    model::Address address;
    Identity identity;

    bool operator==(const Exact&) const = default;
  };
  struct ByPrefix {
    model::Prefix prefix;
    Identity identity;

    bool operator==(const ByPrefix&) const = default;
  };

  std::vector<Direct> direct;
  std::vector<Exact> exact;
  std::vector<ByPrefix> prefixes;
  Identity otherwise;
  std::vector<std::string> reasons;  ///< why this form was chosen, one line a choice

  bool operator==(const IdentityLayout&) const = default;
};

/// A local workload or a node at one place where its gates live: see bundle::Endpoint for how `interface` spells it.
struct Endpoint {
  struct Local {
    model::Address address;
    Identity identity;

    bool operator==(const Local&) const = default;
  };

  std::string workload;
  std::string interface;
  std::vector<Local> addresses;

  bool operator==(const Endpoint&) const = default;
};

/// Everything the program decides with, exact and finite. `decide()` is what the emitted program must compute.
struct DecisionPlan {
  std::vector<Class> classes;    ///< index = class id; class 0 is nobody
  std::vector<AtomRange> atoms;  ///< ascending, covering every service point
  std::uint32_t atom_count = 0;
  std::vector<model::LabelKey>
      relation_keys;                      ///< those that relations compare, ascending: the columns of Class::values
  std::vector<Condition> conditions;      ///< distinct, ascending: relations, deadlines, the peer's node, audit
  std::uint32_t value_count = 0;          ///< values are numbered 1 … value_count
  std::vector<IdentityRange> identities;  ///< ascending, covering every address of both families
  IdentityLayout v4;
  IdentityLayout v6;
  Gate egress;
  Gate ingress;
  bool own_node_may_enter = false;
  bool uses_homes = false;  ///< identities say which node they belong to: the profile or a rule asks for it
  bool uses_pass = false;   ///< some entry passes: the walk may go round once a tier
  std::uint32_t tiers = 0;
  std::vector<Endpoint> endpoints;  ///< one for each place where a workload or node is attached

  bool operator==(const DecisionPlan&) const = default;
};

/// The answer at one gate: an entry number (fixed ones of abi.h included) and what it does.
struct Answer {
  std::uint32_t entry = 0;
  model::Verdict verdict = model::Verdict::Deny;  ///< allow or deny

  bool operator==(const Answer&) const = default;
};

/// The class and home of an address.
Identity identify(const DecisionPlan& plan, const model::Address& address);
/// The same by the layout the program uses; equal to `identify` for every address.
Identity identify_by_layout(const DecisionPlan& plan, const model::Address& address);
AtomId atom_of(const DecisionPlan& plan, model::ServicePoint service);

/// What would have decided, were everything audited in force; nothing where nothing audited takes part in that walk,
/// and where a fixed entry decides.
std::optional<Answer> would_decide(const DecisionPlan& plan, model::Direction direction, Identity own, Identity peer,
                                   AtomId atom, model::Moment now = model::before_all);

/// The verdict of one gate between two different instances at that moment, as the program computes it from the tables.
Answer decide(const DecisionPlan& plan, model::Direction direction, Identity own, Identity peer, AtomId atom,
              model::Moment now = model::before_all);
/// The same from addresses: both ends are looked up. Addresses of one instance are the caller's to tell apart.
Answer decide(const DecisionPlan& plan, model::Direction direction, const model::Address& own,
              const model::Address& peer, model::ServicePoint service, model::Moment now = model::before_all);

/// The plan as text: classes, atoms, layouts with their reasons, the entries of both gates, sizes.
std::string to_string(const DecisionPlan& plan, const model::Policy& policy);

}  // namespace weft::plan
