#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "model/evaluate.h"
#include "plan/vocabulary.h"
#include "verifier/connectivity.h"
#include "verifier/connectivity_classes.h"

// Private to the connectivity of this folder.
namespace weft::verifier {

/// Services no entry tells apart.
struct ClosedServices {
  std::vector<model::PointSet> atoms;
  std::vector<model::ServiceRange> ranges;   ///< ascending, covering every service
  std::vector<std::uint32_t> atom_of_range;  ///< by position in `ranges`
  std::vector<BitSet> sets;                  ///< the atoms of each set of services some entry speaks about
  std::vector<BitSet> sets_of;               ///< by atom: the sets it is in
};

/// A rule or an isolation at one gate.
struct ClosedEntry {
  model::Verdict verdict = model::Verdict::Deny;
  std::optional<model::RuleId> rule{};
  std::optional<model::IsolationId> isolation{};
  std::uint32_t tier = 0;
  std::uint32_t next_tier = 0;  ///< of `pass`
  std::uint32_t step = 0;  ///< entries of one step have one tier, level and verdict: their order decides nothing but
                           ///< who is named
  std::uint32_t own = nothing;        ///< classes of the gate's subject, a position in ClosedGates::sets
  std::uint32_t peer = nothing;       ///< of the other end; nothing: all of them
  std::uint32_t services = nothing;   ///< position in ClosedServices::sets; nothing: all of them
  std::uint32_t relations = nothing;  ///< position in ClosedGates::relations; nothing: none
  model::PeerNode peer_node = model::PeerNode::Any;

  /// True if the rule can match where the ends stand so; its peers are nodes.
  bool at(Place place) const {
    return peer_node == model::PeerNode::Any || (peer_node == model::PeerNode::Own) == (place == Place::Home);
  }
};

/// Entries of one step that differ in their peers only, as one about all of these peers: what a thousand rules open to
/// everybody is one entry of everybody's.
struct JoinedEntry {
  ClosedEntry joint;                 ///< without `rule` and `isolation`
  std::vector<std::uint32_t> parts;  ///< positions in ClosedGate::entries, ascending
};

/// What the relations of a rule ask, seen from one gate; keys are positions in ClosedEnds::keys.
struct ClosedRelation {
  std::uint32_t own = 0;
  std::uint32_t peer = 0;
  bool equal = true;
};

/// One direction of gates over classes.
class ClosedGate {
 public:
  /// Classes for which the same entries speak, with the same values in relations: their rows are the same.
  struct Group {
    bool gated = false;
    bool workloads = false;              ///< the others run on no node: every node is apart from them
    std::uint32_t example = 0;           ///< one of its classes
    std::vector<std::uint32_t> entries;  ///< positions in `joined` of those that speak for it, in order of precedence
    std::vector<std::uint32_t> asks;     ///< their `services`: most speak of other atoms, and need no second look
  };

  model::Direction direction = model::Direction::Egress;
  /// In order of precedence: tiers, levels, deny before allow before pass, isolations last in their tier.
  std::vector<ClosedEntry> entries;
  std::vector<JoinedEntry> joined;  ///< by step
  std::vector<Group> groups;
  std::vector<std::uint32_t> group_of;  ///< by class
};

/// Both gates. What refers to classes, ends and services must stay in place.
class ClosedGates {
 public:
  ClosedGates(const model::Policy& policy, const plan::Vocabulary& vocabulary, const ClosedEnds& ends,
              const ClosedClasses& classes, const std::vector<bool>& in_force);

  const ClosedGate& gate(model::Direction direction) const {
    return direction == model::Direction::Egress ? egress_ : ingress_;
  }
  const ClosedServices& services() const { return services_; }

  /// The classes of the other end that the gate of `group` allows on an atom.
  BitSet row(const ClosedGate& gate, std::uint32_t group, std::uint32_t atom, Place place = Place::Apart) const;
  /// Takes those away from `peers`, which are distinct, that the gate of `group` does not allow on an atom where they
  /// are apart: what `row` says of them, sooner where they are few. `marks` has a 0 for each class, and is left so.
  void keep_allowed(const ClosedGate& gate, std::uint32_t group, std::uint32_t atom, std::vector<std::uint32_t>& peers,
                    std::vector<std::uint8_t>& marks) const;
  /// The atoms that the gate of `own` allows with `peer`.
  BitSet open_services(const ClosedGate& gate, std::uint32_t own, std::uint32_t peer, Place place) const;
  /// The entry that decides; null: the profile does.
  const ClosedEntry* deciding(const ClosedGate& gate, std::uint32_t own, std::uint32_t peer, std::uint32_t atom,
                              Place place) const;
  /// All entries that match, in order of precedence.
  std::vector<const ClosedEntry*> matching(const ClosedGate& gate, std::uint32_t own, std::uint32_t peer,
                                           std::uint32_t atom, Place place) const;
  bool allows(const ClosedGate& gate, std::uint32_t own, std::uint32_t peer, std::uint32_t atom, Place place) const;
  /// True if an entry speaks about the atom.
  bool speaks(const ClosedEntry& entry, std::uint32_t atom) const {
    return entry.services == nothing || services_.sets[entry.services].test(atom);
  }

  /// The classes an entry refers to.
  const ClassSet& set(std::uint32_t number) const {
    return number < classes_.selected.size() ? classes_.selected[number] : extra_[number - classes_.selected.size()];
  }

 private:
  friend class GateBuilder;

  std::uint32_t value(std::uint32_t of_class, std::uint32_t key) const {
    return ends_.value(classes_.kind_of[of_class], key);
  }
  bool matches(const ClosedEntry& entry, std::uint32_t own, std::uint32_t peer) const;
  bool relations_hold(const ClosedEntry& entry, std::uint32_t own, std::uint32_t peer) const;
  template <typename Visit>
  void each_match(const ClosedEntry& entry, std::uint32_t own, const BitSet& among, Visit visit) const;

  const model::Policy& policy_;
  const ClosedEnds& ends_;
  const ClosedClasses& classes_;
  ClosedServices services_;
  std::vector<ClassSet> extra_;  // parts of a destination that resolve named ports alike; numbered after the selectors
  std::vector<std::vector<ClosedRelation>> relations_;
  std::vector<std::vector<std::pair<std::uint32_t, std::uint32_t>>> by_value_;  // by key: (value, class), sorted
  ClosedGate egress_, ingress_;
};

}  // namespace weft::verifier
