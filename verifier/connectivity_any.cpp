#include <algorithm>
#include <utility>

#include "verifier/bit_block.h"
#include "verifier/connectivity_rows.h"

namespace weft::verifier {
namespace {

// What any service adds to the first atom: the other atoms, each as far as its rows differ from the first one's. Most
// atoms are a port of a few rules, so that nearly all rows are those of the first.
class AnyService {
 public:
  AnyService(const ClosedGates& gates, std::size_t classes, std::uint32_t first)
      : gates_(gates),
        first_(first),
        egress_(gates, model::Direction::Egress, first),
        ingress_(gates, model::Direction::Ingress, first),
        out_(classes),
        entered_(entrances(ingress_, classes)),
        listed_(64 * entered_.row(0).size()) {}

  ClassMatrix run() {
    add_pairs(out_, egress_, entered_);
    for (std::uint32_t atom = 0; atom < gates_.services().atoms.size(); ++atom) {
      if (atom == first_) continue;
      const std::vector<RowDifference> leaving = egress_.differences(atom), entering = ingress_.differences(atom);
      leaves_ = by_group(leaving, egress_.groups());
      enters_ = by_group(entering, ingress_.groups());
      for (std::size_t block = 0; block * 64 < out_.size(); ++block) add_entrances(block);
      add_exits();
    }
    return std::move(out_);
  }

 private:
  using ByGroup = std::vector<const RowDifference*>;  // null where the rows are those of the first atom

  static ByGroup by_group(const std::vector<RowDifference>& differences, std::size_t groups) {
    ByGroup out(groups);
    for (const RowDifference& difference : differences) out[difference.group] = &difference;
    return out;
  }

  const RowDifference* leaves(std::size_t source) const {
    return leaves_[egress_.group_of(static_cast<std::uint32_t>(source))];
  }
  const RowDifference* enters(std::size_t destination) const {
    return enters_[ingress_.group_of(static_cast<std::uint32_t>(destination))];
  }

  // Entrances of 64 destinations that open: whoever leaves for them on this atom gets there. Where they open for many,
  // turning all of them round at once is quicker than going bit by bit.
  void add_entrances(std::size_t block) {
    const std::size_t begin = block * 64, end = std::min(begin + 64, out_.size());
    std::size_t bits = 0;
    for (std::size_t d = begin; d < end; ++d) bits += enters(d) ? enters(d)->opens : 0;
    if (bits == 0) return;
    if (bits > out_.size() / 4) {
      add_entrances_at_once(block);
      return;
    }
    for (std::size_t d = begin; d < end; ++d) {
      const RowDifference* difference = enters(d);
      if (!difference) continue;
      const std::uint64_t bit = std::uint64_t{1} << (d % 64);
      const auto arrive = [&](std::uint32_t s) {
        std::uint64_t& word = out_.row(s)[block];
        if ((word & bit) == 0) word |= leaving(s, block) & bit;
      };
      difference->opened_row.each(arrive);
      std::ranges::for_each(difference->opened, arrive);
    }
  }

  void add_entrances_at_once(std::size_t block) {
    const std::size_t words = entered_.row(0).size();
    const std::uint64_t* rows[64] = {};
    for (std::size_t i = 0; i < 64 && block * 64 + i < out_.size(); ++i) {
      const RowDifference* difference = enters(block * 64 + i);
      if (!difference || difference->opens == 0) continue;
      if (difference->opened_row.size() != 0) {
        rows[i] = difference->opened_row.words().data();
        continue;
      }
      const std::span<std::uint64_t> row = std::span(listed_).subspan(i * words, words);
      std::ranges::fill(row, 0);
      for (const std::uint32_t s : difference->opened) row[s / 64] |= std::uint64_t{1} << (s % 64);
      rows[i] = row.data();
    }
    std::uint64_t square[64];
    for (std::size_t w = 0; w < words; ++w) {
      std::uint64_t any = 0;
      for (std::size_t i = 0; i < 64; ++i) any |= square[i] = rows[i] ? rows[i][w] : 0;
      if (any == 0) continue;
      transpose_block(square);
      for (std::size_t i = 0; i < 64 && w * 64 + i < out_.size(); ++i) {
        std::uint64_t& word = out_.row(w * 64 + i)[block];
        if (const std::uint64_t wanted = square[i] & ~word) word |= wanted & leaving(w * 64 + i, block);
      }
    }
  }

  // A word of whom the gate of a source lets it leave for on this atom.
  std::uint64_t leaving(std::size_t source, std::size_t at) const {
    const std::uint64_t first = egress_.of_class(static_cast<std::uint32_t>(source)).words()[at];
    const RowDifference* difference = leaves(source);
    return difference ? difference->word(first, at) : first;
  }

  // Gates at the source that open, through entrances that are open on both atoms.
  void add_exits() {
    BitSet closing(out_.size());  // for somebody: they have to be asked
    for (std::size_t d = 0; d < out_.size(); ++d) {
      if (enters(d) && enters(d)->closes) closing.set(d);
    }
    const auto closed = [&](std::uint32_t s, std::uint32_t d) { return closing.test(d) && enters(d)->is_closed(s); };
    for (std::uint32_t s = 0; s < out_.size(); ++s) {
      const RowDifference* difference = leaves(s);
      if (!difference || difference->opens == 0) continue;
      const std::span<std::uint64_t> row = out_.row(s);
      const std::span<const std::uint64_t> entered = std::as_const(entered_).row(s);
      for (const std::uint32_t d : difference->opened) {
        if ((entered[d / 64] >> (d % 64) & 1) != 0 && !closed(s, d)) row[d / 64] |= std::uint64_t{1} << (d % 64);
      }
      if (difference->opened_row.size() == 0) continue;
      BitSet doubtful = difference->opened_row;
      doubtful &= closing;
      BitSet opened = difference->opened_row;
      doubtful.each([&](std::uint32_t d) {
        if (closed(s, d)) opened.clear(d);
      });
      for (std::size_t i = 0; i < row.size(); ++i) row[i] |= opened.words()[i] & entered[i];
    }
  }

  const ClosedGates& gates_;
  std::uint32_t first_;
  GateRows egress_, ingress_;
  ClassMatrix out_;
  ClassMatrix entered_;
  std::vector<std::uint64_t> listed_;  // rows of 64 entrances that are lists
  ByGroup leaves_, enters_;            // on the atom that is added
};

// The atom that the fewest entries single out: the one most sets of services have, or are without, as the others do.
std::uint32_t plainest(const ClosedGates& gates) {
  const std::size_t atoms = gates.services().atoms.size();
  std::vector<std::size_t> uses(atoms);
  for (const model::Direction direction : {model::Direction::Egress, model::Direction::Ingress}) {
    std::vector<std::size_t> of_set(gates.services().sets.size());
    for (const ClosedEntry& entry : gates.gate(direction).entries) {
      if (entry.services != nothing) ++of_set[entry.services];
    }
    for (std::size_t s = 0; s < of_set.size(); ++s) {
      gates.services().sets[s].each([&](std::uint32_t atom) { uses[atom] += of_set[s]; });
    }
  }
  return static_cast<std::uint32_t>(std::ranges::min_element(uses) - uses.begin());
}

}  // namespace

ClassMatrix on_any_service(const ClosedGates& gates, std::size_t classes) {
  return AnyService(gates, classes, plainest(gates)).run();
}

}  // namespace weft::verifier
