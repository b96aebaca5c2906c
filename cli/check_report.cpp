#include "cli/check_report.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <variant>

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/decision_text.h"
#include "cli/diagnostic_json.h"
#include "cli/witness_json.h"
#include "model/moment.h"

namespace weft::cli {
namespace {

using Json = nlohmann::ordered_json;
using verifier::Finding;

std::string counted(std::size_t number, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", number, number == 1 ? one : many);
}

std::size_t workloads(const model::Inventory& inventory) {
  return static_cast<std::size_t>(std::ranges::count_if(inventory.instances, [](const model::Instance& instance) {
    return instance.host || instance.peer.kind == model::PeerKind::Workload;
  }));
}

Json parsed(const std::string& text) { return Json::parse(text); }

// The finding about two rules that a diagnostic of the verifier (W3001, W3006) tells of; its places are the rules'.
const Finding* finding_of(const Diagnostic& diagnostic, const driver::Compilation& compilation) {
  if (!compilation.report || !diagnostic.span) return nullptr;
  if (diagnostic.code != "W3001" && diagnostic.code != "W3006") return nullptr;
  const model::Policy& policy = compilation.policy;
  for (const Finding& finding : compilation.report->findings) {
    const auto is_about = [&](Span span) {
      return span == *diagnostic.span ||
             std::ranges::any_of(diagnostic.labels, [&](const Label& label) { return label.span == span; });
    };
    if (is_about(policy[finding.first].span) && is_about(policy[finding.second].span)) return &finding;
  }
  return nullptr;
}

// The flow that shows what is dead (W3010 to W3014), decided by others.
const verifier::Witness* example_of(const Diagnostic& diagnostic, const driver::Compilation& compilation) {
  const model::Policy& policy = compilation.policy;
  for (const verifier::Dead& dead : compilation.report->dead) {
    if (verifier::span_of(policy, dead.what) == *diagnostic.span && dead.example) return &*dead.example;
  }
  for (const verifier::Unreachable& whole : compilation.report->unreachable) {
    const Span span = std::visit([&](auto id) { return policy[id].span; }, whole.what);
    if (span == *diagnostic.span && whole.example) return &*whole.example;
  }
  return nullptr;
}

// The witness of that finding, or of a refuted assertion (W3002, W3003), whose place is its own.
const verifier::Witness* witness_of(const Diagnostic& diagnostic, const driver::Compilation& compilation) {
  if (const auto* finding = finding_of(diagnostic, compilation)) return &finding->witness;
  if (!compilation.report || !diagnostic.span) return nullptr;
  if (diagnostic.code.starts_with("W301")) return example_of(diagnostic, compilation);
  if (diagnostic.code != "W3002" && diagnostic.code != "W3003") return nullptr;
  for (std::size_t i = 0; i < compilation.report->assertions.size(); ++i) {
    const auto* refuted = std::get_if<verifier::Refuted>(&compilation.report->assertions[i].answer);
    if (refuted != nullptr && compilation.policy.assertions[i].span == *diagnostic.span) return &refuted->witness;
  }
  return nullptr;
}

// Where deadlines cut the time: from when on, and until when. Neither is there for what holds for all time.
void add_interval(Json& out, const verifier::Interval& when) {
  if (when.from != model::before_all) out["from"] = model::to_string(when.from);
  if (when.until) out["until"] = model::to_string(*when.until);
}

Json finding_json(const Diagnostic& diagnostic, const driver::Compilation& compilation, DecisionText& text) {
  Json out = Json::parse(diagnostic_json(diagnostic, compilation.sources));
  if (const auto* witness = witness_of(diagnostic, compilation)) out["witness"] = parsed(witness_json(*witness, text));
  if (const auto* finding = finding_of(diagnostic, compilation)) add_interval(out, finding->when);
  return out;
}

Json answer_json(const verifier::Answer& answer, DecisionText& text) {
  Json out = Json::object();
  if (const auto* proved = std::get_if<verifier::Proved>(&answer)) {
    out["answer"] = "proved";
    out["vacuous"] = proved->vacuous;
  } else if (const auto* refuted = std::get_if<verifier::Refuted>(&answer)) {
    out["answer"] = "refuted";
    out["witness"] = parsed(witness_json(refuted->witness, text));
    if (!refuted->chain.empty()) out["chain"] = parsed(chain_json(refuted->chain, text));
  } else {
    out["answer"] = "undecided";
    out["why"] = std::get<verifier::Undecided>(answer).why;
  }
  return out;
}

Json statements_json(const std::vector<verifier::Statement>& statements, const driver::Compilation& compilation) {
  Json out = Json::array();
  const model::Policy& policy = compilation.policy;
  for (const verifier::Statement& each : statements) {
    out.push_back({{"policy", policy[verifier::block_of(policy, each)].name},
                   {"at", compilation.sources.location(verifier::span_of(policy, each))}});
  }
  return out;
}

Json assertion_json(const model::Assertion& assertion, const verifier::AssertionResult& result,
                    const driver::Compilation& compilation, DecisionText& text) {
  Json out = answer_json(result.answer, text);
  out["text"] = std::string(compilation.sources.text(assertion.span));
  out["at"] = compilation.sources.location(assertion.span);
  if (result.grounds) {
    Json& grounds = out["grounds"];
    grounds["verdict"] = result.grounds->allowed ? "allow" : "deny";
    grounds["statements"] = statements_json(result.grounds->statements, compilation);
    if (result.grounds->relays) grounds["relays"] = statements_json(*result.grounds->relays, compilation);
  }
  for (const verifier::TimedAnswer& part : result.parts) {
    Json each = answer_json(part.answer, text);
    add_interval(each, part.when);
    out["parts"].push_back(std::move(each));
  }
  return out;
}

}  // namespace

Tally tally(const verifier::Report& report) {
  Tally out;
  for (const verifier::AssertionResult& result : report.assertions) {
    if (const auto* proved = std::get_if<verifier::Proved>(&result.answer)) {
      ++out.proved;
      if (proved->vacuous) ++out.vacuous;
    } else {
      ++(std::holds_alternative<verifier::Refuted>(result.answer) ? out.refuted : out.undecided);
    }
  }
  for (const Finding& finding : report.findings) {
    ++(finding.kind == Finding::Kind::Conflict ? out.conflicts : out.ambiguous);
  }
  out.dead = report.dead.size() + report.unreachable.size();
  return out;
}

namespace {

// Is what is wrong only a warning by the word of the project? What is not told at all is no warning.
bool is_softened(const Diagnostics& diagnostics) {
  return !diagnostics.has_errors() && std::ranges::any_of(diagnostics.all(), [](const Diagnostic& each) {
    return each.severity == Severity::Warning && (each.code == "W3002" || each.code == "W3003" || each.code == "W3006");
  });
}

}  // namespace

ExitCode exit_code(const driver::Compilation& compilation, bool strict) {
  if (!compilation.understood) return ExitCode::Usage;
  if (!compilation.report) return ExitCode::Clean;
  if (!compilation.report->internal_errors.empty()) return ExitCode::Internal;
  if (compilation.report->has_errors() && !is_softened(compilation.diagnostics)) return ExitCode::Findings;
  if (compilation.diagnostics.denied() > 0) return ExitCode::Findings;
  if (strict && compilation.diagnostics.warnings() > 0) return ExitCode::Findings;
  return compilation.report->has_undecided() ? ExitCode::Undecided : ExitCode::Clean;
}

std::string title(const driver::Compilation& compilation) {
  if (compilation.project && compilation.names.policies == compilation.project->policies) {
    return printable(compilation.project->name);
  }
  // A name given twice is read once, and counts as one.
  std::set<std::filesystem::path> paths;
  std::error_code error;
  for (const std::string& name : compilation.names.policies) {
    const std::filesystem::path path = std::filesystem::weakly_canonical(std::filesystem::absolute(name), error);
    paths.insert(error || name == "-" ? std::filesystem::path(name) : path);
  }
  if (paths.empty()) return "the project";  // whose file could not be read
  if (paths.size() != 1) return fmt::format("{} policies", paths.size());
  const std::filesystem::path& path = *paths.begin();
  if (path == "-") return "<stdin>";
  const bool directory = std::filesystem::is_directory(path, error);
  return printable((directory ? path.filename() : path.stem()).string());
}

std::vector<std::string> not_checked(const driver::Compilation& compilation) {
  std::vector<std::string> lines;
  if (!compilation.report) {
    lines.push_back(compilation.understood ? "conflicts and assertions: that is for `weft check`"
                                           : "conflicts and assertions: the input has errors");
    return lines;
  }
  for (const verifier::NotChecked& each : compilation.report->not_checked) {
    const std::string place = each.span ? compilation.sources.location(*each.span) + ": " : "";
    lines.push_back(fmt::format("{}{}: {}", place, each.what, each.why));
  }
  if (!compilation.has_inventory()) {
    lines.push_back("whether inventory labels lie in the vocabulary and named ports exist: no inventory is given");
  }
  return lines;
}

std::string summary_text(const driver::Compilation& compilation) {
  std::string out = fmt::format("{}: ", title(compilation));
  if (!compilation.understood) {
    out += counted(compilation.diagnostics.errors() + compilation.diagnostics.denied(), "error", "errors");
    if (compilation.diagnostics.warnings() > 0) {
      out += ", " + counted(compilation.diagnostics.warnings(), "warning", "warnings");
    }
    out += '\n';
  } else {
    out += counted(compilation.policy.rules.size(), "rule", "rules") + ", ";
    out += compilation.has_inventory() ? counted(workloads(compilation.inventory), "workload", "workloads")
                                       : "no inventory";
    if (compilation.report) {
      const Tally counts = tally(*compilation.report);
      out +=
          fmt::format("; {} proved{}, {} refuted, {} undecided; {}", counted(counts.proved, "assertion", "assertions"),
                      counts.vacuous > 0 ? fmt::format(" ({} vacuous)", counts.vacuous) : "", counts.refuted,
                      counts.undecided, counted(counts.conflicts, "conflict", "conflicts"));
      if (counts.ambiguous > 0) out += ", " + counted(counts.ambiguous, "ambiguous priority", "ambiguous priorities");
      if (counts.dead > 0) out += ", " + counted(counts.dead, "dead statement", "dead statements");
    }
    out += '\n';
  }
  for (const std::string& line : not_checked(compilation)) out += fmt::format("  not checked: {}\n", line);
  return out;
}

std::string grounds_text(const driver::Compilation& compilation) {
  std::string out;
  if (!compilation.report) return out;
  for (std::size_t i = 0; i < compilation.report->assertions.size(); ++i) {
    const verifier::AssertionResult& result = compilation.report->assertions[i];
    const Span span = compilation.policy.assertions[i].span;
    const auto* proved = std::get_if<verifier::Proved>(&result.answer);
    std::string why;
    if (proved != nullptr) why = proved->why;
    if (const auto* open = std::get_if<verifier::Undecided>(&result.answer)) why = open->why;
    if (result.grounds) why = verifier::describe(*result.grounds, compilation.policy, compilation.sources);
    out += fmt::format("  {}: {}{}{}\n", compilation.sources.location(span),
                       proved != nullptr ? (proved->vacuous ? "proves nothing" : "proved")
                       : std::holds_alternative<verifier::Refuted>(result.answer) ? "refuted"
                                                                                  : "undecided",
                       why.empty() ? "" : ": ", why);
  }
  return out;
}

std::string report_json(const driver::Compilation& compilation, ExitCode code, const std::string& fixed) {
  DecisionText text(compilation.policy, compilation.sources);
  Json out;
  out["version"] = diagnostic_schema;
  out["name"] = title(compilation);
  out["exit_code"] = static_cast<int>(code);
  Json& summary = out["summary"];
  summary["errors"] = compilation.diagnostics.errors() + compilation.diagnostics.denied();
  summary["warnings"] = compilation.diagnostics.warnings();
  if (compilation.understood) {
    summary["rules"] = compilation.policy.rules.size();
    summary["workloads"] = compilation.has_inventory() ? Json(workloads(compilation.inventory)) : Json();
  }
  if (compilation.report) {
    const Tally counts = tally(*compilation.report);
    summary["proved"] = counts.proved;
    summary["vacuous"] = counts.vacuous;
    summary["refuted"] = counts.refuted;
    summary["undecided"] = counts.undecided;
    summary["conflicts"] = counts.conflicts;
    summary["ambiguous_priorities"] = counts.ambiguous;
    summary["dead"] = counts.dead;
  }
  if (!fixed.empty()) out["fixed"] = Json::parse(fixed);
  if (compilation.report) {
    out["audited"] = {{"rules", compilation.report->audited_rules},
                      {"isolations", compilation.report->audited_isolations}};
  }
  out["not_checked"] = not_checked(compilation);
  out["assertions"] = Json::array();
  if (compilation.report) {
    for (std::size_t i = 0; i < compilation.report->assertions.size(); ++i) {
      out["assertions"].push_back(
          assertion_json(compilation.policy.assertions[i], compilation.report->assertions[i], compilation, text));
    }
  }
  out["diagnostics"] = Json::array();
  for (const Diagnostic& diagnostic : compilation.diagnostics.all()) {
    out["diagnostics"].push_back(finding_json(diagnostic, compilation, text));
  }
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace weft::cli
