#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "verifier/connectivity.h"
#include "verifier/connectivity_gates.h"

// Private to the connectivity of this folder.
namespace weft::verifier {

/// How the row of a group on some atom differs from its row on the first one: who is open there and was not, and who
/// was and is not. As lists where few can differ, as rows of bits otherwise.
struct RowDifference {
  std::uint32_t group = 0;
  std::vector<std::uint32_t> opened{}, closed{};  ///< ascending
  BitSet opened_row{}, closed_row{};              ///< of size 0 where the lists say it
  std::size_t opens = 0;                          ///< how many are opened
  bool closes = false;                            ///< anybody at all

  bool is_opened(std::uint32_t peer) const;
  bool is_closed(std::uint32_t peer) const;
  /// The word at a position of the row on the atom, where the row on the first one has `first` there.
  std::uint64_t word(std::uint64_t first, std::size_t at) const;
};

/// The rows of one gate on a first atom, by group, and how those on other atoms differ.
class GateRows {
 public:
  /// The gates must outlive it.
  GateRows(const ClosedGates& gates, model::Direction direction, std::uint32_t first);

  /// Of the groups whose rows on `atom` are others, ascending.
  std::vector<RowDifference> differences(std::uint32_t atom);

  const BitSet& of_group(std::uint32_t group) const { return rows_[group]; }
  const BitSet& of_class(std::uint32_t number) const { return rows_[gate_.group_of[number]]; }
  std::uint32_t group_of(std::uint32_t number) const { return gate_.group_of[number]; }
  std::size_t groups() const { return rows_.size(); }

 private:
  // An entry that speaks for a group about some services: whose, a position in ClosedGates::set, or everybody's.
  struct Asking {
    std::uint32_t group = 0;
    std::uint32_t peers = 0;

    auto operator<=>(const Asking&) const = default;
  };

  bool are_few(std::span<const Asking> changed);
  RowDifference listed(std::uint32_t group, std::uint32_t atom);
  RowDifference whole(std::uint32_t group, std::uint32_t atom) const;

  const ClosedGates& gates_;
  const ClosedGate& gate_;
  std::uint32_t first_;
  std::vector<std::vector<Asking>> asking_;  // by set of services
  std::vector<BitSet> rows_;
  std::vector<std::uint32_t> peers_;  // of the group that is looked at, where few may be treated differently: these
  std::vector<std::uint8_t> marks_;   // by class, for ClosedGates::keep_allowed
};

/// Who lets whom in, row by row of the source.
ClassMatrix entrances(const GateRows& ingress, std::size_t classes);
/// Adds the pairs that one gate lets leave and the other one enter.
void add_pairs(ClassMatrix& out, const GateRows& egress, const ClassMatrix& entered);
/// Which class may reach which on some service, whether or not pairs exist.
ClassMatrix on_any_service(const ClosedGates& gates, std::size_t classes);

}  // namespace weft::verifier
