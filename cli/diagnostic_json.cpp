#include "cli/diagnostic_json.h"

#include <nlohmann/json.hpp>

#include "cli/places.h"
#include "driver/explanations.h"

namespace weft::cli {
namespace {

using Json = nlohmann::ordered_json;

Json position_json(const Source& source, std::uint32_t offset) {
  const Position position = source.position(offset);
  return {{"line", position.line},
          {"column", position.column},
          {"utf16_column", utf16_column(source.line(position.line), position.column - 1)},
          {"offset", offset}};
}

Json place_json(const Sources& sources, Span span) {
  const Source& source = sources[span.source];
  Json out{{"file", source.name()}};
  out.update(position_json(source, span.begin));
  out["end"] = position_json(source, span.end);
  return out;
}

Json fix_json(const Fix& fix, const Sources& sources) {
  Json out{{"title", fix.title},
           {"applicability",
            fix.applicability == Applicability::MachineApplicable ? "machine-applicable" : "maybe-incorrect"},
           {"edits", Json::array()}};
  for (const Edit& edit : fix.edits) {
    Json entry = place_json(sources, edit.span);
    entry["replacement"] = edit.replacement;
    out["edits"].push_back(std::move(entry));
  }
  return out;
}

}  // namespace

std::string diagnostic_json(const Diagnostic& diagnostic, const Sources& sources) {
  static constexpr std::string_view severities[] = {"error", "warning", "note"};
  Json out;
  out["code"] = diagnostic.code;
  out["severity"] = severities[static_cast<std::size_t>(diagnostic.severity)];
  if (diagnostic.denied) out["denied"] = true;
  out["message"] = diagnostic.message;
  if (diagnostic.span) {
    out.update(place_json(sources, *diagnostic.span));
    if (!diagnostic.span_text.empty()) out["text"] = diagnostic.span_text;
  }
  out["labels"] = Json::array();
  for (const Label& label : diagnostic.labels) {
    Json entry = place_json(sources, label.span);
    entry["text"] = label.text;
    out["labels"].push_back(std::move(entry));
  }
  out["notes"] = diagnostic.notes;
  out["help"] = diagnostic.suggestions;
  out["fixes"] = Json::array();
  for (const Fix& fix : diagnostic.fixes) out["fixes"].push_back(fix_json(fix, sources));
  if (driver::find_explanation(diagnostic.code) != nullptr) out["explain"] = "weft explain " + diagnostic.code;
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace weft::cli
