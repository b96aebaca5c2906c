#include "frontend/diagnostics.h"
#include "frontend/file_reader.h"
#include "frontend/frontend.h"
#include "frontend/lost.h"
#include "frontend/reread.h"

#include <utility>

namespace weft::frontend {
namespace {

// False where the bytes are no text at all; that is reported.
bool is_text(const Sources& sources, SourceId id, Diagnostics& diagnostics) {
  const std::string& text = sources[id].text();
  if (text.size() > Limits::source_bytes) {
    diagnostics.report(too_large, Span{id, 0, 0}, text.size(), Limits::source_bytes);
    return false;
  }
  if (const std::size_t at = first_invalid_utf8(text); at != std::string::npos) {
    const auto begin = static_cast<std::uint32_t>(at);
    diagnostics.report(invalid_text, Span{id, begin, begin + 1}).suggest("save the file as UTF-8");
    return false;
  }
  if (const std::size_t at = text.find('\0'); at != std::string::npos) {
    const auto begin = static_cast<std::uint32_t>(at);
    diagnostics.report(nul_byte, Span{id, begin, begin + 1});
    return false;
  }
  return true;
}

// Somebody who writes a first statement may get it wrong twice.
constexpr std::size_t few_errors = 3;

// The form of data a text seems to be, or nothing.
std::string_view form_of_data(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  const bool json = text.substr(begin).starts_with('{') || text.substr(begin).starts_with('[');
  bool yaml = false;
  for (const std::string_view key : {"apiVersion:", "kind:", "workloads:", "nodes:", "namespaces:", "---"}) {
    const std::size_t at = text.find(key);
    yaml = yaml || (at != std::string_view::npos && (at == 0 || text[at - 1] == '\n'));
  }
  return json ? "JSON" : yaml ? "YAML" : "";
}

void report_no_policy(std::string_view form, Span first, Diagnostics& diagnostics) {
  Diagnostic& diagnostic = diagnostics.report(no_policy, first);
  if (!form.empty()) {
    diagnostic.suggest(fmt::format("it looks like {}: an inventory is given with `--inventory`", form));
  } else {
    diagnostic.suggest("a policy is written `policy NAME { allow SOURCE -> DESTINATION : SERVICE }`");
  }
}

// `before` is what is left of the last reading, and is used up; `now` is written for the next. Either may be missing.
ast::File read(const Sources& sources, SourceId source, Diagnostics& diagnostics, LastReading* before,
               LastReading* now) {
  ast::File nothing;
  nothing.source = source;
  lose_all(nothing.lost);
  if (diagnostics.errors() >= Limits::errors || !is_text(sources, source, diagnostics)) return nothing;

  const std::size_t errors = diagnostics.errors();
  if (errors > 0) return FileReader(sources, source, diagnostics).read();
  // What is said of a file that is no policy at all would only puzzle its reader.
  Diagnostics found;
  FileReader reader(sources, source, found, before);
  ast::File file = reader.read();
  if (file.statements.empty() && found.errors() > 0) {
    const std::string_view form = form_of_data(sources[source].text());
    if (!form.empty() || found.errors() >= few_errors) {
      report_no_policy(form, *found.all().front().span, diagnostics);
      return nothing;
    }
  }
  for (const Diagnostic& each : found.all()) diagnostics.add(each);
  if (file.statements.empty() && diagnostics.errors() == errors) diagnostics.report(empty_file, Span{source, 0, 0});
  if (now != nullptr) *now = {sources[source].text(), {}, std::move(reader).parts()};
  return file;
}

}  // namespace

ast::File parse(const Sources& sources, SourceId source, Diagnostics& diagnostics) {
  return read(sources, source, diagnostics, nullptr, nullptr);
}

ast::File parse_again(const Sources& sources, SourceId source, Diagnostics& diagnostics, LastReading& last) {
  LastReading before = std::exchange(last, {});
  return read(sources, source, diagnostics, &before, &last);
}

model::Policy read_policy(const Sources& sources, std::vector<SourceId>& files, ImportReader& reader,
                          Diagnostics& diagnostics, const ReadOptions& options) {
  std::vector<ast::File> parsed;
  parsed.reserve(files.size());
  for (const SourceId source : files) parsed.push_back(parse(sources, source, diagnostics));
  const std::size_t given = parsed.size();
  read_imports(sources, reader, parsed, diagnostics);
  for (std::size_t i = given; i < parsed.size(); ++i) {
    if (!parsed[i].library) files.push_back(parsed[i].source);
  }
  return resolve(sources, parsed, diagnostics, options);
}

}  // namespace weft::frontend
