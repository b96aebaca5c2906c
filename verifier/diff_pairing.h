#pragma once

#include <cstdint>
#include <vector>

#include "model/policy.h"

namespace weft::verifier {

/// What two policies have in common, statement by statement. Equal statements in equal places cancel each other: a flow
/// that no unpaired statement speaks about is treated alike by both policies.
struct Pairing {
  /// Everything both say, for one universe: the rules and isolations of the old policy, then those of the new one that
  /// the old one lacks, and the vocabulary of both. Audited rules and those past their deadline are left out of it.
  model::Policy both;
  std::vector<std::uint32_t> old_rules;  ///< by place in `both`: the rule of the old policy, or `none`
  std::vector<std::uint32_t> new_rules;
  std::vector<std::uint32_t> old_isolations;
  std::vector<std::uint32_t> new_isolations;

  std::vector<model::RuleId> changed_rules;  ///< of `both`: of one policy only, or elsewhere in the order of the other
  std::vector<model::IsolationId> changed_isolations;
  std::vector<model::Selector> changed_guards;
  bool default_changed = false;   ///< the profiles differ in what becomes of a flow that nothing decides
  bool own_node_changed = false;  ///< one profile lets a workload's own node in
  bool nodes_changed = false;     ///< in one profile every node has gates

  static constexpr std::uint32_t none = UINT32_MAX;

  /// No statement differs: both policies are the same.
  bool same() const;
};

/// Pairs the statements of two policies, looking from `now` on. Rules that merely moved without passing one of another
/// verdict are equal; so are those of a tier that has another name in the same place.
Pairing pair_up(const model::Policy& before, const model::Policy& after, model::Moment now);

}  // namespace weft::verifier
