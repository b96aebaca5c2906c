#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <vector>

#include "model/address.h"
#include "model/inventory.h"
#include "model/policy.h"

namespace weft::plan {

/// What of a policy can tell two ends apart: each distinct selector once, the label keys and the address sets in them,
/// and the port names. An end is judged by these and nothing else.
struct Vocabulary {
  std::vector<const model::Selector*> selectors;  ///< distinct, in order of first use; they live in the policy
  std::vector<model::LabelKey> keys;              ///< sorted
  std::vector<const model::AddressSet*> networks;
  std::vector<model::PortName> port_names;  ///< sorted
  bool uses_apiserver = false;

  // Position in `selectors` of each use, by the index of the rule, isolation or guard.
  std::vector<std::uint32_t> rule_source;
  std::vector<std::uint32_t> rule_destination;
  std::vector<std::uint32_t> isolation_subject;
  std::vector<std::uint32_t> guard_nodes;
};

/// `speaks`, where given, picks the rules that count; the others use no selector: `not_used` stands in their places.
inline constexpr std::uint32_t not_used = 0xFFFF'FFFF;
Vocabulary vocabulary_of(const model::Policy& policy, const std::function<bool(const model::Rule&)>& speaks = {});

/// The addresses of both families cut where any network of the policy begins or ends: ascending, without gaps, so that
/// all addresses of one range are alike to every selector.
std::vector<model::AddressRange> elementary_ranges(const Vocabulary& vocabulary, const model::Inventory& inventory);

}  // namespace weft::plan
