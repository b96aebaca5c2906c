#include <fmt/format.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>

#include "support.h"

namespace weft::inventory::test {
namespace {

const std::string folder = WEFT_SOURCE_DIR "/tests/cases/inventory";

// A case is an inventory; lines that start with `#|` say what is expected below the line they speak of and are no part
// of it, so JSON and broken texts can carry them as well. `#| ignore W2023` leaves out findings that are not the point.
struct Case {
  std::string text;
  std::set<std::string> ignored;
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size() - 1) + 1;
    out.push_back(text.substr(at, end - at));
    at = end;
  }
  return out;
}

Case strip(const std::string& annotated) {
  static constexpr std::string_view ignore = "#| ignore ";
  Case out;
  for (const std::string& line : lines_of(annotated)) {
    if (line.starts_with(ignore)) out.ignored.insert(line.substr(ignore.size(), 5));
    if (!line.starts_with("#|")) out.text += line;
  }
  return out;
}

std::string_view name(Severity severity) {
  return severity == Severity::Error ? "error" : severity == Severity::Warning ? "warning" : "note";
}

std::string expectation(const Diagnostic& diagnostic, const Source& source) {
  const Position begin = source.position(diagnostic.span->begin);
  const Position end = source.position(diagnostic.span->end);
  // Carets stand under the text where the mark of the line leaves room.
  std::string place =
      fmt::format("#|[{}-{}]", begin.column, begin.line == end.line ? fmt::to_string(end.column) : "...");
  if (begin.column > 2 && begin.line == end.line && end.column - begin.column <= 60) {
    place = fmt::format("#|{:{}}{:^<{}}", "", begin.column - 3, "", std::max(1U, end.column - begin.column));
  }
  std::string out = fmt::format("{} {} {}: {}", place, name(diagnostic.severity), diagnostic.code, diagnostic.message);
  if (!diagnostic.span_text.empty()) out += fmt::format(" ({})", diagnostic.span_text);
  out += '\n';
  for (const Label& label : diagnostic.labels) {
    const Position at = source.position(label.span.begin);
    out += fmt::format("#|      {}:{}: {}\n", at.line, at.column, label.text);
  }
  for (const std::string& text : diagnostic.suggestions) out += fmt::format("#|      help: {}\n", text);
  return out;
}

std::string annotate(const Case& input) {
  const Reading reading = read_text(input.text);
  const Source& source = reading.sources[SourceId{0}];
  std::vector<std::string> lines = lines_of(input.text);
  std::string out;
  for (const std::string& code : input.ignored) out += fmt::format("#| ignore {}\n", code);
  const auto add = [&](std::uint32_t line) {
    for (const Diagnostic& diagnostic : reading.diagnostics.all()) {
      if (input.ignored.contains(diagnostic.code)) continue;
      REQUIRE(diagnostic.span);
      if (source.position(diagnostic.span->begin).line == line) out += expectation(diagnostic, source);
    }
  };
  for (std::uint32_t i = 0; i < lines.size(); ++i) {
    out += lines[i];
    if (!out.ends_with('\n')) out += '\n';
    add(i + 1);
  }
  for (std::uint32_t i = static_cast<std::uint32_t>(lines.size()); i < source.line_count(); ++i) add(i + 1);
  return out;
}

std::vector<std::filesystem::path> case_files() {
  std::vector<std::filesystem::path> out;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) out.push_back(entry.path());
  std::ranges::sort(out);
  return out;
}

TEST_CASE("every case file finds what it says, where it says", "[inventory]") {
  // One run with WEFT_REWRITE_CASES=1 writes the expectations anew; a person reads the difference.
  const bool rewrite = std::getenv("WEFT_REWRITE_CASES") != nullptr;
  REQUIRE(!case_files().empty());
  for (const std::filesystem::path& path : case_files()) {
    INFO(path.filename().string());
    const std::string expected = read_file(path);
    const std::string found = annotate(strip(expected));
    if (rewrite) {
      std::ofstream(path, std::ios::binary) << found;
    } else {
      CHECK(found == expected);
    }
  }
}

TEST_CASE("every code has a case, and every case file is named after one it shows", "[inventory]") {
  const std::string header = read_file(WEFT_SOURCE_DIR "/inventory/diagnostics.h");
  std::set<std::string> codes;
  const std::regex code("\"(W2[0-9]{3})\"");
  for (std::sregex_iterator at(header.begin(), header.end(), code), end; at != end; ++at) {
    INFO((*at)[1].str());
    CHECK(codes.insert((*at)[1].str()).second);
  }
  CHECK(codes.size() > 30);
  std::set<std::string> shown;
  for (const std::filesystem::path& path : case_files()) {
    const std::string text = read_file(path);
    const std::regex finding("(error|warning|note) (W2[0-9]{3}): ");
    for (std::sregex_iterator at(text.begin(), text.end(), finding), end; at != end; ++at) shown.insert((*at)[2].str());
  }
  CHECK(codes == shown);
}

}  // namespace
}  // namespace weft::inventory::test
