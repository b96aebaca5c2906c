#include "cli/gitlab.h"

#include <nlohmann/json.hpp>

namespace weft::cli {
namespace {

using Json = nlohmann::ordered_json;

// A warning that somebody denies is one step below what is wrong whatever anybody says.
std::string_view severity_of(const Diagnostic& diagnostic) {
  if (diagnostic.severity == Severity::Error) return diagnostic.denied ? "major" : "critical";
  return diagnostic.severity == Severity::Warning ? "minor" : "info";
}

}  // namespace

std::string gitlab_report(const Findings& findings) {
  const Places places(findings.sources);
  Fingerprints fingerprints(findings.sources, places);
  const std::string subject = findings.subject.empty() ? "." : places.of_name(findings.subject).path;
  Json out = Json::array();
  for (const Diagnostic& diagnostic : findings.diagnostics.all()) {
    Json each{{"description", whole_text(diagnostic)},
              {"check_name", diagnostic.code},
              {"fingerprint", fingerprints.next(diagnostic)},
              {"severity", severity_of(diagnostic)}};
    if (diagnostic.span) {
      const Region region = region_of(findings.sources, *diagnostic.span);
      each["location"] = {{"path", places.of(*diagnostic.span).path},
                          {"lines", {{"begin", region.first_line}, {"end", region.last_line}}}};
    } else {
      each["location"] = {{"path", subject}, {"lines", {{"begin", 1}}}};
    }
    out.push_back(std::move(each));
  }
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace weft::cli
