#include "codegen/sizes.h"

#include <algorithm>
#include <bit>

#include "bundle/buckets.h"
#include "codegen/buckets.h"
#include "model/service.h"

namespace weft::codegen {
namespace {

constexpr std::uint32_t fewest = 2;
// Tables of first words multiply rows by atoms; beyond this each they are left out, and the summaries find the word.
constexpr std::uint64_t most_first_words_bytes = 16U << 20U;
// A matrix multiplies rows by rows by atoms; beyond this each it is nothing that a processor keeps at hand.
constexpr std::uint64_t most_matrix_bytes = 16U << 20U;

GateShape shape_of(const plan::Gate& gate) {
  GateShape out;
  out.words = std::max(static_cast<std::uint32_t>((gate.entries.size() + 63) / 64), fewest);
  out.summary = std::max((out.words + 63) / 64, fewest);
  // Short rows are powers of two, so that none lies across two cache lines; long ones are whole lines.
  const std::uint32_t length = out.words + out.summary;
  out.stride = length <= 8 ? std::bit_ceil(length) : (length + 7) / 8 * 8;
  out.word_mask = std::bit_ceil(out.words) - 1;
  // The last row may be indexed past its end by a masked index that no summary bit leads to.
  const std::uint32_t reach = out.summary + out.word_mask + 1;
  out.slack = reach > out.stride ? reach - out.stride : 0;
  return out;
}

// A matrix holds one answer for two rows and an atom, so nothing else may have a say in it.
std::string against_matrix(const plan::DecisionPlan& plan, const plan::Gate& gate, std::uint64_t bytes,
                           const Options& options) {
  if (options.strategy == Strategy::Rows)
    return "it is taken only where it is asked for (`--strategy matrix`): no deadline or relation should make a gate "
           "slower at once";
  for (const plan::Gate* each : {&plan.egress, &plan.ingress}) {
    const bool audited = std::ranges::any_of(each->entries, &plan::Entry::audited);
    if (audited) return "something is audited, and what would have been is searched for in rows";
  }
  const bool conditions =
      std::ranges::any_of(gate.entries, [](const plan::Entry& entry) { return !entry.conditions.empty(); });
  if (conditions) return "some rules ask for more than ends and services (`when`, `expires`, `host`)";
  if (bytes > most_matrix_bytes) return "a matrix would be larger than 16 MiB";
  return {};
}

GateSizes gate_sizes(const plan::DecisionPlan& plan, const plan::Gate& gate, const Options& options) {
  GateSizes out;
  out.shape = shape_of(gate);
  const std::uint64_t rows = rows_for(row_count(plan)), atoms = rows_for(plan.atom_count);
  const std::uint64_t stride = out.shape.stride, slack = out.shape.slack;
  out.rows = (2 * (rows * stride + slack) + atoms * stride + slack) * 8;
  const std::uint64_t first = 2 * rows * atoms;
  out.first_words = out.shape.words <= 0xFFFF && first <= most_first_words_bytes;
  if (out.first_words) out.first = 2 * first;
  if (!plan.conditions.empty()) {
    out.guards = (1 + std::uint64_t{rows_for(plan.conditions.size())}) * (out.shape.word_mask + 1) * 8;
  }
  out.actions = std::uint64_t{rows_for(gate.entries.size())} * 4;
  out.matrix = rows * rows * atoms * 4;
  out.reason = against_matrix(plan, gate, out.matrix, options);
  if (out.reason.empty()) out.strategy = Strategy::Matrix;
  return out;
}

}  // namespace

std::uint32_t rows_for(std::size_t count) {
  return static_cast<std::uint32_t>(std::bit_ceil(std::max<std::size_t>(count, fewest)));
}

std::size_t row_count(const plan::DecisionPlan& plan) { return std::max<std::size_t>(plan.egress.own_rows.size(), 1); }

bool tells_values_apart(const plan::DecisionPlan& plan, std::uint8_t protocol) {
  const std::uint32_t first = std::uint32_t{protocol} << 16U, last = first | 0xFFFFU;
  const auto from = std::ranges::upper_bound(plan.atoms, first, {}, [](const auto& a) { return a.points.last + 1; });
  return from != plan.atoms.end() && from->points.last < last;
}

TableSizes table_sizes(const plan::DecisionPlan& plan, const Options& options) {
  TableSizes out;
  out.egress = gate_sizes(plan, plan.egress, options);
  out.ingress = gate_sizes(plan, plan.ingress, options);
  for (const auto* layout : {&plan.v4, &plan.v6}) {
    for (const auto& one : layout->direct) out.direct += one.identities.size() * (plan.uses_homes ? 4 : 2);
  }
  if (!plan.v6.exact.empty()) out.buckets = std::uint64_t{bucket_count(plan.v6.exact.size())} * sizeof(weft_bucket6);
  const std::uint64_t element = plan.atom_count <= 256 ? 1 : 2;
  out.atoms = 256 * element;
  for (const std::uint8_t protocol : {model::protocol::tcp, model::protocol::udp, model::protocol::sctp,
                                      model::protocol::icmp, model::protocol::icmp6}) {
    if (tells_values_apart(plan, protocol)) out.atoms += 65'536 * element;
  }
  if (!plan.relation_keys.empty()) {
    out.values = std::uint64_t{2} * rows_for(plan.classes.size()) * (1 + plan.relation_keys.size());
  }
  return out;
}

}  // namespace weft::codegen
