#include <algorithm>

#include <fmt/format.h>

#include "codegen/buckets.h"
#include "codegen/explanation.h"
#include "codegen/sizes.h"

namespace weft::codegen {
namespace {

// What an entry of a hash of the kernel takes: the element with its links, and its share of the buckets.
constexpr std::uint64_t hash_entry_bytes = 85;
// One node of the kernel's trie for each bit in which addresses differ, at most.
constexpr std::uint32_t trie_depth4 = 33, trie_depth6 = 129;

Part gate_part(const plan::DecisionPlan& plan, const plan::Gate& gate, const GateSizes& sizes, std::string name,
               const Options& options) {
  const std::size_t rows = row_count(plan);
  Part out;
  out.name = std::move(name);
  // Classes that share a row look up which one; both ends do.
  const std::uint32_t of_ends = plan.relation_keys.empty() ? 0 : 2;
  Way by_rows{.name = "rows", .bytes = sizes.rows + sizes.first + sizes.guards + sizes.actions, .why = {}};
  // Where to begin by either end, a word of each of three rows, and what the entry does; without a place to begin the
  // summaries of three rows say it, once for every 4,096 entries.
  by_rows.least_looks = of_ends + (sizes.first_words ? 2 + 3 + 1 : 3 + 3 + 1);
  by_rows.most_looks = by_rows.least_looks +
                       (sizes.first_words ? 3 * sizes.shape.summary : 3 * (sizes.shape.summary - 1)) +
                       3 * (sizes.shape.words - 1);
  if (!plan.conditions.empty()) {
    const auto conditions = static_cast<std::uint32_t>(plan.conditions.size());
    by_rows.least_looks += 1;
    by_rows.most_looks +=
        1 + sizes.shape.words * conditions + 2 * static_cast<std::uint32_t>(plan.relation_keys.size());
  }
  Way by_matrix{.name = "matrix", .bytes = sizes.matrix, .why = {}};
  by_matrix.least_looks = by_matrix.most_looks = 1 + of_ends;
  by_rows.chosen = sizes.strategy == Strategy::Rows;
  by_matrix.chosen = !by_rows.chosen;
  if (by_matrix.chosen) {
    by_matrix.why = "it was asked for, and ends and services are all that its rules ask for";
    by_rows.why = "a matrix was asked for";
  } else {
    by_rows.why = options.strategy == Strategy::Rows
                      ? "its memory adds up and its time does not grow, whatever rules will ask for"
                      : "it takes every rule there is";
    by_matrix.why = sizes.reason;
  }
  out.ways = {std::move(by_rows), std::move(by_matrix)};

  if (sizes.strategy == Strategy::Matrix) {
    out.tables.push_back({sizes.matrix, fmt::format("{} x {} x {} decisions, which name the rule", rows_for(rows),
                                                    rows_for(rows), rows_for(plan.atom_count))});
    return out;
  }
  out.remarks.push_back(fmt::format("the first of {} entries whose bit is set in the rows of subject, peer and service",
                                    gate.entries.size()));
  out.tables.push_back({sizes.rows, fmt::format("2 x {} rows of ends and {} of services, {} bytes each", rows,
                                                plan.atom_count, sizes.shape.stride * 8)});
  if (sizes.first_words) {
    out.tables.push_back({sizes.first, "where to begin in them"});
  } else {
    out.remarks.push_back("where to begin would take more than 16 MiB: the summaries of the rows say it");
  }
  if (sizes.guards > 0) {
    out.tables.push_back(
        {sizes.guards, fmt::format("which entries have which of {} conditions", plan.conditions.size())});
  }
  out.tables.push_back({sizes.actions, "what each entry does"});
  return out;
}

Part address_part(const plan::DecisionPlan& plan, const plan::IdentityLayout& layout, bool six) {
  Part out;
  out.name = six ? "IPv6 addresses" : "IPv4 addresses";
  const std::uint32_t homes = plan.uses_homes ? 1 : 0;
  const bool none = layout.direct.empty() && layout.exact.empty();
  std::uint64_t direct = 0;
  for (const auto& one : layout.direct) direct += one.identities.size() * (2 + 2 * homes);
  Way index{.name = "index", .chosen = !layout.direct.empty(), .bytes = direct, .why = {}};
  index.least_looks = index.most_looks = 1 + homes;
  index.why =
      index.chosen ? "addresses lie near each other: one comparison for each table, and no search"
      : none       ? "there are no addresses of workloads or nodes"
             : fmt::format("too few lie near each other: a table takes at most {} addresses a host", six ? 64 : 256);
  out.ways.push_back(std::move(index));
  Way apart;
  if (six) {
    apart = {.name = "buckets",
             .chosen = !layout.exact.empty(),
             .bytes = layout.exact.empty() ? 0 : std::uint64_t{bucket_count(layout.exact.size())} * 64,
             .least_looks = 1,
             .most_looks = 2,
             .why = {}};
  } else {
    apart = {.name = "hash",
             .chosen = !layout.exact.empty(),
             .bytes = hash_entry_bytes * layout.exact.size(),
             .least_looks = 2,
             .most_looks = 3,
             .why = {}};
  }
  apart.why = apart.chosen ? fmt::format("{} addresses are too scattered for an index", layout.exact.size())
              : none       ? "there are no addresses of workloads or nodes"
                           : "every address has its place in an index, which costs a packet less";
  out.ways.push_back(std::move(apart));
  Way trie{.name = "prefixes",
           .chosen = !layout.prefixes.empty(),
           .bytes = 0,
           .least_looks = 1,
           .most_looks = six ? trie_depth6 : trie_depth4,
           .why = {}};
  trie.why = trie.chosen ? fmt::format("{} networks of the world are told apart; asked only where the others miss",
                                       layout.prefixes.size())
                         : "the policy tells no networks of the world apart";
  out.ways.push_back(std::move(trie));
  for (const std::string& reason : layout.reasons) out.remarks.push_back(reason);
  if (layout.reasons.empty()) out.remarks.emplace_back("all alike: nothing is looked up");
  return out;
}

std::string looks(const Way& way) {
  if (way.most_looks == 1) return "1 look";
  if (way.least_looks == way.most_looks) return fmt::format("{} looks", way.most_looks);
  return fmt::format("{} to {} looks", way.least_looks, way.most_looks);
}

}  // namespace

Explanation explanation(const plan::DecisionPlan& plan, const Options& options) {
  const TableSizes sizes = table_sizes(plan, options);
  Explanation out;
  out.bytes = sizes.total();
  out.budget = options.table_budget;
  out.classes = plan.classes.size();
  out.rows = row_count(plan);
  out.services = plan.atom_count;
  for (const plan::Class& one : plan.classes) out.addresses += one.members;
  out.parts.push_back(gate_part(plan, plan.egress, sizes.egress, "egress gate", options));
  out.parts.push_back(gate_part(plan, plan.ingress, sizes.ingress, "ingress gate", options));
  out.parts.push_back(address_part(plan, plan.v4, false));
  out.parts.push_back(address_part(plan, plan.v6, true));
  Part services;
  services.name = "services";
  services.tables.push_back({sizes.atoms, "by protocol, and by port where ports of a protocol differ: one look"});
  out.parts.push_back(std::move(services));
  if (sizes.values > 0) {
    Part relations;
    relations.name = "relations";
    relations.tables.push_back({sizes.values, "values by class, and the rows that classes share"});
    out.parts.push_back(std::move(relations));
  }
  return out;
}

std::string_view measured(std::string_view part) {
  // A test holds this against the page it names.
  if (part.ends_with("gate")) {
    return "`./dev bench strategies`: a verdict by a matrix took 0.55 to 0.59 of the time of one by rows where tables are "
           "hot, 0.70 to 0.73 where they are not (IPv4; docs/performance.md)";
  }
  return {};
}

std::string to_string(const Explanation& explanation) {
  std::string out = fmt::format(
      "tables take {} bytes of at most {} ({:.1f} %)\n"
      "  {} addresses of workloads and nodes, and the world, are {} classes, which share {} rows; services are {} "
      "sets\n",
      explanation.bytes, explanation.budget,
      100.0 * static_cast<double>(explanation.bytes) /
          static_cast<double>(std::max<std::uint64_t>(explanation.budget, 1)),
      explanation.addresses, explanation.classes, explanation.rows, explanation.services);
  for (const Part& part : explanation.parts) {
    const auto chosen = std::ranges::find(part.ways, true, &Way::chosen);
    const bool gate = part.name.ends_with("gate");
    out += fmt::format("\n{}{}\n", part.name,
                       !gate || chosen == part.ways.end() ? ""
                       : chosen->name == "rows"           ? ": rows of bits"
                                                          : ": a matrix");
    for (const std::string& remark : part.remarks) out += fmt::format("  {}\n", remark);
    for (const Part::Table& table : part.tables) out += fmt::format("  {:>12} bytes  {}\n", table.bytes, table.what);
    for (const Way& way : part.ways) {
      out += fmt::format("  {} {:<9} {} a packet", way.chosen ? "*" : "-", way.name, looks(way));
      if (way.bytes != 0) out += fmt::format(", {} bytes", way.bytes);
      out += fmt::format(": {}{}\n", way.chosen ? "" : "not taken: ", way.why);
    }
    if (const std::string_view time = measured(part.name); !time.empty()) out += fmt::format("  {}\n", time);
  }
  return out;
}

}  // namespace weft::codegen
