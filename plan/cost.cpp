#include "plan/cost.h"

#include <algorithm>
#include <bit>
#include <map>
#include <tuple>
#include <utility>

#include "bundle/abi.h"

namespace weft::plan {
namespace {

/// One bit of a row: its role, gate and entry in one number.
using BitName = std::uint64_t;

enum Role : std::uint64_t { EgressOwn, EgressPeer, IngressOwn, IngressPeer, EgressAtom, IngressAtom };

BitName name_of(Role role, std::size_t entry) { return std::uint64_t{role} << 32U | entry; }

// A well mixed number for each bit (the finaliser of splitmix64), so that the exclusive or of a set of them stands for
// the set.
std::uint64_t mixed(BitName name) {
  std::uint64_t x = name + 0x9e3779b97f4a7c15U;
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31U);
}

/// Numbers by signature, of which no two are alike. It is emptied by counting, not by clearing: it is asked for every
/// rule.
class SignatureTable {
 public:
  explicit SignatureTable(std::size_t most) : places_(std::bit_ceil(2 * most + 2)) {}

  void clear() { ++round_; }
  /// The number that was given first; `fresh` says whether it is this one.
  std::uint32_t emplace(std::uint64_t signature, std::uint32_t number, bool& fresh) {
    Place& place = places_[find(signature)];
    fresh = place.round != round_;
    if (fresh) place = {signature, round_, number};
    return place.number;
  }
  /// Nothing where there is none.
  const std::uint32_t* find_number(std::uint64_t signature) const {
    const Place& place = places_[find(signature)];
    return place.round == round_ ? &place.number : nullptr;
  }

 private:
  struct Place {
    std::uint64_t signature = 0;
    std::uint32_t round = 0;  ///< in an earlier round: the place is empty
    std::uint32_t number = 0;
  };

  std::size_t find(std::uint64_t signature) const {
    std::size_t at = signature & (places_.size() - 1);
    while (places_[at].round == round_ && places_[at].signature != signature) at = (at + 1) & (places_.size() - 1);
    return at;
  }

  std::vector<Place> places_;
  std::uint32_t round_ = 1;
};

/// The rows that have a bit: a list where few, bits where many.
class RowSet {
 public:
  void reserve(std::size_t count, std::size_t rows) {
    if (count * 32 > rows) {
      bits_ = Bits(rows);
    } else {
      list_.reserve(count);
    }
  }
  void add(std::uint32_t row) {
    if (bits_.words().empty()) {
      list_.push_back(row);
    } else {
      bits_.set(row);
    }
  }
  template <typename Visit>
  void each(const Visit& visit) const {
    for (const std::uint32_t row : list_) visit(row);
    for (std::size_t w = 0; w < bits_.words().size(); ++w) {
      for (std::uint64_t word = bits_.words()[w]; word != 0; word &= word - 1) {
        visit(static_cast<std::uint32_t>(w * 64 + static_cast<std::size_t>(std::countr_zero(word))));
      }
    }
  }

 private:
  std::vector<std::uint32_t> list_;
  Bits bits_;
};

struct Column {
  Role role;
  const std::vector<Bits>* rows;
  const std::vector<Entry>* entries;
};

/// Ends or services by what they match, to ask how many are left when a rule is not there.
class Told {
 public:
  /// `columns` are the vectors of rows that together describe an end. The first `skipped` rows are never one with
  /// others.
  Told(const std::vector<Column>& columns, std::size_t skipped)
      : signatures_(columns.front().rows->size()),
        changes_(signatures_.size()),
        is_changed_(signatures_.size()),
        old_(signatures_.size()),
        fresh_(signatures_.size()) {
    for (const Column& column : columns) note(column, skipped);
    bool ignored = false;
    for (std::size_t row = skipped; row < signatures_.size(); ++row) {
      old_.emplace(signatures_[row], static_cast<std::uint32_t>(row), ignored);
    }
  }

  /// How many rows fewer there are without these entries: `egress` and `ingress` by gate.
  std::uint32_t merged_without(const std::vector<std::size_t>& egress, const std::vector<std::size_t>& ingress) {
    std::vector<std::uint32_t> changed;
    for (const auto& [role, of_entry] : turned_) {
      const bool of_egress = role == EgressOwn || role == EgressPeer || role == EgressAtom;
      for (const std::size_t entry : of_egress ? egress : ingress) {
        const std::uint64_t bit = mixed(name_of(role, entry));
        of_entry[entry].each([&](std::uint32_t row) {
          if (!is_changed_[row]) changed.push_back(row);
          is_changed_[row] = 1;
          changes_[row] ^= bit;
        });
      }
    }
    std::uint32_t merged = 0;
    fresh_.clear();
    for (const std::uint32_t row : changed) {
      const std::uint64_t signature = signatures_[row] ^ changes_[row];
      const std::uint32_t* same = old_.find_number(signature);
      bool is_first = true;
      if (!same || is_changed_[*same]) fresh_.emplace(signature, row, is_first);
      if ((same && !is_changed_[*same]) || !is_first) ++merged;
    }
    for (const std::uint32_t row : changed) {
      changes_[row] = 0;
      is_changed_[row] = 0;
    }
    return merged;
  }

