#include <algorithm>
#include <optional>
#include <utility>

#include "verifier/connectivity.h"
#include "verifier/connectivity_tables.h"

namespace weft::verifier {
namespace {

// Transposes 64 rows of 64 bits in place: halves are swapped, then quarters, down to single bits.
// Source: Hacker's Delight, 2nd edition, section 7-3, with bit 0 as the first column.
void transpose_block(std::uint64_t (&block)[64]) {
  std::uint64_t mask = 0x0000'0000'FFFF'FFFF;
  for (unsigned width = 32; width != 0; width >>= 1, mask ^= mask << width) {
    for (unsigned row = 0; row < 64; row = ((row | width) + 1) & ~width) {
      const std::uint64_t swapped = ((block[row] >> width) ^ block[row | width]) & mask;
      block[row] ^= swapped << width;
      block[row | width] ^= swapped;
    }
  }
}

void join(std::span<std::uint64_t> into, std::span<const std::uint64_t> a, std::span<const std::uint64_t> b) {
  for (std::size_t i = 0; i < into.size(); ++i) into[i] |= a[i] & b[i];
}

}  // namespace

BitSet ClassMatrix::row_set(std::size_t source) const {
  BitSet out(size_);
  std::ranges::copy(row(source), out.words().begin());
  return out;
}

ClassMatrix ClassMatrix::transposed() const {
  ClassMatrix out(size_);
  transpose_into(out);
  return out;
}

void ClassMatrix::transpose_into(ClassMatrix& out) const {
  std::uint64_t block[64];
  for (std::size_t down = 0; down < stride_; ++down) {
    const std::size_t rows = std::min<std::size_t>(64, size_ - down * 64);
    for (std::size_t right = 0; right < stride_; ++right) {
      for (std::size_t i = 0; i < 64; ++i) block[i] = i < rows ? words_[(down * 64 + i) * stride_ + right] : 0;
      transpose_block(block);
      const std::size_t columns = std::min<std::size_t>(64, size_ - right * 64);
      for (std::size_t i = 0; i < columns; ++i) out.words_[(right * 64 + i) * stride_ + down] = block[i];
    }
  }
}

namespace {

// How the row of a group differs from its row on the first atom: a few peers, or a row of its own.
struct Difference {
  std::uint32_t group = 0;
  std::vector<std::uint32_t> opened, closed;  ///< where there is no row
  std::optional<BitSet> row{};
};

// The rows of one gate on the first atom, by group, and how those on other atoms differ.
class GateRows {
 public:
  GateRows(const ClosedGates& gates, model::Direction direction, std::uint32_t base)
      : gates_(gates), gate_(gates.gate(direction)), base_(base), asking_(gates.services().sets.size()) {
    for (std::uint32_t g = 0; g < gate_.groups.size(); ++g) {
      rows_.push_back(gates_.row(gate_, g, base));
      for (const std::uint32_t j : gate_.groups[g].entries) {
        const std::uint32_t services = gate_.joined[j].joint.services;
        if (services != nothing) asking_[services].emplace_back(g, j);
      }
    }
  }

  /// Of the groups for which other entries speak on `atom`, ascending.
  std::vector<Difference> differences(std::uint32_t atom) const {
    std::vector<std::pair<std::uint32_t, std::uint32_t>> changed;  // group and joined entry
    for (std::size_t set = 0; set < asking_.size(); ++set) {
      const BitSet& atoms = gates_.services().sets[set];
      if (atoms.test(base_) == atoms.test(atom)) continue;
      changed.insert(changed.end(), asking_[set].begin(), asking_[set].end());
    }
    std::ranges::sort(changed);
    std::vector<Difference> out;
    for (std::size_t at = 0, end = 0; at < changed.size(); at = end) {
      while (end < changed.size() && changed[end].first == changed[at].first) ++end;
      out.push_back(difference({changed.begin() + static_cast<std::ptrdiff_t>(at), end - at}, atom));
    }
    return out;
  }

  const BitSet& of_group(std::uint32_t group) const { return rows_[group]; }
  const BitSet& of_class(std::uint32_t number) const { return rows_[gate_.group_of[number]]; }
  std::uint32_t group_of(std::uint32_t number) const { return gate_.group_of[number]; }
  std::size_t groups() const { return rows_.size(); }

