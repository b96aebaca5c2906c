#pragma once

#include <cstdint>
#include <vector>

#include "model/policy.h"
#include "plan/conditions.h"
#include "plan/ends.h"
#include "plan/plan.h"

namespace weft::plan {

/// One entry of a gate before classes are known: which end kinds and which services it speaks about.
struct DraftEntry {
  Entry entry;
  std::vector<bool> own;   ///< by end kind
  std::vector<bool> peer;  ///< by end kind
  model::PointSet services;
};

/// The entries of one gate in order of precedence; the first WEFT_ENTRY_FIRST stand for the fixed entries and are
/// empty.
///
/// Tiers follow each other; within a tier, levels ascend and deny stands before allow before pass, then isolation; so
/// the first matching entry is the deciding one. A rule with named ports becomes one entry for each way its
/// destinations resolve them. A rule with relations leaves out the ends that lack a key it compares: there it never
/// matches. An audited rule has the condition Audited; an audited isolation allows, behind those in force.
std::vector<DraftEntry> draft_gate(const model::Policy& policy, model::Direction direction,
                                   const Vocabulary& vocabulary, const Conditions& conditions,
                                   const std::vector<EndKind>& kinds);

}  // namespace weft::plan
