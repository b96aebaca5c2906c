#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "model/policy.h"
#include "plan/conditions.h"
#include "plan/ends.h"
#include "plan/plan.h"

namespace weft::plan {

/// The sets of end kinds that entries speak about, each once, by number. What a selector matches comes first, under its
/// position in the vocabulary; parts of that follow.
class KindSets {
 public:
  /// Stands for every kind, and is not among those that `size` counts.
  static constexpr std::uint32_t everybody = 0xFFFF'FFFF;

  /// The ends have to outlive it.
  explicit KindSets(const Ends& ends) : ends_(ends) {}

  std::uint32_t size() const { return static_cast<std::uint32_t>(ends_.selected.size() + parts_.size()); }
  const KindList& operator[](std::uint32_t set) const {
    return set < ends_.selected.size() ? ends_.selected[set] : part(set).second;
  }
  /// The selector that a set is, or is a part of.
  std::uint32_t selector_of(std::uint32_t set) const { return set < ends_.selected.size() ? set : part(set).first; }
  /// The number of a part of what a set holds.
  std::uint32_t add_part(std::uint32_t of, KindList kinds);

 private:
  using Part = std::pair<std::uint32_t, KindList>;

  const Part& part(std::uint32_t set) const { return *parts_[set - ends_.selected.size()]; }

  const Ends& ends_;
  std::map<Part, std::uint32_t> numbers_;
  std::vector<const Part*> parts_;  ///< keys of `numbers_`
};

/// One entry of a gate before classes are known: which end kinds and which services it speaks about.
struct DraftEntry {
  Entry entry;
  std::uint32_t own = KindSets::everybody;   ///< a set of kinds; those with a gate, or, by Entry::By::NoGate, without
  std::uint32_t peer = KindSets::everybody;  ///< a set of kinds
  model::PointSet services;
};

/// The entries of one gate in order of precedence; the first WEFT_ENTRY_FIRST stand for the fixed entries and are
/// nobody's.
///
/// Tiers follow each other; within a tier, levels ascend and deny stands before allow before pass, then isolation; so
/// the first matching entry is the deciding one. A rule with named ports becomes one entry for each way its
/// destinations resolve them. A rule with relations leaves out the ends that lack a key it compares: there it never
/// matches. An audited rule has the condition Audited; an audited isolation allows, behind those in force.
std::vector<DraftEntry> draft_gate(const model::Policy& policy, model::Direction direction,
                                   const Vocabulary& vocabulary, const Conditions& conditions, const Ends& ends,
                                   KindSets& sets);

}  // namespace weft::plan
