// One token of a valid policy deleted, doubled, swapped with its neighbour or replaced: that is one mistake, and its
// author should hear of one.

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <regex>
#include <sstream>

#include "model/moment.h"
#include "support.h"

namespace {

using namespace weft;
using frontend_tests::file_text;
using frontend_tests::Read;

struct Piece {
  std::size_t begin, end;
};

// Where the tokens stand, found without the scanner under test.
std::vector<Piece> pieces_of(const std::string& text) {
  static const std::regex piece(
      R"(//[^\n]*|"([^"\\\n]|\\.)*"|`[^`\n]*`|[A-Za-z_][\w-]*|\d+-\d+-\d+[0-9T:Z]*|[0-9][0-9a-fA-F.:/]*|->|==|!=|&&|\|\||[^\s])");
  std::vector<Piece> out;
  for (auto it = std::sregex_iterator(text.begin(), text.end(), piece); it != std::sregex_iterator(); ++it) {
    const auto begin = static_cast<std::size_t>(it->position());
    if (!it->str().starts_with("//")) out.push_back({begin, begin + static_cast<std::size_t>(it->length())});
  }
  return out;
}

// The snippets of the language page are one policy between them.
std::string language_page() {
  std::istringstream in(file_text(std::string(WEFT_SOURCE_DIR) + "/docs/language.md"));
  std::string out;
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("```")) {
      inside = line == "```weft";
    } else if (inside) {
      out += line + "\n";
    }
  }
  return out;
}

std::vector<std::string> valid_texts() {
  std::vector<std::string> out{file_text(std::string(WEFT_SOURCE_DIR) + "/tests/cases/frontend/whole.weft"),
                               language_page()};
  std::vector<std::filesystem::path> paths;
  for (const std::string_view folder : {"examples", "stdlib-policies"}) {
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(std::filesystem::path(WEFT_SOURCE_DIR) / folder)) {
      // `tests.weft` speaks of what the policy beside it declares: by itself it is not valid.
      if (entry.path().extension() == ".weft" && entry.path().filename() != "tests.weft") paths.push_back(entry.path());
    }
  }
  // A directory has no order, and the seeds follow it.
  std::ranges::sort(paths);
  for (const auto& path : paths) out.push_back(file_text(path.string()));
  return out;
}

// Of templates only the reading counts here.
const std::string template_text =
    R"(template store(client: group, server: group, port: service = tcp/5432, lab: network,
               stage: tier = app, namespace: string, key: label = ns.team) {
  group ours = server && ns == namespace && key in {"x", namespace}
  network near = lab \ 10.1.0.0/16
  service all = port, tcp/9187
  guard node && node.zone like "a*"
  @owner("data")
  policy store in stage owner namespace {
    isolate ours ingress
    @id(main)
    allow client -> ours : port log namespace because "the store"
    deny world near -> ours : all
  }
  never world -> ours : any when source.key == destination.key because namespace
  test "only clients" {
    client -> {app: "store", ns: namespace} : port is allow by store.main
    10.0.0.1 -> ours : tcp/1 is deny
  }
  use watch(target = ours, ports = tcp/1, udp/2, by = ns.team, where = "x") as inner
}
use store(client = app == "a" || app == "b", server = app in {"pg"}, lab = 10.0.0.0/8, 192.0.2.0/24, namespace = "shop") as pg
import "shop/base.weft"
import std.core.dns
)";

struct Mutant {
  std::string text;
  std::string what;
};

class Mutator {
 public:
  Mutator(std::string text, unsigned seed) : text_(std::move(text)), pieces_(pieces_of(text_)), random_(seed) {}

  Mutant next() {
    const std::size_t at = random_() % (pieces_.size() - 1);
    const std::string token = word(at), follower = word(at + 1), other = word(random_() % pieces_.size());
    const std::string before = text_.substr(0, pieces_[at].begin), after = text_.substr(pieces_[at].end);
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    switch (random_() % 4) {
      case 0:
        return {before + after, fmt::format("line {}: without {}", line, token)};
      case 1:
        return {before + token + " " + token + after, fmt::format("line {}: {} twice", line, token)};
      case 2: {
        const std::string between = text_.substr(pieces_[at].end, pieces_[at + 1].begin - pieces_[at].end);
        return {before + follower + (between.empty() ? " " : between) + token + " " + text_.substr(pieces_[at + 1].end),
                fmt::format("line {}: {} before {}", line, follower, token)};
      }
      default:
        return {before + other + after, fmt::format("line {}: {} instead of {}", line, other, token)};
    }
  }

 private:
  std::string word(std::size_t at) const {
    return text_.substr(pieces_[at].begin, pieces_[at].end - pieces_[at].begin);
  }

  std::string text_;
  std::vector<Piece> pieces_;
  std::mt19937 random_;
};

}  // namespace

// WEFT_MUTATIONS=10000 looks at so many and prints the figure; WEFT_SHOW_CASCADES=1 prints those with several errors.
TEST_CASE("one mutated token is at most one error in 19 of 20 files", "[frontend]") {
  const char* wanted = std::getenv("WEFT_MUTATIONS");
  const std::size_t mutations = wanted ? std::stoul(wanted) : 2000;
  constexpr unsigned seed = 2026;
  const frontend::ReadOptions options{.now = model::parse_moment("2026-11-22").value()};

  std::vector<Mutator> sources;
  for (const std::string& text : valid_texts()) {
    const Read read = frontend_tests::read(text, options);
    INFO(read.shown());
    REQUIRE(read.codes().empty());
    sources.emplace_back(text, seed + static_cast<unsigned>(sources.size()));
  }
  REQUIRE(sources.size() >= 3);

  const Read pattern = frontend_tests::parse(template_text);
  INFO(pattern.shown());
  REQUIRE(pattern.codes().empty());
  Mutator templates(template_text, seed);

  std::size_t clean = 0, silent = 0;
  std::vector<std::string> cascades;
  for (std::size_t i = 0; i < mutations; ++i) {
    const std::size_t which = i % (sources.size() + 1);
    const Mutant mutant = which < sources.size() ? sources[which].next() : templates.next();
    const Read read =
        which < sources.size() ? frontend_tests::read(mutant.text, options) : frontend_tests::parse(mutant.text);
    const std::size_t errors = read.diagnostics.errors();
    if (errors <= 1) ++clean;
    if (errors == 0) ++silent;
    if (errors > 1) cascades.push_back(mutant.what + "\n" + read.shown());
  }
  const double share = static_cast<double>(clean) / static_cast<double>(mutations);
  const std::string figure =
      fmt::format("seed {}: of {} mutants {:.2f} % have at most one error, {:.2f} % none", seed, mutations, 100 * share,
                  100 * static_cast<double>(silent) / static_cast<double>(mutations));
  if (wanted) WARN(figure);
  if (std::getenv("WEFT_SHOW_CASCADES")) {
    for (const std::string& each : cascades) WARN(each);
  }
  INFO(figure);
  CHECK(share >= 0.95);
}
