#include "cli/sarif.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "driver/compile.h"
#include "driver/explanations.h"

namespace weft::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* schema =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
// What readers of a log take of one run (GitHub: 25,000), so that it is the notes that are left out.
constexpr std::size_t most_results = 25'000;

std::string_view level_of(Severity severity) {
  return severity == Severity::Error ? "error" : severity == Severity::Warning ? "warning" : "note";
}

// RFC 3986: what may stand in a path stays, every other byte is escaped.
std::string uri_path(std::string_view path) {
  static constexpr std::string_view plain = "-._~!$&'()*+,;=@/";
  std::string out;
  for (const char c : path) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter || plain.contains(c)) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

// In a message `[text](1)` is a link to a related place, and a backslash takes the meaning from a bracket.
std::string message_text(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '[' && text.find("](", i) != std::string_view::npos) out += '\\';
    out += text[i];
  }
  return out;
}

std::string first_paragraph(std::string_view text) {
  std::string out(text.substr(0, text.find("\n\n")));
  std::ranges::replace(out, '\n', ' ');
  while (out.ends_with(' ')) out.pop_back();
  return out;
}

// The `fails` and `passes` of our fences say nothing to others; their language does.
std::string markdown(std::string_view text) {
  std::string out;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    std::string_view line = text.substr(begin, end - begin);
    if (line.starts_with("```")) line = line.substr(0, line.find(' '));
    out += line;
    out += '\n';
    begin = end + 1;
  }
  return out;
}

Json region_json(const Sources& sources, Span span, bool with_text) {
  const Region region = region_of(sources, span);
  Json out{{"startLine", region.first_line},
           {"startColumn", region.first_column},
           {"endLine", region.last_line},
           {"endColumn", region.last_column}};
  if (with_text && span.end > span.begin) out["snippet"]["text"] = sources.text(span);
  return out;
}

class Writer {
 public:
  explicit Writer(const Findings& findings)
      : findings_(findings), places_(findings.sources), fingerprints_(findings.sources, places_) {}

  Json write() {
    // Names are given in the order of the diagnostics, whatever the order of the results.
    std::map<const Diagnostic*, std::string> names;
    for (const Diagnostic& each : findings_.diagnostics.all()) names.emplace(&each, fingerprints_.next(each));

    Json results = Json::array(), troubles = Json::array();
    for (const Diagnostic* each : most_severe_first(findings_.diagnostics)) {
      if (!each->span) {
        troubles.push_back(trouble(*each));
      } else if (results.size() < most_results) {
        results.push_back(result(*each, names.at(each)));
      } else {
        ++left_out_;
      }
    }
    Json run;
    run["tool"]["driver"] = driver();
    run["originalUriBaseIds"]["%SRCROOT%"]["description"]["text"] = "the root of the repository";
    run["invocations"] = Json::array({invocation(std::move(troubles))});
    run["results"] = std::move(results);
    run["columnKind"] = "utf16CodeUnits";
    return {{"$schema", schema}, {"version", "2.1.0"}, {"runs", Json::array({std::move(run)})}};
  }

 private:
  std::size_t rule_index(const Diagnostic& diagnostic) {
    const auto [found, fresh] = rules_.emplace(diagnostic.code, rules_.size());
    if (fresh) rules_json_.push_back(rule(diagnostic));
    return found->second;
  }

  static Json rule(const Diagnostic& diagnostic) {
    Json out{{"id", diagnostic.code}};
    const driver::Explanation* page = driver::find_explanation(diagnostic.code);
    if (page == nullptr) return out;
    out["shortDescription"]["text"] = page->title;
    out["fullDescription"]["text"] = first_paragraph(page->text);
    out["defaultConfiguration"]["level"] = level_of(page->severity);
    const std::string text = markdown(page->text);
    out["help"] = {{"text", text}, {"markdown", text}};
    out["properties"] = {{"tags", Json::array({driver::code_group(diagnostic.code)})},
                         {"problem.severity", page->severity == Severity::Error     ? "error"
                                              : page->severity == Severity::Warning ? "warning"
                                                                                    : "recommendation"},
                         {"precision", "very-high"}};
    return out;
  }

  Json driver() const {
    Json out{{"name", "weft"}, {"semanticVersion", weft::driver::version()}};
    out["rules"] = rules_json_;
    return out;
  }

