#include <algorithm>
#include <utility>

#include "verifier/bit_block.h"
#include "verifier/connectivity.h"
#include "verifier/connectivity_rows.h"
#include "verifier/connectivity_tables.h"

namespace weft::verifier {

BitSet ClassMatrix::row_set(std::size_t source) const {
  BitSet out(size_);
  std::ranges::copy(row(source), out.words().begin());
  return out;
}

ClassMatrix ClassMatrix::transposed() const {
  ClassMatrix out(size_);
  turn_round(out, [&](std::size_t source) { return row(source).data(); });
  return out;
}

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
  add_pairs(out, egress, entrances(ingress, size));
  return out;
}

ClassMatrix Connectivity::any_service() const {
  ClassMatrix out = on_any_service(tables_->gates, classes().size());
  tables_->keep_partners(out);
  return out;
}

}  // namespace weft::verifier
