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

// The rows of one gate on one atom, by group; where they are those of another atom they are shared.
class GateRows {
 public:
  GateRows(const ClosedGates& gates, model::Direction direction) : gates_(gates), gate_(gates.gate(direction)) {
    rows_.resize(gate_.groups.size());
  }

  // All rows on an atom, which differences are counted against from then on.
  void compute(std::uint32_t atom) {
    for (std::uint32_t g = 0; g < gate_.groups.size(); ++g) rows_[g] = gates_.row(gate_, g, atom);
  }

  // The groups for which other entries speak on `atom` than on `base`.
  std::vector<std::uint32_t> changed(std::uint32_t base, std::uint32_t atom) const {
    const std::vector<BitSet>& sets = gates_.services().sets;
    std::vector<bool> differs(sets.size());
    for (std::size_t i = 0; i < sets.size(); ++i) differs[i] = sets[i].test(base) != sets[i].test(atom);
    std::vector<std::uint32_t> out;
    for (std::uint32_t g = 0; g < gate_.groups.size(); ++g) {
      if (std::ranges::any_of(gate_.groups[g].services, [&](std::uint32_t set) { return differs[set]; }))
        out.push_back(g);
    }
    return out;
  }

  // The row of a group on `atom`, which is that of `base` but for peers of the entries that differ. Where these are
  // few, as those of a service that everybody may ask are, they are asked for one by one.
  BitSet on(std::uint32_t group, std::uint32_t base, std::uint32_t atom) const {
    constexpr std::size_t few = 4;
    std::vector<std::uint32_t> peers;
    for (const std::uint32_t j : gate_.groups[group].entries) {
      const ClosedEntry& entry = gate_.joined[j].joint;
      if (gates_.speaks(entry, base) == gates_.speaks(entry, atom)) continue;
      if (entry.peer == nothing || peers.size() + gates_.set(entry.peer).count() > few)
        return gates_.row(gate_, group, atom);
      gates_.set(entry.peer).each([&](std::uint32_t peer) { peers.push_back(peer); });
    }
    BitSet out = rows_[group];
    for (const std::uint32_t peer : peers) {
      if (gates_.allows(gate_, gate_.groups[group].example, peer, atom, Place::Apart)) {
        out.set(peer);
      } else {
        out.clear(peer);
      }
    }
    return out;
  }
  const BitSet& of_group(std::uint32_t group) const { return rows_[group]; }
  const BitSet& of_class(std::uint32_t number) const { return rows_[gate_.group_of[number]]; }
  std::uint32_t group_of(std::uint32_t number) const { return gate_.group_of[number]; }
  std::size_t groups() const { return rows_.size(); }

 private:
  const ClosedGates& gates_;
  const ClosedGate& gate_;
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
  AnyService(const ClosedGates& gates, std::size_t classes)
      : egress_(gates, model::Direction::Egress),
        ingress_(gates, model::Direction::Ingress),
        gates_(gates),
        out_(classes),
        entered_(classes),
        by_destination_(classes),
        turned_(classes) {}

  ClassMatrix run(std::uint32_t base) {
    egress_.compute(base);
    ingress_.compute(base);
    entered_ = entrances(ingress_, out_.size());
    add_all(out_, egress_, entered_);
    for (std::uint32_t atom = 0; atom < gates_.services().atoms.size(); ++atom) {
      if (atom != base) add(base, atom);
    }
    return std::move(out_);
  }

 private:
  // An entrance that is another one than on the first atom.
  struct Entrance {
    BitSet open;          // whom it lets in
    BitSet opened;        // of them those whom it does not let in on the first
    bool closes = false;  // it lets somebody in on the first only
    std::size_t bits = 0;
  };

  void add(std::uint32_t base, std::uint32_t atom) {
    const std::size_t size = out_.size();
    std::vector<std::optional<BitSet>> leaving(egress_.groups());
    std::vector<std::optional<Entrance>> entering(ingress_.groups());
    for (const std::uint32_t g : egress_.changed(base, atom)) leaving[g] = egress_.on(g, base, atom);
    for (const std::uint32_t g : ingress_.changed(base, atom)) {
      Entrance& entrance = entering[g].emplace(Entrance{ingress_.on(g, base, atom), {}, false, 0});
      entrance.opened = entrance.open;
      entrance.opened -= ingress_.of_group(g);
      entrance.closes = !ingress_.of_group(g).within(entrance.open);
      entrance.bits = entrance.opened.count();
    }
    const auto leaving_row = [&](std::uint32_t s) -> const BitSet& {
      const std::optional<BitSet>& row = leaving[egress_.group_of(s)];
      return row ? *row : egress_.of_class(s);
    };
    const auto entrance = [&](std::uint32_t d) -> const Entrance* {
      const std::optional<Entrance>& found = entering[ingress_.group_of(d)];
      return found ? &*found : nullptr;
    };

    // Entrances that open: whoever leaves for them on this atom gets there. Where many open for many, to turn all of
    // them round at once is quicker than bit by bit.
    std::size_t bits = 0;
    BitSet closing(size);
    for (std::uint32_t d = 0; d < size; ++d) {
      const Entrance* to = entrance(d);
      if (to) bits += to->bits;
      if (to && to->closes) closing.set(d);
    }
    if (bits > size * size / 128) {
      for (std::uint32_t d = 0; d < size; ++d) {
        if (const Entrance* to = entrance(d)) {
          std::ranges::copy(to->opened.words(), by_destination_.row(d).begin());
        } else {
          std::ranges::fill(by_destination_.row(d), 0);
        }
      }
      by_destination_.transpose_into(turned_);
      for (std::uint32_t s = 0; s < size; ++s) join(out_.row(s), leaving_row(s).words(), turned_.row(s));
    } else if (bits > 0) {
      for (std::uint32_t d = 0; d < size; ++d) {
        const Entrance* to = entrance(d);
        if (!to || to->bits == 0) continue;
        to->opened.each([&](std::uint32_t s) {
          if (leaving_row(s).test(d)) out_.set(s, d);
        });
      }
    }

    // Gates at the source that open, through entrances that are open on both atoms.
    for (std::uint32_t s = 0; s < size; ++s) {
      const std::optional<BitSet>& row = leaving[egress_.group_of(s)];
      if (!row) continue;
      BitSet opened = *row;
      opened -= egress_.of_class(s);
      if (closing.intersects(opened)) {
        BitSet doubtful = opened;
        doubtful &= closing;
        doubtful.each([&](std::uint32_t d) {
          if (!entrance(d)->open.test(s)) opened.clear(d);
        });
      }
      join(out_.row(s), opened.words(), entered_.row(s));
    }
  }

  GateRows egress_, ingress_;
  const ClosedGates& gates_;
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
  GateRows egress(tables_->gates, model::Direction::Egress), ingress(tables_->gates, model::Direction::Ingress);
  egress.compute(atom);
  ingress.compute(atom);
  ClassMatrix out(size);
  add_all(out, egress, entrances(ingress, size));
  return out;
}

ClassMatrix Connectivity::any_service() const {
  ClassMatrix out = AnyService(tables_->gates, classes().size()).run(plainest(tables_->gates));
  tables_->keep_partners(out);
  return out;
}

}  // namespace weft::verifier
