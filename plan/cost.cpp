#include "plan/cost.h"

#include <algorithm>
#include <bit>
#include <map>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

#include "bundle/abi.h"

namespace weft::plan {
namespace {

/// One bit of a row: its role, gate and entry in one number.
using BitName = std::uint64_t;

enum Role : std::uint64_t { EgressOwn, EgressPeer, IngressOwn, IngressPeer, EgressAtom, IngressAtom };

BitName name_of(Role role, std::size_t entry) { return std::uint64_t{role} << 32U | entry; }

// A well mixed number for each bit (the finaliser of splitmix64), so that the exclusive or of a set of them stands for the set.
std::uint64_t mixed(BitName name) {
  std::uint64_t x = name + 0x9e3779b97f4a7c15U;
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31U);
}

/// Ends or services by what they match, to ask how many are left when a rule is not there.
class Told {
 public:
  /// `columns` are the vectors of rows that together describe an end, each with its role. The first `skipped` rows are
  /// never one with others.
  Told(std::vector<std::pair<Role, const std::vector<Bits>*>> columns, std::size_t skipped)
      : columns_(std::move(columns)), skipped_(skipped) {
    const std::size_t count = columns_.front().second->size();
    signatures_.resize(count);
    for (std::size_t row = skipped_; row < count; ++row) {
      for (const auto& [role, rows] : columns_) {
        const auto& words = (*rows)[row].words();
        for (std::size_t w = 0; w < words.size(); ++w) {
          for (std::uint64_t word = words[w]; word != 0; word &= word - 1) {
            signatures_[row] ^= mixed(name_of(role, w * 64 + static_cast<std::size_t>(std::countr_zero(word))));
          }
        }
      }
      by_signature_.emplace(signatures_[row], row);
    }
  }

  /// How many rows fewer there are without these entries: `egress` and `ingress` by gate.
  std::uint32_t merged_without(const std::vector<std::size_t>& egress, const std::vector<std::size_t>& ingress) const {
    std::unordered_map<std::size_t, std::uint64_t> changed;  // by row
    for (const auto& [role, rows] : columns_) {
      const bool of_egress = role == EgressOwn || role == EgressPeer || role == EgressAtom;
      for (const std::size_t entry : of_egress ? egress : ingress) {
        const std::uint64_t bit = mixed(name_of(role, entry));
        for (std::size_t row = skipped_; row < rows->size(); ++row) {
          if ((*rows)[row].test(entry)) changed.try_emplace(row, signatures_[row]).first->second ^= bit;
        }
      }
    }
    std::uint32_t merged = 0;
    std::unordered_set<std::uint64_t> fresh;
    for (const auto& [row, signature] : changed) {
      const auto same = by_signature_.find(signature);
      const bool is_old = same != by_signature_.end() && !changed.contains(same->second);
      if (is_old || !fresh.insert(signature).second) ++merged;
    }
    return merged;
  }

 private:
  std::vector<std::pair<Role, const std::vector<Bits>*>> columns_;
  std::size_t skipped_;
  std::vector<std::uint64_t> signatures_;
  std::unordered_map<std::uint64_t, std::size_t> by_signature_;
};

struct Size {
  std::uint64_t egress_entries, ingress_entries, rows, atoms;
};

// Rows of bits for subjects, peers and services, the words where to begin in them, an action for each entry.
std::uint64_t bytes(const Size& size) {
  const std::uint64_t lines = 2 * size.rows + size.atoms, entries = size.egress_entries + size.ingress_entries;
  return entries * lines / 8 + 8 * size.rows * size.atoms + 4 * entries;
}

struct Entries {
  std::vector<std::size_t> egress, ingress;
};

}  // namespace

std::vector<RuleCost> rule_costs(const DecisionPlan& plan) {
  std::map<model::RuleId, Entries> entries;
  for (std::size_t e = WEFT_ENTRY_FIRST; e < plan.egress.entries.size(); ++e) {
    if (const auto rule = plan.egress.entries[e].rule) entries[*rule].egress.push_back(e);
  }
  for (std::size_t e = WEFT_ENTRY_FIRST; e < plan.ingress.entries.size(); ++e) {
    if (const auto rule = plan.ingress.entries[e].rule) entries[*rule].ingress.push_back(e);
  }
  if (entries.empty()) return {};
  const Told ends({{EgressOwn, &plan.egress.own_rows},
                   {EgressPeer, &plan.egress.peer_rows},
                   {IngressOwn, &plan.ingress.own_rows},
                   {IngressPeer, &plan.ingress.peer_rows}},
                  1);  // nobody stays nobody
  const Told services({{EgressAtom, &plan.egress.atom_rows}, {IngressAtom, &plan.ingress.atom_rows}}, 0);
  const Size all{plan.egress.entries.size(), plan.ingress.entries.size(), plan.egress.own_rows.size(), plan.atom_count};

  std::vector<RuleCost> out;
  for (const auto& [rule, of_rule] : entries) {
    RuleCost cost{rule, static_cast<std::uint32_t>(of_rule.egress.size() + of_rule.ingress.size()),
                  ends.merged_without(of_rule.egress, of_rule.ingress),
                  services.merged_without(of_rule.egress, of_rule.ingress), 0};
    cost.bytes = bytes(all) - bytes({all.egress_entries - of_rule.egress.size(),
                                     all.ingress_entries - of_rule.ingress.size(), all.rows - cost.rows,
                                     all.atoms - cost.atoms});
    out.push_back(cost);
  }
  std::ranges::sort(out, {}, [](const RuleCost& cost) { return std::tuple(~cost.bytes, cost.rule); });
  return out;
}

}  // namespace weft::plan