 private:
  // Only peers of entries that differ can be treated differently. Where these are few, as those of a service that
  // everybody may ask are, they are asked for one by one.
  Difference difference(std::span<const std::pair<std::uint32_t, std::uint32_t>> changed, std::uint32_t atom) const {
    constexpr std::size_t few = 4;
    Difference out{changed.front().first, {}, {}, {}};
    std::vector<std::uint32_t> peers;
    for (const auto& [group, j] : changed) {
      const std::uint32_t of_entry = gate_.joined[j].joint.peer;
      if (of_entry == nothing || peers.size() + gates_.set(of_entry).count() > few) {
        out.row = gates_.row(gate_, group, atom);
        return out;
      }
      gates_.set(of_entry).each([&](std::uint32_t peer) { peers.push_back(peer); });
    }
    std::ranges::sort(peers);
    const auto repeats = std::ranges::unique(peers);
    peers.erase(repeats.begin(), repeats.end());
    for (const std::uint32_t peer : peers) {
      const bool open = gates_.allows(gate_, gate_.groups[out.group].example, peer, atom, Place::Apart);
      if (open != rows_[out.group].test(peer)) (open ? out.opened : out.closed).push_back(peer);
    }
    return out;
  }

  const ClosedGates& gates_;
  const ClosedGate& gate_;
  std::uint32_t base_;
  std::vector<std::vector<std::pair<std::uint32_t, std::uint32_t>>> asking_;  // by set of services: group, joined entry
  std::vector<BitSet> rows_;
};

// Who lets whom in, row by row of the source.
ClassMatrix entrances(const GateRows& ingress, std::size_t size) {
  ClassMatrix by_destination(size);
  for (std::uint32_t d = 0; d < size; ++d)
    std::ranges::copy(ingress.of_class(d).words(), by_destination.row(d).begin());
  return by_destination.transposed();
}

void add_all(ClassMatrix& out, const GateRows& egress, const ClassMatrix& entered) {
  for (std::uint32_t s = 0; s < out.size(); ++s) join(out.row(s), egress.of_class(s).words(), entered.row(s));
}

// What any service adds to the first atom: the other atoms, each as far as its rows differ from the first one's. Most
// atoms are a port of a few rules, so that nearly all rows are those of the first.
class AnyService {
 public:
  AnyService(const ClosedGates& gates, std::size_t classes, std::uint32_t base)
      : gates_(gates),
        base_(base),
        egress_(gates, model::Direction::Egress, base),
        ingress_(gates, model::Direction::Ingress, base),
        out_(classes),
        entered_(entrances(ingress_, classes)),
        by_destination_(classes),
        turned_(classes) {}

  ClassMatrix run() {
    add_all(out_, egress_, entered_);
    for (std::uint32_t atom = 0; atom < gates_.services().atoms.size(); ++atom) {
      if (atom != base_) add(atom);
    }
    return std::move(out_);
  }

 private:
  using ByGroup = std::vector<const Difference*>;  // null where the rows are those of the first atom

  static ByGroup by_group(const std::vector<Difference>& differences, std::size_t groups) {
    ByGroup out(groups);
    for (const Difference& difference : differences) out[difference.group] = &difference;
    return out;
  }

  static bool open(const Difference* difference, const BitSet& first, std::uint32_t peer) {
    if (!difference) return first.test(peer);
    if (difference->row) return difference->row->test(peer);
    if (std::ranges::binary_search(difference->opened, peer)) return true;
    return first.test(peer) && !std::ranges::binary_search(difference->closed, peer);
  }

  void add(std::uint32_t atom) {
    const std::vector<Difference> leaving = egress_.differences(atom), entering = ingress_.differences(atom);
    const ByGroup leaves = by_group(leaving, egress_.groups()), enters = by_group(entering, ingress_.groups());
    add_entrances(leaves, enters);
    add_exits(leaves, enters);
  }

