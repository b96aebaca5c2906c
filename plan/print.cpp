#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "bundle/abi.h"
#include "model/moment.h"
#include "plan/plan.h"

namespace weft::plan {
namespace {

// Beyond this many classes of one row, or members of one list, only the number is printed.
constexpr std::size_t most_listed = 64;

// Turns the rows of a gate round: which rows or atoms one entry speaks about.
std::string entry_members(const std::vector<Bits>& rows, std::size_t entry, std::size_t from, std::string_view prefix) {
  std::vector<std::string> parts;
  std::size_t members = 0;
  for (std::size_t i = from; i < rows.size(); ++i) {
    if (!rows[i].test(entry)) continue;
    if (members++ < most_listed) parts.push_back(fmt::format("{}{}", prefix, i));
  }
  if (members == rows.size() - from) return "*";
  if (members == 0) return "-";
  if (members > most_listed) parts.push_back(fmt::format("and {} more", members - most_listed));
  return fmt::format("{}", fmt::join(parts, " "));
}

std::string text_of(const DecisionPlan& plan, const Condition& condition) {
  if (const auto* deadline = std::get_if<Deadline>(&condition)) {
    return fmt::format("before {}", to_string(deadline->expires));
  }
  if (std::holds_alternative<Audited>(condition)) return "never: it is only audited";
  if (const auto* node = std::get_if<OwnNode>(&condition)) {
    return node->own ? "the peer is the subject's own node" : "the peer is not the subject's own node";
  }
  const auto& relation = std::get<Relation>(condition);
  return fmt::format("source.{} {} destination.{}", to_string(plan.relation_keys[relation.source]),
                     relation.equal ? "==" : "!=", to_string(plan.relation_keys[relation.destination]));
}

void print_conditions(std::string& out, const DecisionPlan& plan) {
  if (plan.conditions.empty()) return;
  out += "\nconditions\n";
  for (std::size_t i = 0; i < plan.conditions.size(); ++i) {
    out += fmt::format("  k{:<4} {}\n", i, text_of(plan, plan.conditions[i]));
  }
}

void print_classes(std::string& out, const DecisionPlan& plan) {
  out += "classes\n";
  if (plan.relation_keys.empty()) {
    for (std::size_t c = 1; c < plan.classes.size(); ++c) {
      const Class& one = plan.classes[c];
      out +=
          fmt::format("  c{:<4} {:<8} {:>6} addresses, such as {}\n", c, to_string(one.kind), one.members, one.example);
    }
    return;
  }
  // By row: its classes differ in compared values only.
  std::map<std::uint32_t, std::vector<std::size_t>> by_row;
  for (std::size_t c = 1; c < plan.classes.size(); ++c) by_row[plan.classes[c].row].push_back(c);
  for (const auto& [row, classes] : by_row) {
    out += fmt::format("  row c{}, {} {}\n", row, classes.size(), classes.size() == 1 ? "class" : "classes");
    for (std::size_t i = 0; i < std::min(classes.size(), most_listed); ++i) {
      const Class& one = plan.classes[classes[i]];
      out += fmt::format("    {:<5} {:<8} {:>6} addresses, such as {}", classes[i], to_string(one.kind), one.members,
                         one.example);
      for (std::size_t key = 0; key < one.values.size(); ++key) {
        if (one.values[key] != 0) {
          out += fmt::format(", {} is value {}", to_string(plan.relation_keys[key]), one.values[key]);
        }
      }
      out += "\n";
    }
    if (classes.size() > most_listed) out += fmt::format("    and {} more\n", classes.size() - most_listed);
  }
  out += fmt::format("  {} values are compared\n", plan.value_count);
}

void print_gate(std::string& out, const Gate& gate, std::string_view name, const model::Policy& policy) {
  out += fmt::format("\n{} gate, first match decides\n", name);
  for (std::size_t e = WEFT_ENTRY_FIRST; e < gate.entries.size(); ++e) {
    const Entry& entry = gate.entries[e];
    std::string by;
    switch (entry.by) {
      case Entry::By::NoGate:
        by = "no gate";
        break;
      case Entry::By::Profile:
        by = fmt::format("profile {}", policy.profile.name);
        break;
      case Entry::By::Isolation:
        by = fmt::format("isolation in {}", policy[policy[*entry.isolation].block].name);
        break;
      case Entry::By::Rule:
        by = fmt::format("rule {} of {}", static_cast<unsigned>(*entry.rule), policy[policy[*entry.rule].block].name);
        break;
    }
    const std::string then = entry.verdict == model::Verdict::Pass ? fmt::format(" to {}", entry.next) : "";
    std::string when;
    for (const std::uint16_t at : entry.conditions) when += fmt::format("{}k{}", when.empty() ? "  if " : " ", at);
    out += fmt::format("  {:>5}  {}{}  own {}  peer {}  atoms {}{}  ({}{})\n", e, to_string(entry.verdict), then,
                       entry_members(gate.own_rows, e, 1, "c"), entry_members(gate.peer_rows, e, 1, "c"),
                       entry_members(gate.atom_rows, e, 0, "a"), when, by,
                       entry.tier ? fmt::format(", tier {}", policy[*entry.tier].name) : "");
  }
}

void print_layout(std::string& out, const IdentityLayout& layout, std::string_view family) {
  out += fmt::format("\n{} identities\n", family);
  for (const std::string& reason : layout.reasons) out += fmt::format("  {}\n", reason);
  for (const IdentityLayout::ByPrefix& entry : layout.prefixes) {
    out += fmt::format("  {} is c{}\n", to_string(entry.prefix), static_cast<unsigned>(entry.identity.class_id));
  }
  out += fmt::format("  otherwise c{}\n", static_cast<unsigned>(layout.otherwise.class_id));
}

}  // namespace

std::string to_string(const DecisionPlan& plan, const model::Policy& policy) {
  std::string out;
  print_classes(out, plan);
  print_conditions(out, plan);

  out += "\natoms\n";
  std::map<AtomId, model::PointSet> atoms;
  for (const AtomRange& range : plan.atoms) {
    for (std::uint32_t number = range.points.first >> 16; number <= range.points.last >> 16; ++number) {
      const std::uint32_t first = std::max(range.points.first, number << 16);
      const std::uint32_t last = std::min(range.points.last, (number << 16) | 0xFFFF);
      atoms[range.atom].add(model::PointSet::of_range(
          static_cast<std::uint8_t>(number), static_cast<std::uint16_t>(first), static_cast<std::uint16_t>(last)));
    }
  }
  for (const auto& [atom, points] : atoms) {
    const bool rest = points.contains(model::service_point(255, 0));
    out += fmt::format("  a{:<4} {}\n", static_cast<unsigned>(atom), rest ? "everything else" : to_string(points));
  }
  print_layout(out, plan.v4, "IPv4");
  print_layout(out, plan.v6, "IPv6");
  if (plan.own_node_may_enter) out += "\nthe own node of a workload may enter (profile)\n";
  print_gate(out, plan.egress, "egress", policy);
  print_gate(out, plan.ingress, "ingress", policy);
  return out;
}

}  // namespace weft::plan
