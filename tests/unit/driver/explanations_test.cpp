// docs/codes against the sources, the cases, and against what weft really says of the examples.

#include "driver/explanations.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include <unistd.h>

#include "driver/compile.h"
#include "driver/moment.h"

namespace {

using namespace weft;
using driver::Explanation;
namespace fs = std::filesystem;

const fs::path root = WEFT_SOURCE_DIR;

std::string file_text(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::vector<std::string> matches(const std::string& text, const std::regex& pattern, std::size_t group) {
  std::vector<std::string> out;
  for (std::sregex_iterator at(text.begin(), text.end(), pattern), end; at != end; ++at) {
    out.push_back((*at)[group].str());
  }
  return out;
}

// The text of every source file of the program.
std::string sources() {
  std::string out;
  for (const char* folder : {"base", "model", "frontend", "inventory", "bundle", "plan", "verifier", "codegen",
                             "runtime", "driver", "cli"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      const fs::path extension = entry.path().extension();
      if (extension == ".cpp" || extension == ".h") out += file_text(entry.path());
    }
  }
  return out;
}

std::set<std::string> page_codes() {
  std::set<std::string> out;
  for (const Explanation& page : driver::explanations()) out.insert(std::string(page.code));
  return out;
}

std::set<std::string> starting_with(const std::set<std::string>& codes, std::string_view start) {
  std::set<std::string> out;
  for (const std::string& code : codes) {
    if (code.starts_with(start)) out.insert(code);
  }
  return out;
}

// The codes that case files of a folder expect.
std::set<std::string> case_codes(const std::string& folder) {
  static const std::regex finding("(error|warning|note) (W[0-9]{4}): ");
  std::set<std::string> out;
  for (const auto& entry : fs::directory_iterator(root / "tests/cases" / folder)) {
    for (std::string& code : matches(file_text(entry.path()), finding, 2)) out.insert(std::move(code));
  }
  return out;
}

// ---- the examples of a page

struct Example {
  std::map<std::string, std::string> files;  // "weft", "yaml" or "json" to its text
};

// The example that fails, or the corrected one; a block that says neither belongs to both.
Example example(const Explanation& page, const std::string& which) {
  Example out;
  const std::string text(page.text);
  std::size_t at = 0;
  while ((at = text.find("```", at)) != std::string::npos) {
    const std::size_t line_end = text.find('\n', at);
    const std::size_t end = text.find("```", line_end);
    REQUIRE(end != std::string::npos);
    std::istringstream words(text.substr(at + 3, line_end - at - 3));
    std::string language, kind;
    words >> language >> kind;
    if (kind.empty() || kind == which) out.files[language] = text.substr(line_end + 1, end - line_end - 1);
    at = end + 3;
  }
  return out;
}

bool has_examples(const Explanation& page) { return page.text.find(" fails\n") != std::string_view::npos; }

// True of a page whose failing and corrected example, each with a block, stand below lines that say so: commands and
// what they print, files of another kind, and policies that no page can hold in full.
bool has_marked_examples(const Explanation& page) {
  const std::size_t fails = page.text.find("\nIt fails:\n\n");
  const std::size_t passes = page.text.find("\nIt passes:\n\n");
  const std::size_t why = page.text.find("\nWhy: ");
  if (fails == std::string_view::npos || passes == std::string_view::npos) return false;
  if (passes < fails || why < passes) return false;
  const auto holds_block = [&](std::size_t begin, std::size_t end) {
    const std::size_t opened = page.text.find("\n```", begin);
    return opened < end && page.text.find("\n```\n", opened + 1) < end;
  };
  return holds_block(fails, passes) && holds_block(passes, why);
}

// What weft says of it: "W1003 W1020", and whether there are errors.
std::pair<std::set<std::string>, bool> told(const Example& example, const fs::path& directory) {
  fs::remove_all(directory);
  fs::create_directories(directory);
  driver::InputNames names;
  for (const auto& [language, text] : example.files) {
    const fs::path path = directory / ("example." + language);
    std::ofstream(path, std::ios::binary) << text;
    (language == "weft" ? names.policies : names.inventories).push_back(path.string());
  }
  const auto goal = names.inventories.empty() ? driver::Goal::Check : driver::Goal::Plan;
  driver::Options options;
  options.now = driver::clock_moment();
  const driver::Compilation compilation = driver::compile(names, goal, options);
  std::set<std::string> codes;
  bool errors = false;
  for (const Diagnostic& diagnostic : compilation.diagnostics.all()) {
    codes.insert(diagnostic.code);
    errors = errors || diagnostic.severity == Severity::Error;
  }
  return {codes, errors};
}

// Front end, inventory, proofs, tables: what a text shows. These would need megabytes of it, bytes that no page can
// hold, or a solver that gives up; most of them are shown by case files.
const std::set<std::string> without_example{
    "W1004", "W1005", "W1009", "W1010", "W1011", "W1047", "W1048", "W1076", "W2001", "W2002", "W2006",
    "W2007", "W2009", "W3004", "W3007", "W3008", "W3009", "W3015", "W3030", "W3031", "W3032", "W3033",
    "W3040", "W3041", "W4001", "W4002", "W4003", "W4005", "W4006", "W4101", "W4102", "W4103", "W4104"};

}  // namespace

TEST_CASE("every code of the sources has a page, and every page a code", "[driver][explain]") {
  // Codes stand alone in quotes, but for the one that is told when not even a text can be made any more.
  const std::string text = sources();
  std::set<std::string> defined;
  for (std::string& code : matches(text, std::regex("\"(?:error )?(W[0-9]{4})(?:\"|: )"), 1))
    defined.insert(std::move(code));
  REQUIRE(defined.size() > 130);
  CHECK(defined == page_codes());
}

TEST_CASE("codes of texts have case files as well", "[driver][explain]") {
  CHECK(case_codes("frontend") == starting_with(page_codes(), "W1"));
  CHECK(case_codes("inventory") == starting_with(page_codes(), "W2"));
}

TEST_CASE("the codes of the command line are those of its page", "[driver][explain]") {
  std::set<std::string> listed;
  for (std::string& code : matches(file_text(root / "docs/cli.md"), std::regex("\n\\| (W9[0-9]{3}) \\|"), 1)) {
    CHECK(listed.insert(std::move(code)).second);
  }
  CHECK(listed == starting_with(page_codes(), "W9"));
}

TEST_CASE("a page says how grave its finding is", "[driver][explain]") {
  static constexpr std::string_view words[] = {"Error", "Warning", "Note"};
  const std::string text = sources();
  std::size_t compared = 0;
  const std::regex kind("\"(W[0-9]{4})\",\\s*Severity::(\\w+)");
  for (std::sregex_iterator at(text.begin(), text.end(), kind), end; at != end; ++at) {
    const Explanation* page = driver::find_explanation((*at)[1].str());
    INFO((*at)[1].str());
    REQUIRE(page != nullptr);
    CHECK((*at)[2].str() == words[static_cast<std::size_t>(page->severity)]);
    ++compared;
  }
  CHECK(compared > 90);
}

TEST_CASE("pages are found by their code, and have the parts that readers expect", "[driver][explain]") {
  CHECK(driver::find_explanation("W0000") == nullptr);
  CHECK(driver::find_explanation("") == nullptr);
  CHECK(driver::find_explanation("w1003") == nullptr);
  for (const Explanation& page : driver::explanations()) {
    INFO(page.code);
    CHECK(driver::find_explanation(page.code) == &page);
    CHECK_FALSE(driver::code_group(page.code).empty());
    CHECK(page.title.size() < 70);
    CHECK(page.text.find("\nWhy: ") != std::string_view::npos);
    CHECK(page.text.ends_with(".\n"));
    CHECK((page.text.find(" fails\n") != std::string_view::npos) ==
          (page.text.find(" passes\n") != std::string_view::npos));
    CHECK(has_examples(page) != has_marked_examples(page));
    for (const char* part : {"W1", "W2", "W3", "W4"}) {
      if (page.code.starts_with(part)) CHECK(has_examples(page) != without_example.contains(std::string(page.code)));
    }
  }
}

TEST_CASE("the failing example of a page reports its code and no other, the corrected one no error",
          "[driver][explain]") {
  const fs::path directory = fs::temp_directory_path() / ("weft-explanations-" + std::to_string(::getpid()));
  std::size_t shown = 0;
  for (const Explanation& page : driver::explanations()) {
    if (!has_examples(page)) continue;
    INFO(page.code);
    const std::string code(page.code);
    CHECK(told(example(page, "fails"), directory).first == std::set<std::string>{code});
    const auto [codes, errors] = told(example(page, "passes"), directory);
    CHECK_FALSE(codes.contains(code));
    CHECK_FALSE(errors);
    ++shown;
  }
  fs::remove_all(directory);
  CHECK(shown >= 80);
}