  // Entrances that open: whoever leaves for them on this atom gets there. Where many open for many, to turn all of them
  // round at once is quicker than bit by bit.
  void add_entrances(const ByGroup& leaves, const ByGroup& enters) {
    const std::size_t size = out_.size();
    std::vector<BitSet> opened(enters.size());  // by group, where there is a row
    std::vector<std::size_t> counts(enters.size());
    for (std::size_t g = 0; g < enters.size(); ++g) {
      if (!enters[g]) continue;
      counts[g] = enters[g]->opened.size();
      if (!enters[g]->row) continue;
      opened[g] = *enters[g]->row;
      opened[g] -= ingress_.of_group(static_cast<std::uint32_t>(g));
      counts[g] = opened[g].count();
    }
    std::size_t bits = 0;
    for (std::uint32_t d = 0; d < size; ++d) bits += counts[ingress_.group_of(d)];
    if (bits == 0) return;

    const bool many = bits > size * size / 128;
    for (std::uint32_t d = 0; d < size; ++d) {
      const std::uint32_t g = ingress_.group_of(d);
      const bool has_row = enters[g] && enters[g]->row;
      if (many) std::ranges::fill(by_destination_.row(d), 0);
      if (many && has_row) std::ranges::copy(opened[g].words(), by_destination_.row(d).begin());
      const auto arrive = [&](std::uint32_t s) {
        if (open(leaves[egress_.group_of(s)], egress_.of_class(s), d)) out_.set(s, d);
      };
      if (!many && has_row) opened[g].each(arrive);
      if (enters[g] && !has_row) std::ranges::for_each(enters[g]->opened, arrive);
    }
    if (!many) return;
    by_destination_.transpose_into(turned_);
    for (std::uint32_t s = 0; s < size; ++s) {
      const Difference* difference = leaves[egress_.group_of(s)];
      if (difference && !difference->row) {
        BitSet row = egress_.of_class(s);
        for (const std::uint32_t d : difference->opened) row.set(d);
        for (const std::uint32_t d : difference->closed) row.clear(d);
        join(out_.row(s), row.words(), turned_.row(s));
      } else {
        join(out_.row(s), (difference ? *difference->row : egress_.of_class(s)).words(), turned_.row(s));
      }
    }
  }

  // Gates at the source that open, through entrances that are open on both atoms.
  void add_exits(const ByGroup& leaves, const ByGroup& enters) {
    const std::size_t size = out_.size();
    const auto entrance = [&](std::uint32_t s, std::uint32_t d) {
      return open(enters[ingress_.group_of(d)], ingress_.of_class(d), s);
    };
    // Those whose row closes for somebody have to be asked.
    std::vector<bool> closes(enters.size());
    for (std::size_t g = 0; g < enters.size(); ++g) {
      if (!enters[g]) continue;
      closes[g] = enters[g]->row ? !ingress_.of_group(static_cast<std::uint32_t>(g)).within(*enters[g]->row)
                                 : !enters[g]->closed.empty();
    }
    BitSet closing(size);
    for (std::uint32_t d = 0; d < size; ++d) {
      if (closes[ingress_.group_of(d)]) closing.set(d);
    }
    for (std::uint32_t s = 0; s < size; ++s) {
      const Difference* difference = leaves[egress_.group_of(s)];
      if (!difference) continue;
      if (!difference->row) {
        for (const std::uint32_t d : difference->opened) {
          if (entrance(s, d)) out_.set(s, d);
        }
        continue;
      }
      BitSet opened = *difference->row;
      opened -= egress_.of_class(s);
      if (closing.intersects(opened)) {
        BitSet doubtful = opened;
        doubtful &= closing;
        doubtful.each([&](std::uint32_t d) {
          if (!entrance(s, d)) opened.clear(d);
        });
      }
      join(out_.row(s), opened.words(), entered_.row(s));
    }
  }

  const ClosedGates& gates_;
  std::uint32_t base_;
  GateRows egress_, ingress_;
  ClassMatrix out_;
  ClassMatrix entered_;
  ClassMatrix by_destination_, turned_;  // kept between atoms: to get and clear that much memory takes time
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

void Connectivity::Tables::keep_partners(ClassMatrix& out) const {
  for (std::uint32_t s = 0; s < out.size(); ++s) {
    const BitSet mask = partners(s);
    const std::span<std::uint64_t> row = out.row(s);
    for (std::size_t i = 0; i < row.size(); ++i) row[i] &= mask.words()[i];
  }
}

ClassMatrix Connectivity::matrix(std::uint32_t atom) const {
  ClassMatrix out = gates_matrix(atom);
  tables_->keep_partners(out);
  return out;
}

ClassMatrix Connectivity::gates_matrix(std::uint32_t atom) const {
  const std::size_t size = classes().size();
  const GateRows egress(tables_->gates, model::Direction::Egress, atom);
  const GateRows ingress(tables_->gates, model::Direction::Ingress, atom);
  ClassMatrix out(size);
  add_all(out, egress, entrances(ingress, size));
  return out;
}

ClassMatrix Connectivity::any_service() const {
  ClassMatrix out = AnyService(tables_->gates, classes().size(), plainest(tables_->gates)).run();
  tables_->keep_partners(out);
  return out;
}

}  // namespace weft::verifier
