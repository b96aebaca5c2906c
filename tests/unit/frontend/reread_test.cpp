// A text that is edited is read again at the price of the edit, and nobody can tell: what comes out is what a first
// reading gives.

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <memory>
#include <random>
#include <tuple>
#include <type_traits>

#include "frontend/frontend.h"
#include "frontend/reread.h"
#include "support.h"

namespace reread {

// Never called, only asked whether it could be: clang wants a definition of what is in a namespace without name.
struct Anything {
  template <typename T>
  operator T() const;  // NOLINT: it stands for a field of any type
};

}  // namespace reread

namespace {

using reread::Anything;

using namespace weft;
using frontend_tests::file_text;

// Whether two parts of a file are the same in every field, however deep: no field is named here, so none is forgotten.

template <typename T, typename... Fields>
constexpr std::size_t fields_of() {
  if constexpr (requires { T{Fields{}..., Anything{}}; }) {
    return fields_of<T, Fields..., Anything>();
  } else {
    return sizeof...(Fields);
  }
}

template <typename T>
auto tied(const T& it) {
  constexpr std::size_t count = fields_of<T>();
  static_assert(count <= 16);
#define WEFT_TIED(number, ...)      \
  if constexpr (count == number) {  \
    const auto& [__VA_ARGS__] = it; \
    return std::tie(__VA_ARGS__);   \
  }
  WEFT_TIED(1, a)
  WEFT_TIED(2, a, b)
  WEFT_TIED(3, a, b, c)
  WEFT_TIED(4, a, b, c, d)
  WEFT_TIED(5, a, b, c, d, e)
  WEFT_TIED(6, a, b, c, d, e, f)
  WEFT_TIED(7, a, b, c, d, e, f, g)
  WEFT_TIED(8, a, b, c, d, e, f, g, h)
  WEFT_TIED(9, a, b, c, d, e, f, g, h, i)
  WEFT_TIED(10, a, b, c, d, e, f, g, h, i, j)
  WEFT_TIED(11, a, b, c, d, e, f, g, h, i, j, k)
  WEFT_TIED(12, a, b, c, d, e, f, g, h, i, j, k, l)
  WEFT_TIED(13, a, b, c, d, e, f, g, h, i, j, k, l, m)
  WEFT_TIED(14, a, b, c, d, e, f, g, h, i, j, k, l, m, n)
  WEFT_TIED(15, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o)
  WEFT_TIED(16, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p)
#undef WEFT_TIED
}

struct Compare {
  template <typename T>
  static bool same(const std::vector<T>& one, const std::vector<T>& other) {
    return std::ranges::equal(one, other, [](const T& a, const T& b) { return same(a, b); });
  }
  template <typename T>
  static bool same(const std::optional<T>& one, const std::optional<T>& other) {
    return one.has_value() == other.has_value() && (!one || same(*one, *other));
  }
  template <typename... Ts>
  static bool same(const std::variant<Ts...>& one, const std::variant<Ts...>& other) {
    if (one.index() != other.index()) return false;
    return std::visit([&]<typename T>(const T& it) { return same(it, std::get<T>(other)); }, one);
  }
  template <typename T>
  static bool same(const std::shared_ptr<T>& one, const std::shared_ptr<T>& other) {
    return one == other;
  }
  static bool same(const std::string& one, const std::string& other) { return one == other; }
  static bool same(const Span& one, const Span& other) { return one == other; }
  template <typename T>
  static bool same(const T& one, const T& other) {
    if constexpr (std::is_scalar_v<T>) {
      return one == other;
    } else if constexpr (!std::is_empty_v<T>) {
      return [&]<std::size_t... I>(const auto& a, const auto& b, std::index_sequence<I...>) {
        return (same(std::get<I>(a), std::get<I>(b)) && ...);
      }(tied(one), tied(other), std::make_index_sequence<fields_of<T>()>());
    }
    return true;
  }
};

struct Outcome {
  frontend::ast::File file;
  std::string said;

  bool operator==(const Outcome& other) const { return said == other.said && Compare::same(file, other.file); }
};

// The second of two sources: a place that names none, or the first, is a mistake.
Sources sources_of(const std::string& text) {
  Sources out;
  out.add("other.weft", "profile strict\n");
  out.add("edited.weft", text);
  return out;
}

Outcome first_reading(const std::string& text) {
  const Sources sources = sources_of(text);
  Diagnostics diagnostics;
  frontend::ast::File file = frontend::parse(sources, SourceId{1}, diagnostics);
  return {std::move(file), render(diagnostics, sources, {})};
}

// Somebody's editor: reads the text after every edit.
class Reader {
 public:
  Outcome read(const std::string& text) {
    const Sources sources = sources_of(text);
    Diagnostics diagnostics;
    last_.file = frontend::parse_again(sources, SourceId{1}, diagnostics, last_);
    return {last_.file, render(diagnostics, sources, {})};
  }
  const frontend::LastReading& last() const { return last_; }