 private:
  // Turns a column round: the rows of each entry that is a rule's. What every row has tells none from another.
  void note(const Column& column, std::size_t skipped) {
    const std::vector<Bits>& rows = *column.rows;
    const std::size_t entries = column.entries->size();
    std::vector<std::uint64_t> names(entries);
    Bits of_rules(entries);
    for (std::size_t e = 0; e < entries; ++e) {
      names[e] = mixed(name_of(column.role, e));
      if ((*column.entries)[e].rule) of_rules.set(e);
    }
    std::vector<std::uint64_t> common(of_rules.words().size(), ~std::uint64_t{0});
    for (std::size_t row = skipped; row < rows.size(); ++row) {
      for (std::size_t w = 0; w < common.size(); ++w) common[w] &= rows[row].words()[w];
    }
    std::vector<std::uint32_t> counts(entries);
    const auto each_bit = [&](bool rules_only, const auto& visit) {
      for (std::size_t row = skipped; row < rows.size(); ++row) {
        for (std::size_t w = 0; w < common.size(); ++w) {
          std::uint64_t word = rows[row].words()[w];
          word &= rules_only ? of_rules.words()[w] : ~common[w];
          for (; word != 0; word &= word - 1) visit(row, w * 64 + static_cast<std::size_t>(std::countr_zero(word)));
        }
      }
    };
    each_bit(false, [&](std::size_t row, std::size_t entry) { signatures_[row] ^= names[entry]; });
    each_bit(true, [&](std::size_t, std::size_t entry) { ++counts[entry]; });
    std::vector<RowSet> turned(entries);
    for (std::size_t e = 0; e < entries; ++e) turned[e].reserve(counts[e], rows.size());
    each_bit(true, [&](std::size_t row, std::size_t entry) { turned[entry].add(static_cast<std::uint32_t>(row)); });
    // A bit that all rows have changes all signatures alike: no two of them become one.
    for (std::size_t e = 0; e < entries; ++e) {
      if (common[e / 64] >> (e % 64) & 1U) turned[e] = {};
    }
    turned_.emplace_back(column.role, std::move(turned));
  }

  std::vector<std::uint64_t> signatures_;                     // by row
  std::vector<std::pair<Role, std::vector<RowSet>>> turned_;  // by entry
  std::vector<std::uint64_t> changes_;                        // by row; zero between questions
  std::vector<std::uint8_t> is_changed_;                      // by row; zero between questions
  SignatureTable old_, fresh_;
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
  Told ends({{EgressOwn, &plan.egress.own_rows, &plan.egress.entries},
             {EgressPeer, &plan.egress.peer_rows, &plan.egress.entries},
             {IngressOwn, &plan.ingress.own_rows, &plan.ingress.entries},
             {IngressPeer, &plan.ingress.peer_rows, &plan.ingress.entries}},
            1);  // nobody stays nobody
  Told services({{EgressAtom, &plan.egress.atom_rows, &plan.egress.entries},
                 {IngressAtom, &plan.ingress.atom_rows, &plan.ingress.entries}},
                0);
  const Size all{plan.egress.entries.size(), plan.ingress.entries.size(), plan.egress.own_rows.size(), plan.atom_count};

  std::vector<RuleCost> out;
  for (const auto& [rule, of_rule] : entries) {
    RuleCost cost{rule, static_cast<std::uint32_t>(of_rule.egress.size() + of_rule.ingress.size()),
                  ends.merged_without(of_rule.egress, of_rule.ingress),
                  services.merged_without(of_rule.egress, of_rule.ingress), 0};
    cost.bytes =
        bytes(all) - bytes({all.egress_entries - of_rule.egress.size(), all.ingress_entries - of_rule.ingress.size(),
                            all.rows - cost.rows, all.atoms - cost.atoms});
    out.push_back(cost);
  }
  std::ranges::sort(out, {}, [](const RuleCost& cost) { return std::tuple(~cost.bytes, cost.rule); });
  return out;
}

}  // namespace weft::plan
