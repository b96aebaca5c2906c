#include "lsp/diagnostics.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace weft::lsp {
namespace {

// DiagnosticSeverity and DiagnosticTag of the protocol.
constexpr int error = 1, warning = 2, information = 3;
constexpr int unnecessary = 1;

// Findings about text that could be left out: what has no effect, decides nothing or changes nothing.
constexpr std::array<std::string_view, 6> about_useless_text{"W1046", "W3010", "W3011", "W3012", "W3013", "W3014"};

int severity_of(const Diagnostic& diagnostic) {
  switch (diagnostic.severity) {
    case Severity::Error:
      return error;
    case Severity::Warning:
      return diagnostic.denied ? error : warning;
    case Severity::Note:
      break;
  }
  return information;
}

// A reader of the editor's list sees the text alone: what to know and what to do belong to it.
std::string message_of(const Diagnostic& diagnostic) {
  std::string out = diagnostic.message;
  if (!diagnostic.span_text.empty()) out += fmt::format(" ({})", diagnostic.span_text);
  for (const std::string& note : diagnostic.notes) out += "\n" + note;
  for (const std::string& help : diagnostic.suggestions) out += "\nhelp: " + help;
  return out;
}

}  // namespace

std::vector<const Diagnostic*> findings_of(const driver::Session::Known& known) {
  std::vector<const Diagnostic*> out;
  for (const Diagnostic& each : known.unit->meaning()->diagnostics.all()) out.push_back(&each);
  if (known.verdicts) {
    for (const Diagnostic& each : known.verdicts->diagnostics.all()) out.push_back(&each);
  }
  return out;
}

Json diagnostic_json(const Diagnostic& diagnostic, Span place, const Atlas& atlas, Library& library) {
  Json out{{"range", atlas.range(place)},
           {"severity", severity_of(diagnostic)},
           {"code", diagnostic.code},
           {"source", "weft"},
           {"message", message_of(diagnostic)}};
  if (std::string page = library.page_uri(diagnostic.code); !page.empty()) {
    out["codeDescription"] = {{"href", std::move(page)}};
  }
  for (const Label& label : diagnostic.labels) {
    Json location = atlas.location(label.span);
    if (location.is_null()) continue;
    out["relatedInformation"].push_back({{"location", std::move(location)}, {"message", label.text}});
  }
  if (std::ranges::find(about_useless_text, diagnostic.code) != about_useless_text.end()) {
    out["tags"] = {unnecessary};
  }
  return out;
}

std::map<SourceId, Json> diagnostics_of(const driver::Session::Known& known, const Atlas& atlas, Library& library) {
  std::map<SourceId, Json> out;
  const driver::Meaning& meaning = atlas.meaning();
  for (std::size_t i = 0; i < meaning.paths.size(); ++i) {
    if (!meaning.built_in[i]) out[SourceId{static_cast<std::uint32_t>(i)}] = Json::array();
  }
  if (out.empty()) return out;
  for (const Diagnostic* each : findings_of(known)) {
    // What is about no place in particular is said where the policy begins, unless it only informs.
    if (!each->span && each->severity == Severity::Note) continue;
    Span place = each->span.value_or(Span{out.begin()->first, 0, 0});
    if (meaning.built_in[static_cast<std::size_t>(place.source)]) {
      const auto label = std::ranges::find_if(
          each->labels, [&](const Label& it) { return !meaning.built_in[static_cast<std::size_t>(it.span.source)]; });
      place = label == each->labels.end() ? Span{out.begin()->first, 0, 0} : label->span;
    }
    out[place.source].push_back(diagnostic_json(*each, place, atlas, library));
  }
  return out;
}

}  // namespace weft::lsp
