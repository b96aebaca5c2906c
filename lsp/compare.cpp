#include "lsp/compare.h"

#include <algorithm>

#include <fmt/format.h>

#include "model/moment.h"
#include "verifier/answer.h"

namespace weft::lsp {
namespace {

constexpr std::size_t most_changes = 50;

// As code, whatever stands in it: the fence is longer than any run of backticks in the text.
std::string code(const std::string& text) {
  std::size_t longest = 0, run = 0;
  for (const char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  const std::string fence(longest + 1, '`');
  const char* space = longest > 0 ? " " : "";
  return fence + space + text + space + fence;
}

std::string decider(const verifier::Decider& it, const driver::Compilation& compilation) {
  std::string words = driver::words_of(it, compilation);
  // A statement is code already, but for names in backticks in it.
  if (words.size() > 2 && words.front() == '`' && words.back() == '`') words = code(words.substr(1, words.size() - 2));
  const std::string place = driver::place_of(it, compilation);
  return place.empty() ? words : fmt::format("{} at {}", words, place);
}

std::string pairs(std::uint64_t number) { return fmt::format("{} {}", number, number == 1 ? "pair" : "pairs"); }

void add_flows(const driver::PolicyDiff& diff, bool gained, std::string& out) {
  bool first = true;
  for (const driver::DifferenceGroup& group : diff.groups) {
    const verifier::Difference& each = diff.flows->differences[group.members.front()];
    if (each.gained != gained) continue;
    if (std::exchange(first, false)) out += fmt::format("\n## Flows {}\n\n", gained ? "gained" : "lost");
    out += fmt::format("- for example {}", code(verifier::describe(each.witness)));
    if (each.when.until) out += fmt::format(", until {}", model::to_string(*each.when.until));
    out += '\n';
    for (const verifier::Turn& turn : each.turns) {
      out += fmt::format("  - before: {}\n  - now: {}\n", decider(turn.before, diff.before.compilation),
                         decider(turn.after, diff.after.compilation));
    }
    if (const std::string others = driver::others_of(group); !others.empty()) {
      out += fmt::format("  - {}: {}\n", group.of_after ? "before" : "now", others);
    }
  }
}

void add_inventory(const driver::InventoryDiff& inventory, std::string& out) {
  out +=
      fmt::format("\n## In {}\n\n{} gained, {} lost\n", inventory.of, pairs(inventory.gained), pairs(inventory.lost));
  if (!inventory.changes.empty()) out += '\n';
  for (std::size_t i = 0; i < std::min(inventory.changes.size(), most_changes); ++i) {
    const driver::PairChange& change = inventory.changes[i];
    out +=
        fmt::format("- {}: {} -> {} on {} ({}{})\n", change.gained ? "gained" : "lost", driver::text_of(change.sources),
                    driver::text_of(change.destinations), driver::few_services(change.services), pairs(change.pairs),
                    change.own_node ? ", a workload and its own node" : "");
  }
  if (inventory.changes.size() > most_changes) {
    out += fmt::format("- and {} further groups: `weft diff` lists them\n", inventory.changes.size() - most_changes);
  }
}

}  // namespace

std::string differences_in_words(const driver::PolicyDiff& diff) {
  std::string out = fmt::format("# {} → {}: {}\n\n{}\n", diff.before.name, diff.after.name, driver::verdict_word(diff),
                                driver::verdict_sentence(diff));
  add_flows(diff, true, out);
  add_flows(diff, false, out);
  if (diff.flows->unlisted > 0) out += "\nThere are more differences than are listed.\n";
  if (diff.inventory) add_inventory(*diff.inventory, out);
  std::string notes;
  for (const Diagnostic& finding : diff.findings.all()) {
    if (finding.severity == Severity::Note) notes += fmt::format("- {}\n", finding.message);
  }
  for (const std::string& note : diff.notes) notes += fmt::format("- {}\n", note);
  for (const verifier::NotChecked& gap : diff.flows->not_checked) {
    notes += fmt::format("- undecided: {}: {}\n", gap.what, gap.why);
  }
  if (!notes.empty()) out += "\n## To know\n\n" + notes;
  return out;
}

}  // namespace weft::lsp
