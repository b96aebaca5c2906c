#include <algorithm>

#include <fmt/format.h>

#include "codegen/buckets.h"
#include "codegen/sizes.h"

namespace weft::codegen {
namespace {

void explain_gate(std::string& out, const plan::DecisionPlan& plan, const plan::Gate& gate, const GateSizes& sizes,
                  std::string_view name) {
  const std::size_t rows = row_count(plan);
  if (sizes.strategy == Strategy::Matrix) {
    out += fmt::format(
        "\n{} gate: a matrix\n  one look into {} x {} x {} decisions, which name the rule: {} bytes\n"
        "  rows would take {} bytes and six looks\n",
        name, rows_for(rows), rows_for(rows), rows_for(plan.atom_count), sizes.matrix,
        sizes.rows + sizes.first + sizes.guards + sizes.actions);
    return;
  }
  out += fmt::format(
      "\n{} gate: rows of bits\n  the first of {} entries whose bit is set in the rows of subject, peer and service\n",
      name, gate.entries.size());
  out += fmt::format("  {:>12} bytes  2 x {} rows of ends and {} of services, {} bytes each\n", sizes.rows, rows,
                     plan.atom_count, sizes.shape.stride * 8);
  if (sizes.first_words) {
    out += fmt::format("  {:>12} bytes  where to begin in them\n", sizes.first);
  } else {
    out += "               where to begin in them would take more than 16 MiB: summaries find it, in two looks more\n";
  }
  if (sizes.guards > 0) {
    out += fmt::format("  {:>12} bytes  which entries have which of {} conditions\n", sizes.guards,
                       plan.conditions.size());
  }
  out += fmt::format("  {:>12} bytes  what each entry does\n", sizes.actions);
  out += fmt::format("  no matrix of {} bytes: {}\n", sizes.matrix, sizes.reason);
}

void explain_addresses(std::string& out, const plan::IdentityLayout& layout, std::string_view family) {
  out += fmt::format("\n{} addresses\n", family);
  for (const std::string& reason : layout.reasons) out += fmt::format("  {}\n", reason);
  if (layout.reasons.empty()) out += "  all alike: nothing is looked up\n";
}

}  // namespace

std::string explain(const plan::DecisionPlan& plan, const Options& options) {
  const TableSizes sizes = table_sizes(plan, options);
  std::uint64_t members = 0;
  for (const plan::Class& one : plan.classes) members += one.members;
  std::string out = fmt::format(
      "tables take {} bytes of at most {} ({:.1f} %)\n"
      "  {} hosts are {} classes, which share {} rows; services are {} sets\n",
      sizes.total(), options.table_budget,
      100.0 * static_cast<double>(sizes.total()) /
          static_cast<double>(std::max<std::uint64_t>(options.table_budget, 1)),
      members, plan.classes.size(), row_count(plan), plan.atom_count);
  explain_gate(out, plan, plan.egress, sizes.egress, "egress");
  explain_gate(out, plan, plan.ingress, sizes.ingress, "ingress");
  explain_addresses(out, plan.v4, "IPv4");
  explain_addresses(out, plan.v6, "IPv6");
  if (sizes.buckets > 0) {
    out +=
        fmt::format("  {:>12} bytes  {} buckets of three hosts\n", sizes.buckets, bucket_count(plan.v6.exact.size()));
  }
  out += fmt::format("  {:>12} bytes  direct tables\n", sizes.direct);
  out += fmt::format("\nservices\n  {:>12} bytes  by protocol, and by port where ports of a protocol differ\n",
                     sizes.atoms);
  if (sizes.values > 0) {
    out += fmt::format("\nrelations\n  {:>12} bytes  values by class, and the rows that classes share\n", sizes.values);
  }
  return out;
}

}  // namespace weft::codegen
