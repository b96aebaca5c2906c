#pragma once

#include <cstdint>
#include <vector>

#include "model/policy.h"
#include "plan/vocabulary.h"
#include "verifier/connectivity.h"
#include "verifier/connectivity_ends.h"

// Private to the connectivity of this folder.
namespace weft::verifier {

/// A part of the classes: a list where few, bits where many.
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

/// `in_force` says by rule whether it counts.
ClosedClasses closed_classes(const model::Policy& policy, const model::Inventory& inventory,
                             const plan::Vocabulary& vocabulary, const ClosedEnds& ends,
                             const std::vector<bool>& in_force);

/// The services of a rule as a destination that declares these ports resolves them.
model::PointSet resolved(const model::PortSet& ports, const std::vector<model::NamedPort>& declared);

}  // namespace weft::verifier
