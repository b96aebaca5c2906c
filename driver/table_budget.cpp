#include "driver/table_budget.h"

#include <algorithm>
#include <span>

#include <fmt/format.h>

#include "codegen/explanation.h"
#include "codegen/sizes.h"
#include "plan/build.h"
#include "plan/cost.h"
#include "plan/vocabulary.h"

namespace weft::driver {
namespace {

constexpr std::size_t most_named = 3, most_listed = 10;

constexpr DiagnosticKind<std::uint64_t, std::uint64_t> tables_would_exceed{
    "W4104", Severity::Warning, "the tables of a build would take {} bytes, the budget is {}"};

constexpr DiagnosticKind<std::uint64_t, std::uint64_t> rows_would_exceed{
    "W4104", Severity::Warning, "the tables of a build would take more than {} bytes, the budget is {}"};

std::string counted(std::uint64_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

// "12345 bytes for 2 entries, and for 3 groups of ends that no other rule tells apart"
std::string text_of(const plan::RuleCost& cost) {
  std::string alone;
  if (cost.rows > 0) alone = counted(cost.rows, "group") + " of ends";
  if (cost.atoms > 0) alone += (alone.empty() ? "" : " and ") + counted(cost.atoms, "service");
  return fmt::format("{} for {}{}", counted(cost.bytes, "byte"),
                     cost.entries == 1 ? "1 entry" : fmt::format("{} entries", cost.entries),
                     alone.empty() ? "" : ", and for " + alone + " that no other rule tells apart");
}

// At the rule that costs most, with the next ones beside it.
void attribute(Diagnostic& diagnostic, const plan::DecisionPlan& plan, const model::Policy& policy) {
  const std::vector<plan::RuleCost> costs = plan::rule_costs(plan);
  if (costs.empty()) return;
  diagnostic.span = policy[costs[0].rule].span;
  diagnostic.at("of all rules this one costs most: " + text_of(costs[0]));
  for (const plan::RuleCost& cost : std::span(costs).subspan(1, std::min(costs.size(), most_named) - 1)) {
    diagnostic.label(policy[cost.rule].span, text_of(cost));
  }
}

// More than any tables of this policy in this inventory: every address an end of its own, every rule an entry at both
// gates for every destination of named ports, every service its own.
bool may_exceed(const Compilation& compilation, std::uint64_t budget) {
  const plan::Vocabulary vocabulary = plan::vocabulary_of(compilation.policy);
  std::uint64_t ends = plan::elementary_ranges(vocabulary, compilation.inventory).size();
  for (const model::Instance& instance : compilation.inventory.instances) ends += 1 + instance.addresses.size();
  std::uint64_t entries = 64 + compilation.policy.isolations.size(), atoms = 2;
  for (const model::Rule& rule : compilation.policy.rules) {
    entries += rule.ports.names.empty() ? 1 : ends;
    atoms += 2 * rule.ports.points.ranges().size() + (rule.ports.names.empty() ? 0 : ends);
  }
  // Rounding doubles rows and words; where to begin; direct tables of at most 256 addresses a host; ports by protocol.
  const double rows = static_cast<double>(ends), services = static_cast<double>(atoms);
  const double bytes = 2 * 4 * (static_cast<double>(entries) + 256) / 8 * (2 * rows + services) +
                       2 * 4 * 4 * rows * services + 4 * 2 * 256 * rows + 5 * 2 * 65'536;
  return bytes > static_cast<double>(budget);
}

}  // namespace

void warn_of_table_budget(const Compilation& compilation, const codegen::Options& options, Diagnostics& diagnostics,
                          std::uint64_t room) {
  if (!compilation.has_inventory() || !may_exceed(compilation, options.table_budget)) return;
  room = std::max(room, options.table_budget);
  const auto plan = plan::build(compilation.policy, compilation.inventory, room);
  if (!plan && plan.error().code == over_budget) {
    diagnostics.report(rows_would_exceed, {}, room, options.table_budget).suggest(plan.error().help);
    return;
  }
  if (!plan) return;  // that is for a build to say
  const std::uint64_t bytes = codegen::table_sizes(*plan, options).total();
  if (bytes <= options.table_budget) return;
  Diagnostic& diagnostic = diagnostics.report(tables_would_exceed, {}, bytes, options.table_budget);
  attribute(diagnostic, *plan, compilation.policy);
  diagnostic.suggest(
      "let fewer labels tell workloads apart, or raise `max_table_bytes` under `[build]` of the project");
}

void report_over_budget(Error error, Compilation& compilation) {
  Diagnostic diagnostic;
  diagnostic.code = std::move(error.code);
  diagnostic.message = std::move(error.message);
  attribute(diagnostic, *compilation.plan, compilation.policy);
  diagnostic.suggest(std::move(error.help));
  compilation.diagnostics.add(std::move(diagnostic));
}

std::string explain_tables(const Compilation& compilation, const codegen::Options& options) {
  const plan::DecisionPlan& plan = *compilation.plan;
  std::string out = codegen::to_string(codegen::explanation(plan, options));
  const std::vector<plan::RuleCost> costs = plan::rule_costs(plan);
  if (costs.empty()) return out;
  out += "\nrules that cost most\n";
  for (const plan::RuleCost& cost : std::span(costs).first(std::min(costs.size(), most_listed))) {
    const Span span = compilation.policy[cost.rule].span;
    const std::string_view text = compilation.sources.text(span);
    out += fmt::format("  {}  {}\n      {}\n", compilation.sources.location(span), text.substr(0, text.find('\n')),
                       text_of(cost));
  }
  if (costs.size() > most_listed) out += fmt::format("  and {} more\n", costs.size() - most_listed);
  return out;
}

}  // namespace weft::driver