 private:
  frontend::LastReading last_;
};

std::vector<std::string> texts() {
  const std::string root(WEFT_SOURCE_DIR);
  std::vector<std::string> out{file_text(root + "/tests/cases/frontend/whole.weft"),
                               file_text(root + "/tests/cases/frontend/example.weft")};
  std::vector<std::filesystem::path> paths;
  for (const std::string_view folder : {"examples", "stdlib-policies"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(std::filesystem::path(root) / folder)) {
      if (entry.path().extension() == ".weft") paths.push_back(entry.path());
    }
  }
  std::ranges::sort(paths);
  for (const auto& path : paths) out.push_back(file_text(path.string()));
  return out;
}

// What is put in: words and signs that open, close, begin or break things, and parts of words.
const std::vector<std::string>& pieces() {
  static const std::vector<std::string> all{
      " ",
      "\n",
      "x",
      "{",
      "}",
      "(",
      ")",
      "\"",
      "`",
      "//",
      "/*",
      "*/",
      "@",
      ":",
      "->",
      ".",
      "1",
      "é",
      "\x7F",
      "!",
      "allow ",
      "policy p {\n",
      "test \"t\" {\n",
      "template t() {\n",
      "audit ",
      "@id(new)\n",
      "group extra = app == \"x\"\n",
      "  allow web -> db : tcp/5432 because \"reason\" log \"text\" expires 2031-01-02\n",
      "}\n",
      "use ",
      "import \"a.weft\"\n",
      "  web -> db : tcp/5432 is allow at source by \"shop\".edge\n",
      "never any -> world : any\n",
      "in ",
      " isolate workload\n",
      "service s = tcp/1-2, udp/`dns` \\ udp/53\n",
      "label a, ns.b : \"x\" | \"y\"\n",
      "\r\n",
      "  deny any -> world 10.0.0.0/8 \\ 10.1.0.0/16 : any when source.app != destination.app\n"};
  return all;
}

struct Change {
  std::size_t begin, end;
  std::string text;
};

Change some_change(const std::string& text, std::mt19937_64& random) {
  const auto below = [&](std::size_t bound) { return static_cast<std::size_t>(random() % bound); };
  const std::size_t at = below(text.size() + 1);
  const std::size_t line =
      text.rfind('\n', at == 0 ? 0 : at - 1) == std::string::npos ? 0 : text.rfind('\n', at == 0 ? 0 : at - 1) + 1;
  const std::size_t line_end =
      std::min(text.size(), text.find('\n', at) == std::string::npos ? text.size() : text.find('\n', at) + 1);
  switch (below(6)) {
    case 0:  // a few bytes go
      return {at, std::min(text.size(), at + 1 + below(12)), ""};
    case 1:  // a line goes
      return {line, std::max(line, line_end), ""};
    case 2:  // a line comes twice
      return {line, line, text.substr(line, std::max(line, line_end) - line)};
    case 3:  // a part of the text comes again somewhere else
      return {at, at, text.substr(below(text.size() + 1), below(200))};
    case 4:  // a whole line comes
      return {line, line, pieces()[below(pieces().size())] + "\n"};
    default:
      return {at, at, pieces()[below(pieces().size())]};
  }
}

}  // namespace

TEST_CASE("a text that was edited is read as if it had never been read before", "[frontend]") {
  std::mt19937_64 random(20261123);
  for (const std::string& original : texts()) {
    Reader reader;
    std::string text = original;
    REQUIRE(reader.read(text) == first_reading(text));
    std::vector<std::string> undo;
    for (int round = 0; round < 60; ++round) {
      // People undo, and most of what they write makes sense in the end.
      if (!undo.empty() && random() % 2 == 0) {
        text = undo.back();
        undo.pop_back();
      } else {
        undo.push_back(text);
        const Change change = some_change(text, random);
        text.replace(change.begin, change.end - change.begin, change.text);
      }
      CAPTURE(text);
      const Outcome again = reader.read(text);
      const Outcome first = first_reading(text);
      REQUIRE(again.said == first.said);
      REQUIRE(Compare::same(again.file, first.file));
    }
  }
}

TEST_CASE("what stands around an edit is not read again", "[frontend]") {
  const std::string head =
      "group some-name-of-its-own = app == \"a\"\npolicy p {\n  allow any -> any : some-service-before\n";
  const std::string tail =
      "  allow any -> any : some-service-behind\n}\ntest \"the very last of all tests\" {\n  any -> any : tcp/1 is "
      "allow\n}\n";
  Reader reader;
  reader.read(head + tail);
  // Long names have a place in memory that only moves when they are written anew.
  const auto places = [&] {
    const auto& statements = reader.last().file.statements;
    const auto& policy = std::get<frontend::ast::PolicyStatement>(statements.at(1));
    const auto service = [](const frontend::ast::PolicyItem& item) {
      return std::get<frontend::ast::RuleStatement>(item).edge.services.items[0].base.protocols[0].text.data();
    };
    return std::vector<const char*>{std::get<frontend::ast::GroupStatement>(statements.at(0)).name.text.data(),
                                    service(policy.items.front()), service(policy.items.back()),
                                    std::get<frontend::ast::TestStatement>(statements.at(2)).name.text.data()};
  };
  const auto before = places();
  const Outcome added = reader.read(head + "  deny any -> any : tcp/22\n" + tail);
  CHECK(added == first_reading(head + "  deny any -> any : tcp/22\n" + tail));
  CHECK(places() == before);
  CHECK(reader.last().parts.size() == 7);
}

TEST_CASE("a text that becomes no policy and a policy again leaves nothing behind", "[frontend]") {
  Reader reader;
  for (const std::string text :
       {"group g = app == \"a\"\n", "{\"kind\": 1}\n", "", "group g = app == \"a\"\n", "\xFF\n",
        "group g = app == \"a\"\nallow g -> g : any\n", "group g = app == \"a\"\n"}) {
    CAPTURE(text);
    CHECK(reader.read(text) == first_reading(text));
  }
}
