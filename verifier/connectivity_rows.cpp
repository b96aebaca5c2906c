#include "verifier/connectivity_rows.h"

#include <algorithm>
#include <utility>

#include "verifier/bit_block.h"

namespace weft::verifier {

bool RowDifference::is_opened(std::uint32_t peer) const {
  return opened_row.size() != 0 ? opened_row.test(peer) : std::ranges::binary_search(opened, peer);
}

bool RowDifference::is_closed(std::uint32_t peer) const {
  return closed_row.size() != 0 ? closed_row.test(peer) : std::ranges::binary_search(closed, peer);
}

std::uint64_t RowDifference::word(std::uint64_t first, std::size_t at) const {
  if (opened_row.size() != 0) return (first & ~closed_row.words()[at]) | opened_row.words()[at];
  const auto bits_of = [&](const std::vector<std::uint32_t>& peers) {
    std::uint64_t out = 0;
    auto peer = std::ranges::lower_bound(peers, static_cast<std::uint32_t>(at * 64));
    for (; peer != peers.end() && *peer / 64 == at; ++peer) out |= std::uint64_t{1} << (*peer % 64);
    return out;
  };
  return (first & ~bits_of(closed)) | bits_of(opened);
}

GateRows::GateRows(const ClosedGates& gates, model::Direction direction, std::uint32_t first)
    : gates_(gates),
      gate_(gates.gate(direction)),
      first_(first),
      asking_(gates.services().sets.size()),
      marks_(gate_.group_of.size()) {
  rows_.reserve(gate_.groups.size());
  for (std::uint32_t g = 0; g < gate_.groups.size(); ++g) {
    const ClosedGate::Group& group = gate_.groups[g];
    rows_.push_back(gates_.row(gate_, g, first));
    for (std::size_t at = 0; at < group.entries.size(); ++at) {
      if (group.asks[at] != nothing) asking_[group.asks[at]].push_back({g, gate_.joined[group.entries[at]].joint.peer});
    }
  }
}

std::vector<RowDifference> GateRows::differences(std::uint32_t atom) {
  std::vector<Asking> changed;
  for (std::size_t set = 0; set < asking_.size(); ++set) {
    const BitSet& atoms = gates_.services().sets[set];
    if (atoms.test(first_) == atoms.test(atom)) continue;
    changed.insert(changed.end(), asking_[set].begin(), asking_[set].end());
  }
  std::ranges::sort(changed);
  std::vector<RowDifference> out;
  for (std::size_t at = 0, end = 0; at < changed.size(); at = end) {
    while (end < changed.size() && changed[end].group == changed[at].group) ++end;
    const std::uint32_t group = changed[at].group;
    RowDifference difference =
        are_few(std::span(changed).subspan(at, end - at)) ? listed(group, atom) : whole(group, atom);
    if (difference.opens != 0 || difference.closes) out.push_back(std::move(difference));
  }
  return out;
}

// Only peers of entries that speak on one of the two atoms can be treated differently. Where these are few, as those of
// a service that one application offers are, the walk is gone for them alone.
bool GateRows::are_few(std::span<const Asking> changed) {
  const std::size_t few = std::max<std::size_t>(4, marks_.size() / 32);
  peers_.clear();
  for (const Asking& asking : changed) {
    if (asking.peers == nothing || peers_.size() + gates_.set(asking.peers).count() > few) return false;
    if (const std::vector<std::uint32_t>* list = gates_.set(asking.peers).list()) {
      peers_.insert(peers_.end(), list->begin(), list->end());
    } else {
      gates_.set(asking.peers).each([&](std::uint32_t peer) { peers_.push_back(peer); });
    }
  }
  if (changed.size() > 1) {
    std::ranges::sort(peers_);
    const auto repeats = std::ranges::unique(peers_);
    peers_.erase(repeats.begin(), repeats.end());
  }
  return true;
}

RowDifference GateRows::listed(std::uint32_t group, std::uint32_t atom) {
  const BitSet& first = rows_[group];
  RowDifference out{group};
  for (const std::uint32_t peer : peers_) {
    if (first.test(peer)) out.closed.push_back(peer);
  }
  gates_.keep_allowed(gate_, group, atom, peers_, marks_);
  out.opened.reserve(peers_.size());
  for (const std::uint32_t peer : peers_) {
    if (!first.test(peer)) out.opened.push_back(peer);
  }
  std::erase_if(out.closed, [&](std::uint32_t peer) { return std::ranges::binary_search(peers_, peer); });
  out.opens = out.opened.size();
  out.closes = !out.closed.empty();
  return out;
}

RowDifference GateRows::whole(std::uint32_t group, std::uint32_t atom) const {
  RowDifference out{group};
  out.opened_row = gates_.row(gate_, group, atom);
  out.closed_row = rows_[group];
  out.closed_row -= out.opened_row;
  out.opened_row -= rows_[group];
  out.opens = out.opened_row.count();
  out.closes = !out.closed_row.empty();
  return out;
}

ClassMatrix entrances(const GateRows& ingress, std::size_t classes) {
  ClassMatrix out(classes);
  turn_round(out, [&](std::size_t destination) {
    return ingress.of_class(static_cast<std::uint32_t>(destination)).words().data();
  });
  return out;
}

void add_pairs(ClassMatrix& out, const GateRows& egress, const ClassMatrix& entered) {
  for (std::uint32_t s = 0; s < out.size(); ++s) {
    const std::span<std::uint64_t> row = out.row(s);
    const std::span<const std::uint64_t> enters = entered.row(s);
    const std::vector<std::uint64_t>& leaves = egress.of_class(s).words();
    for (std::size_t i = 0; i < row.size(); ++i) row[i] |= leaves[i] & enters[i];
  }
}

}  // namespace weft::verifier