  Json invocation(Json troubles) const {
    const bool successful = findings_.code != ExitCode::Usage && findings_.code != ExitCode::Internal;
    Json out{{"executionSuccessful", successful}, {"exitCode", static_cast<int>(findings_.code)}};
    for (const std::string& remark : findings_.remarks) {
      troubles.push_back({{"level", "note"}, {"message", {{"text", message_text("not checked: " + remark)}}}});
    }
    if (left_out_ > 0) {
      troubles.push_back({{"level", "warning"},
                          {"message", {{"text", fmt::format("{} results are left out of this log", left_out_)}}}});
    }
    if (!troubles.empty()) out["toolExecutionNotifications"] = std::move(troubles);
    return out;
  }

  Json trouble(const Diagnostic& diagnostic) {
    Json out{{"level", level_of(diagnostic.severity)}, {"message", {{"text", message_text(whole_text(diagnostic))}}}};
    out["associatedRule"] = {{"id", diagnostic.code}, {"index", rule_index(diagnostic)}};
    return out;
  }

  Json result(const Diagnostic& diagnostic, const std::string& fingerprint) {
    Json out{{"ruleId", diagnostic.code},
             {"ruleIndex", rule_index(diagnostic)},
             {"level", level_of(diagnostic.severity)},
             {"message", {{"text", message_text(whole_text(diagnostic))}}}};
    Json location = place(*diagnostic.span);
    if (!diagnostic.span_text.empty()) location["message"]["text"] = message_text(diagnostic.span_text);
    out["locations"] = Json::array({std::move(location)});
    for (const Label& label : diagnostic.labels) {
      Json related = place(label.span);
      related["id"] = out.contains("relatedLocations") ? out["relatedLocations"].size() : 0;
      if (!label.text.empty()) related["message"]["text"] = message_text(label.text);
      out["relatedLocations"].push_back(std::move(related));
    }
    // The first is the one that GitHub knows a finding again by.
    out["partialFingerprints"] = {{"primaryLocationLineHash", fingerprint}, {"weftFinding/v1", fingerprint}};
    for (const Fix& each : diagnostic.fixes) out["fixes"].push_back(fix(each));
    if (const auto steps = findings_.flows.find(&diagnostic); steps != findings_.flows.end()) {
      out["codeFlows"] = Json::array({code_flow(steps->second)});
    }
    return out;
  }

  Json code_flow(const std::vector<Step>& steps) const {
    Json locations = Json::array();
    for (const Step& step : steps) {
      Json location = place(step.span);
      location["message"]["text"] = message_text(step.text);
      locations.push_back(
          {{"location", std::move(location)}, {"executionOrder", locations.size() + 1}, {"importance", "essential"}});
    }
    return {{"threadFlows", Json::array({{{"locations", std::move(locations)}}})}};
  }

  Json place(Span span) const {
    return {{"physicalLocation",
             {{"artifactLocation", artifact(span.source)}, {"region", region_json(findings_.sources, span, true)}}}};
  }

  Json artifact(SourceId source) const {
    const Places::Place& where = places_.of(source);
    Json out{{"uri", (where.absolute ? "file://" : "") + uri_path(where.path)}};
    if (where.in_root) out["uriBaseId"] = "%SRCROOT%";
    return out;
  }

  // The edits of one fix may be of several files.
  Json fix(const Fix& fix) const {
    Json out;
    out["description"]["text"] = message_text(fix.title);
    std::map<SourceId, Json> replacements;
    for (const Edit& edit : fix.edits) {
      Json& of_file = replacements[edit.span.source];
      of_file.push_back({{"deletedRegion", region_json(findings_.sources, edit.span, false)},
                         {"insertedContent", {{"text", edit.replacement}}}});
    }
    out["artifactChanges"] = Json::array();
    for (auto& [source, of_file] : replacements) {
      out["artifactChanges"].push_back({{"artifactLocation", artifact(source)}, {"replacements", of_file}});
    }
    return out;
  }

  const Findings& findings_;
  Places places_;
  Fingerprints fingerprints_;
  std::map<std::string, std::size_t> rules_;
  Json rules_json_ = Json::array();
  std::size_t left_out_ = 0;
};

}  // namespace

std::string sarif(const Findings& findings) {
  return Writer(findings).write().dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace weft::cli
