#include "cli/diff_report.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/diagnostic_json.h"
#include "cli/witness_json.h"
#include "model/moment.h"

namespace weft::cli {
namespace {

using Json = nlohmann::ordered_json;
using verifier::Diff;
using verifier::Difference;

std::string time_of(const verifier::Interval& when, model::Moment start) {
  std::string out;
  if (when.from != start) out += " from " + model::to_string(when.from);
  if (when.until) out += " until " + model::to_string(*when.until);
  return out;
}

std::string decider_text(const verifier::Decider& decider, const driver::Compilation& compilation) {
  const std::string place = driver::place_of(decider, compilation);
  return driver::words_of(decider, compilation) + (place.empty() ? "" : " at " + place);
}

// When the comparison begins: what begins then needs no word.
model::Moment start_of(const driver::PolicyDiff& diff) {
  model::Moment out = model::before_all;
  if (!diff.flows->differences.empty()) {
    out = std::ranges::min_element(diff.flows->differences, {}, [](const Difference& each) {
            return each.when.from;
          })->when.from;
  }
  return out;
}

std::string counted(std::size_t number, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", number, number == 1 ? one : many);
}

// The one of a group that a person reads.
const Difference& shown(const driver::PolicyDiff& diff, const driver::DifferenceGroup& group) {
  return diff.flows->differences[group.members.front()];
}

std::size_t count_groups(const driver::PolicyDiff& diff, bool gained) {
  return static_cast<std::size_t>(std::ranges::count_if(
      diff.groups, [&](const driver::DifferenceGroup& group) { return shown(diff, group).gained == gained; }));
}

// "12 pairs", "1 pair".
std::string counted_pairs(std::uint64_t pairs) { return fmt::format("{} {}", pairs, pairs == 1 ? "pair" : "pairs"); }

// Who decided, and how many others on the side on which a group does not agree.
std::string deciders(const driver::DifferenceGroup& group, bool of_after, std::string decider) {
  const std::string others = group.of_after != of_after ? driver::others_of(group) : "";
  return others.empty() ? decider : fmt::format("{}, {}", decider, others);
}

void add_turns(std::string& out, const driver::PolicyDiff& diff, const driver::DifferenceGroup& group,
               const std::vector<verifier::Turn>& turns) {
  for (const verifier::Turn& turn : turns) {
    out += fmt::format("  before: {}\n  now:    {}\n",
                       deciders(group, false, decider_text(turn.before, diff.before.compilation)),
                       deciders(group, true, decider_text(turn.after, diff.after.compilation)));
  }
}

// Peers of the inventory, and one pair of them.
void add_change(std::string& out, const driver::PolicyDiff& diff, const driver::PairChange& change) {
  out += fmt::format("  {} {} -> {} : {}  ({}{})\n", change.gained ? '+' : '-', driver::text_of(change.sources),
                     driver::text_of(change.destinations), driver::few_services(change.services),
                     counted_pairs(change.pairs), change.own_node ? ", a workload and its own node" : "");
  if (change.example.turns.empty()) return;
  if (change.pairs > 1) out += fmt::format("      for example {}\n", change.example.flow);
  for (const verifier::Turn& turn : change.example.turns) {
    out += fmt::format("      before: {}\n      now:    {}\n", decider_text(turn.before, diff.before.compilation),
                       decider_text(turn.after, diff.after.compilation));
  }
}

}  // namespace

std::string diff_text(const driver::PolicyDiff& diff) {
  const Diff& flows = *diff.flows;
  const model::Moment start = start_of(diff);
  std::string out = fmt::format("{} -> {}: {}\n  {}\n", printable(diff.before.name), printable(diff.after.name),
                                driver::verdict_word(diff), driver::verdict_sentence(diff));
  for (const driver::DifferenceGroup& group : diff.groups) {
    const Difference& each = shown(diff, group);
    out += fmt::format("\n{}{}: for example {}\n", each.gained ? "gained" : "lost", time_of(each.when, start),
                       describe(each.witness));
    add_turns(out, diff, group, each.turns);
  }
  if (flows.unlisted > 0) out += "\nthere are more differences than are listed: compare in smaller steps to see them\n";
  if (diff.inventory) {
    const driver::InventoryDiff& pairs = *diff.inventory;
    out += fmt::format("\nin {}: {} gained, {} lost\n", printable(pairs.of), counted_pairs(pairs.gained),
                       counted_pairs(pairs.lost));
    constexpr std::size_t most = 30;
    for (std::size_t i = 0; i < std::min(pairs.changes.size(), most); ++i) add_change(out, diff, pairs.changes[i]);
    if (pairs.changes.size() > most) {
      out += fmt::format("  … and {} further groups; `--format json` has all\n", pairs.changes.size() - most);
    }
  }
  if (!flows.vocabulary.empty() || !diff.notes.empty() || !flows.not_checked.empty()) out += '\n';
  for (const Diagnostic& finding : diff.findings.all()) {
    if (finding.severity == Severity::Note) out += fmt::format("note: {}\n", finding.message);
  }
  for (const std::string& note : diff.notes) out += fmt::format("note: {}\n", note);
  for (const verifier::NotChecked& gap : flows.not_checked) {
    out += fmt::format("undecided: {}: {}\n", gap.what, gap.why);
  }
  if (!flows.not_checked.empty()) out += fmt::format("help: {}\n", driver::what_to_do_when_undecided);
  return out;
}

std::string diff_json(const driver::PolicyDiff& diff, ExitCode code) {
  Json out;
  out["version"] = diagnostic_schema;
  out["old"] = diff.before.name;
  out["new"] = diff.after.name;
  out["exit_code"] = static_cast<int>(code);
  const auto finish = [&] {
    out["diagnostics"] = Json::array();
    for (const driver::DiffSide* side : {&diff.before, &diff.after}) {
      for (const Diagnostic& each : side->compilation.diagnostics.all()) {
        out["diagnostics"].push_back(Json::parse(diagnostic_json(each, side->compilation.sources)));
      }
    }
    for (const Diagnostic& each : diff.findings.all()) {
      out["diagnostics"].push_back(Json::parse(diagnostic_json(each, diff.after.compilation.sources)));
    }
    return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  };
  if (!diff.understood()) return finish();

  const Diff& flows = *diff.flows;
  const model::Moment start = start_of(diff);
  out["verdict"] = driver::verdict_word(diff);
  const auto count = [&](bool gained) { return std::ranges::count(flows.differences, gained, &Difference::gained); };
  out["summary"] = {{"gained", count(true)},
                    {"lost", count(false)},
                    {"changed_rules", flows.changed_rules},
                    {"questions", flows.questions},
                    {"more", flows.unlisted > 0}};
  DecisionText before(diff.before.compilation.policy, diff.before.compilation.sources);
  DecisionText after(diff.after.compilation.policy, diff.after.compilation.sources);
  const auto decider = [](const verifier::Decider& each, const driver::Compilation& compilation) {
    Json json{{"text", driver::words_of(each, compilation)}};
    const std::string place = driver::place_of(each, compilation);
    json["at"] = place.empty() ? Json() : Json(place);
    return json;
  };
  const auto turns = [&](const std::vector<verifier::Turn>& all) {
    Json json = Json::array();
    for (const verifier::Turn& turn : all) {
      json.push_back({{"before", decider(turn.before, diff.before.compilation)},
                      {"now", decider(turn.after, diff.after.compilation)}});
    }
    return json;
  };
  out["gained"] = Json::array();
  out["lost"] = Json::array();
  std::vector<std::size_t> group_of(flows.differences.size());
  for (std::size_t i = 0; i < diff.groups.size(); ++i) {
    for (const std::size_t member : diff.groups[i].members) group_of[member] = i;
  }
  for (std::size_t i = 0; i < flows.differences.size(); ++i) {
    const Difference& each = flows.differences[i];
    Json json;
    json["example"] = describe(each.witness);
    json["group"] = group_of[i];
    json["more"] = each.more;
    json["by"] = turns(each.turns);
    verifier::Witness was = each.witness;
    was.decision = each.before;
    json["before"] = Json::parse(witness_json(was, before));
    json["now"] = Json::parse(witness_json(each.witness, after));
    if (each.when.from != start) json["from"] = model::to_string(each.when.from);
    if (each.when.until) json["until"] = model::to_string(*each.when.until);
    out[each.gained ? "gained" : "lost"].push_back(std::move(json));
  }
  if (diff.inventory) {
    const model::Inventory& inventory =
        diff.after.compilation.has_inventory() ? diff.after.compilation.inventory : diff.before.compilation.inventory;
    Json& pairs = out["inventory"];
    pairs["of"] = diff.inventory->of;
    pairs["gained"] = diff.inventory->gained;
    pairs["lost"] = diff.inventory->lost;
    pairs["changes"] = Json::array();
    const auto ends = [&](const driver::PairEnds& each) {
      Json names = Json::array();
      for (const model::InstanceId id : each.members) names.push_back(inventory[id].name);
      return Json{{"name", each.name}, {"members", std::move(names)}};
    };
    for (const driver::PairChange& change : diff.inventory->changes) {
      pairs["changes"].push_back({{"change", change.gained ? "gained" : "lost"},
                                  {"from", ends(change.sources)},
                                  {"to", ends(change.destinations)},
                                  {"services", model::to_string(change.services)},
                                  {"pairs", change.pairs},
                                  {"own_node", change.own_node},
                                  {"example", change.example.flow.empty() ? Json() : Json(change.example.flow)},
                                  {"by", turns(change.example.turns)}});
    }
  }
  out["notes"] = diff.notes;
  out["not_checked"] = Json::array();
  for (const verifier::NotChecked& gap : flows.not_checked) {
    out["not_checked"].push_back(fmt::format("{}: {}", gap.what, gap.why));
  }
  return finish();
}

std::string diff_markdown(const driver::PolicyDiff& diff) {
  // Whatever stands in a policy is no markup here.
  const auto code = [](std::string_view text) {
    std::string out = "<code>";
    for (const char c : printable(text)) {
      switch (c) {
        case '&':
          out += "&amp;";
          break;
        case '<':
          out += "&lt;";
          break;
        case '>':
          out += "&gt;";
          break;
        case '|':
        case '`':
        case '*':
        case '_':
        case '~':
        case '@':
        case '#':
        case '[':
        case ']':
        case '\\':
          out += fmt::format("&#{};", static_cast<int>(c));
          break;
        default:
          out += c;
      }
    }
    return out + "</code>";
  };
  const Diff& flows = *diff.flows;
  const model::Moment start = start_of(diff);
  std::string out = fmt::format("### Policy change: {}\n\n{} → {}: {}.\n", driver::verdict_word(diff),
                                code(diff.before.name), code(diff.after.name), driver::verdict_sentence(diff));
  if (diff.inventory) {
    out += fmt::format("\nIn {}: **{}** gained, **{}** lost.\n", code(diff.inventory->of),
                       counted_pairs(diff.inventory->gained), counted_pairs(diff.inventory->lost));
  }
  for (const bool gained : {true, false}) {
    const std::size_t number = count_groups(diff, gained);
    if (number == 0) continue;
    out +=
        fmt::format("\n<details{}>\n<summary>Flows {}: {}</summary>\n\n| for example | before | now |\n|---|---|---|\n",
                    gained ? " open" : "", gained ? "gained" : "lost", counted(number, "group", "groups"));
    for (const driver::DifferenceGroup& group : diff.groups) {
      const Difference& each = shown(diff, group);
      if (each.gained != gained) continue;
      std::string before, now;
      for (const verifier::Turn& turn : each.turns) {
        before += (before.empty() ? "" : "<br>") +
                  deciders(group, false, code(decider_text(turn.before, diff.before.compilation)));
        now +=
            (now.empty() ? "" : "<br>") + deciders(group, true, code(decider_text(turn.after, diff.after.compilation)));
      }
      out += fmt::format("| {}{} | {} | {} |\n", code(describe(each.witness)), time_of(each.when, start), before, now);
    }
    out += "\n</details>\n";
  }
  if (flows.unlisted > 0) out += "\nThere are more differences than are listed: compare in smaller steps.\n";
  if (diff.inventory && !diff.inventory->changes.empty()) {
    constexpr std::size_t most = 50;
    out +=
        "\n<details>\n<summary>Workloads and nodes of the inventory</summary>\n\n"
        "| | from | to | services | pairs | before | now |\n|---|---|---|---|---|---|---|\n";
    for (std::size_t i = 0; i < std::min(diff.inventory->changes.size(), most); ++i) {
      const driver::PairChange& change = diff.inventory->changes[i];
      std::string before, now;
      for (const verifier::Turn& turn : change.example.turns) {
        before += (before.empty() ? "" : "<br>") + code(decider_text(turn.before, diff.before.compilation));
        now += (now.empty() ? "" : "<br>") + code(decider_text(turn.after, diff.after.compilation));
      }
      out += fmt::format("| {} | {} | {} | {} | {} | {} | {} |\n", change.gained ? "gained" : "lost",
                         code(driver::text_of(change.sources)), code(driver::text_of(change.destinations)),
                         code(driver::few_services(change.services)), change.pairs, before, now);
    }
    if (diff.inventory->changes.size() > most) {
      out += fmt::format("\n{} further groups are not shown: `weft diff --format json` has all.\n",
                         diff.inventory->changes.size() - most);
    }
    out += "\n</details>\n";
  }
  for (const Diagnostic& finding : diff.findings.all()) {
    if (finding.severity == Severity::Note) out += fmt::format("\nNote: {}.\n", code(finding.message));
  }
  for (const std::string& note : diff.notes) out += fmt::format("\nNote: {}.\n", code(note));
  for (const verifier::NotChecked& gap : flows.not_checked) {
    out += fmt::format("\nUndecided: {}: {}.\n", gap.what, code(gap.why));
  }
  if (!flows.not_checked.empty()) out += fmt::format("\nTo decide it: {}.\n", driver::what_to_do_when_undecided);
  return out;
}

}  // namespace weft::cli
