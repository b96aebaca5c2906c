#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/test_text.h"
#include "driver/compile.h"
#include "driver/label_use.h"

namespace weft::cli {
namespace {

using Json = nlohmann::ordered_json;
using driver::LabelReport;

constexpr std::size_t most_groups = 3;

// "12 rules, 1 isolation; groups web, api, db and 4 more"
std::string users(const LabelReport::Used& used) {
  std::vector<std::string> parts;
  const auto add = [&](std::size_t number, std::string_view one, std::string_view many) {
    if (number > 0) parts.push_back(counted(number, one, many));
  };
  add(used.rules, "rule", "rules");
  add(used.relations, "relation", "relations");
  add(used.isolations, "isolation", "isolations");
  add(used.guards, "guard", "guards");
  add(used.assertions, "assertion", "assertions");
  std::string out = fmt::format("{}", fmt::join(parts, ", "));
  if (used.groups.empty()) return out;
  const std::size_t shown = std::min(most_groups, used.groups.size());
  const auto end = used.groups.begin() + static_cast<std::ptrdiff_t>(shown);
  out +=
      fmt::format("; {} {}", used.groups.size() == 1 ? "group" : "groups", fmt::join(used.groups.begin(), end, ", "));
  if (shown < used.groups.size()) out += fmt::format(" and {} more", used.groups.size() - shown);
  return out;
}

// Rows as columns, the first to the left, the last as it is, the others to the right.
std::string table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line = "  ";
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i > 0) line += "  ";
      line += i == 0                ? fmt::format("{:<{}}", row[i], widths[i])
              : i + 1 == row.size() ? row[i]
                                    : fmt::format("{:>{}}", row[i], widths[i]);
    }
    while (line.ends_with(' ')) line.pop_back();
    out += line + '\n';
  }
  return out;
}

std::string text_of(const LabelReport& report) {
  std::string out = fmt::format(
      "{} and {}: {} by the labels the policy looks at\n", counted(report.workloads, "workload", "workloads"),
      counted(report.nodes, "node", "nodes"), counted(report.identities, "identity", "identities"));
  if (!report.used.empty()) {
    std::vector<std::vector<std::string>> rows{{"label", "values", "told apart", "identities it adds", "looked at by"}};
    for (const LabelReport::Used& used : report.used) {
      rows.push_back({printable(model::to_string(used.key)), std::to_string(used.values),
                      std::to_string(used.told_apart), std::to_string(report.identities - used.identities_without),
                      users(used)});
    }
    out += "\nlooked at:\n" + table(rows);
  }
  if (!report.unused.empty()) {
    std::vector<std::vector<std::string>> rows{{"label", "values", "on", ""}};
    for (const LabelReport::Unused& unused : report.unused) {
      std::vector<std::string> remarks;
      if (unused.high_cardinality) remarks.emplace_back("high cardinality");
      if (unused.assertions > 0) remarks.push_back("only in " + counted(unused.assertions, "assertion", "assertions"));
      rows.push_back({printable(model::to_string(unused.key)), std::to_string(unused.values),
                      std::to_string(unused.peers), fmt::format("{}", fmt::join(remarks, ", "))});
    }
    out += "\nnot looked at by any rule, so they add no identity:\n" + table(rows);
  }
  return out;
}

// What looks at the key.
void add_users(Json& out, const LabelReport::Used& used) {
  out["rules"] = used.rules;
  out["relations"] = used.relations;
  out["isolations"] = used.isolations;
  out["guards"] = used.guards;
  out["assertions"] = used.assertions;
  out["groups"] = used.groups;
}

std::string json_of(const LabelReport& report) {
  Json out;
  out["workloads"] = report.workloads;
  out["nodes"] = report.nodes;
  out["identities"] = report.identities;
  out["used"] = Json::array();
  for (const LabelReport::Used& used : report.used) {
    out["used"].push_back({{"label", model::to_string(used.key)},
                           {"values", used.values},
                           {"told_apart", used.told_apart},
                           {"identities_without", used.identities_without},
                           {"identities_added", report.identities - used.identities_without}});
    add_users(out["used"].back(), used);
  }
  out["unused"] = Json::array();
  for (const LabelReport::Unused& unused : report.unused) {
    out["unused"].push_back({{"label", model::to_string(unused.key)},
                             {"values", unused.values},
                             {"peers", unused.peers},
                             {"assertions", unused.assertions},
                             {"high_cardinality", unused.high_cardinality}});
  }
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

// What can be said without anybody who has labels.
struct Keys {
  std::vector<LabelReport::Used> used;
  std::vector<model::LabelKey> idle;  ///< declared, and nothing in force looks at them
};

Keys keys_of(const model::Policy& policy) {
  Keys out{driver::report_labels(policy, {}).used, {}};
  for (const auto& [key, domain] : policy.schema) {
    const bool used = std::ranges::find(out.used, key, &LabelReport::Used::key) != out.used.end();
    if (!used && key.scope != model::KeyScope::Identity) out.idle.push_back(key);
  }
  return out;
}

std::string text_of(const Keys& keys) {
  std::string out = "no inventory is given: values and identities are not counted\n";
  if (!keys.used.empty()) {
    std::vector<std::vector<std::string>> rows{{"label", "looked at by"}};
    for (const LabelReport::Used& used : keys.used)
      rows.push_back({printable(model::to_string(used.key)), users(used)});
    out += "\nlooked at:\n" + table(rows);
  }
  if (!keys.idle.empty()) {
    out += "\ndeclared, and not looked at by any rule:\n";
    for (const model::LabelKey& key : keys.idle) out += fmt::format("  {}\n", printable(model::to_string(key)));
  }
  return out;
}

std::string json_of(const Keys& keys) {
  Json out;
  out["inventory"] = false;
  out["used"] = Json::array();
  for (const LabelReport::Used& used : keys.used) {
    out["used"].push_back({{"label", model::to_string(used.key)}});
    add_users(out["used"].back(), used);
  }
  out["unused"] = Json::array();
  for (const model::LabelKey& key : keys.idle) out["unused"].push_back({{"label", model::to_string(key)}});
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

ExitCode run(const LabelsArguments& arguments, Console& console) {
  const driver::Compilation compilation = driver::compile(arguments.inputs, driver::Goal::Understand);
  console.messages.tell(compilation.diagnostics, compilation.sources);
  if (!compilation.understood) return ExitCode::Usage;
  if (!compilation.has_inventory()) {
    const Keys keys = keys_of(compilation.policy);
    console.results.write(console.common.format == Format::Json ? json_of(keys) : text_of(keys));
    return ExitCode::Clean;
  }
  const LabelReport report = driver::report_labels(compilation.policy, compilation.inventory);
  console.results.write(console.common.format == Format::Json ? json_of(report) : text_of(report));
  return ExitCode::Clean;
}

}  // namespace weft::cli
