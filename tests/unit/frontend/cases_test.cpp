// Every file in tests/cases/frontend says in comments what is reported of it, and nothing else may be:
//
//     allow app == "x" -> web : tcp/80
//     //    ^^^ error W1003: label key `app` is not declared
//
// The carets mark the place in the line above that is no expectation. `//! error W1012: text` names no place;
// `//! now DATE` sets the clock. `//! append N: TEXT` puts N copies of TEXT (with \n for a line end) behind the file
// before it is read.
// With WEFT_REWRITE=1 the expectations are written anew; a person reads the difference.

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>

#include "model/moment.h"
#include "support.h"

namespace {

using namespace weft;
using frontend_tests::file_text;
using frontend_tests::Read;

const std::string folder = std::string(WEFT_SOURCE_DIR) + "/tests/cases/frontend";

std::vector<std::string> case_files() {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".weft") out.push_back(entry.path().string());
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    out.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

std::string word(Severity severity) {
  return severity == Severity::Error ? "error" : severity == Severity::Warning ? "warning" : "note";
}

// One finding or expectation, comparable: line, first column, number of columns, what is said.
using Finding = std::tuple<std::size_t, std::size_t, std::size_t, std::string>;

struct Case {
  std::vector<std::string> lines;  // as they are in the file
  std::string text;                // what is read: with what is to be appended
  std::vector<Finding> expected;
  frontend::ReadOptions options;
};

Case load(const std::string& path) {
  static const std::regex placed(R"(^( *// *)(\^+) ((error|warning|note) W\d+: .*)$)");
  static const std::regex unplaced(R"(^//! ((error|warning|note) W\d+: .*)$)");
  static const std::regex now(R"(^//! now (.*)$)");
  static const std::regex append(R"(^//! append (\d+): (.*)$)");
  Case out;
  out.text = file_text(path);
  out.lines = lines_of(out.text);
  std::size_t subject = 0;
  for (std::size_t i = 0; i < out.lines.size(); ++i) {
    std::smatch match;
    if (std::regex_match(out.lines[i], match, placed)) {
      out.expected.emplace_back(subject, match[1].length() + 1, match[2].length(), match[3]);
    } else if (std::regex_match(out.lines[i], match, unplaced)) {
      out.expected.emplace_back(0, 0, 0, match[1]);
    } else if (std::regex_match(out.lines[i], match, now)) {
      out.options.now = model::parse_moment(match[1].str()).value();
    } else if (std::regex_match(out.lines[i], match, append)) {
      const std::string piece = std::regex_replace(match[2].str(), std::regex(R"(\\n)"), "\n");
      for (unsigned long n = std::stoul(match[1]); n > 0; --n) out.text += piece;
    } else {
      subject = i + 1;
    }
  }
  std::sort(out.expected.begin(), out.expected.end());
  return out;
}

// Findings past the lines of the file, and those before column 3 where no caret can stand, have no place.
std::vector<Finding> findings(const Read& read, const Case& file) {
  std::vector<Finding> out;
  for (const Diagnostic& diagnostic : read.diagnostics.all()) {
    const std::string said = word(diagnostic.severity) + " " + diagnostic.code + ": " + diagnostic.message;
    const Source& source = read.sources[diagnostic.span->source];
    const Position from = source.position(diagnostic.span->begin);
    if (from.column < 3 || from.line > file.lines.size()) {
      out.emplace_back(0, 0, 0, said);
      continue;
    }
    const Position to = source.position(diagnostic.span->end);
    const std::size_t end = to.line == from.line ? to.column : source.line(from.line).size() + 1;
    out.emplace_back(from.line, from.column, std::max<std::size_t>(1, end - from.column), said);
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::string shown(const std::vector<Finding>& findings) {
  std::string out;
  for (const auto& [line, column, width, said] : findings) {
    out += fmt::format("{}:{}+{} {}\n", line, column, width, said);
  }
  return out;
}

void rewrite(const std::string& path, const Case& file, const std::vector<Finding>& found) {
  static const std::regex expectation(R"(^( *// *\^+|//!) (error|warning|note) W\d+: .*$)");
  std::ofstream out(path, std::ios::binary);
  const auto write = [&](std::size_t line) {
    for (const auto& [at, column, width, said] : found) {
      if (at != line) continue;
      out << (at == 0 ? "//! " : "//" + std::string(column - 3, ' ') + std::string(width, '^') + " ") << said << '\n';
    }
  };
  write(0);
  for (std::size_t i = 0; i < file.lines.size(); ++i) {
    if (std::regex_match(file.lines[i], expectation)) continue;
    out << file.lines[i] << '\n';
    write(i + 1);
  }
}

}  // namespace

TEST_CASE("every case file is told exactly what it expects", "[frontend]") {
  const bool writing = std::getenv("WEFT_REWRITE") != nullptr;
  const auto files = case_files();
  REQUIRE(files.size() > 20);
  for (const std::string& path : files) {
    const Case file = load(path);
    const Read read = frontend_tests::read(file.text, file.options);
    const auto found = findings(read, file);
    if (writing) {
      rewrite(path, file, found);
      continue;
    }
    INFO(path << "\n" << read.shown());
    CHECK(shown(found) == shown(file.expected));
  }
}

TEST_CASE("every code of the front end has a case that provokes it", "[frontend]") {
  std::set<std::string> declared, provoked;
  const std::regex code(R"(W1\d\d\d)");
  const auto collect = [&](const std::string& text, std::set<std::string>& into) {
    for (auto it = std::sregex_iterator(text.begin(), text.end(), code); it != std::sregex_iterator(); ++it) {
      CHECK((into.insert(it->str()).second || &into == &provoked));
    }
  };
  collect(file_text(std::string(WEFT_SOURCE_DIR) + "/frontend/diagnostics.h"), declared);
  for (const std::string& path : case_files()) {
    for (const auto& [line, column, width, said] : load(path).expected) collect(said, provoked);
  }
  REQUIRE(declared.size() > 40);
  CHECK(declared == provoked);
}
