#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "model/policy.h"
#include "plan/vocabulary.h"
#include "verifier/connectivity.h"
#include "verifier/connectivity_ends.h"

// Private to the connectivity of this folder.
namespace weft::verifier {

/// A part of the classes, or of the kinds: a list where few, bits where many.
class ClassSet {
 public:
  ClassSet() = default;
  explicit ClassSet(const BitSet& members);

  bool test(std::uint32_t number) const;
  std::size_t count() const { return count_; }
  template <typename Visit>
  void each(Visit visit) const {
    if (dense_) {
      bits_.each(visit);
    } else {
      for (const std::uint32_t number : list_) visit(number);
    }
  }
  /// Calls `visit` for those that are in `other` too.
  template <typename Visit>
  void each_in(const BitSet& other, Visit visit) const {
    if (dense_) {
      BitSet both = bits_;
      both &= other;
      both.each(visit);
    } else {
      for (const std::uint32_t number : list_) {
        if (other.test(number)) visit(number);
      }
    }
  }
  const BitSet* dense() const { return dense_ ? &bits_ : nullptr; }
  const std::vector<std::uint32_t>* list() const { return dense_ ? nullptr : &list_; }  ///< ascending

 private:
  bool dense_ = false;
  std::size_t count_ = 0;
  std::vector<std::uint32_t> list_;
  BitSet bits_;
};

/// The classes of an inventory, and what each selector of the policy is over them.
struct ClosedClasses {
  std::vector<PeerClass> classes;
  std::vector<std::uint32_t> kind_of;  ///< by class: one of its kinds, which has the values that relations compare
  std::vector<std::vector<std::uint32_t>> of_end;       ///< by instance, by end: as in ClosedEnds::of_instance
  std::vector<std::vector<std::uint32_t>> of_instance;  ///< ascending; of a host-network workload those of its node
  std::vector<std::uint32_t> of_range;  ///< by elementary range; nothing where no address is the world's
  std::vector<ClassSet> selected;       ///< by position in Vocabulary::selectors
};

/// What tells ends apart besides the selectors of a policy; these by their position in Vocabulary::selectors.
struct Distinctions {
  std::set<std::pair<std::uint32_t, model::LabelKey>> compared;  ///< who is matched, and by which values relations go
  std::set<std::pair<std::uint32_t, std::vector<model::PortName>>> named;  ///< whose ports of these names matter
  std::set<std::uint32_t> guarded;                                         ///< which nodes have gates
  bool node_gates = false;                                                 ///< all nodes have

  bool operator==(const Distinctions&) const = default;
};

/// `in_force` says by rule whether it counts.
Distinctions distinctions_of(const model::Policy& policy, const plan::Vocabulary& vocabulary,
                             const std::vector<bool>& in_force);

/// `matching` are the kinds that each selector of the vocabulary matches.
ClosedClasses closed_classes(const model::Inventory& inventory, const ClosedEnds& ends,
                             const Distinctions& distinctions, std::span<const ClassSet* const> matching);

/// The services of a rule as a destination that declares these ports resolves them.
model::PointSet resolved(const model::PortSet& ports, const std::vector<model::NamedPort>& declared);

}  // namespace weft::verifier
