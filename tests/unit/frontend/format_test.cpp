// What `format` promises: the words stay, the meaning stays, and there is one layout.
#include "frontend/format.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <sstream>

#include "frontend/frontend.h"
#include "support.h"
#include "tests/support/dump.h"
#include "tests/support/world.h"

using namespace weft;

namespace {

struct Formatted {
  std::optional<std::string> text;
  std::string errors;
};

Formatted format(const std::string& text) {
  Sources sources;
  Diagnostics diagnostics;
  const SourceId id = sources.add("test.weft", text);
  Formatted out{frontend::format(sources, id, diagnostics), {}};
  if (!out.text) out.errors = render(diagnostics, sources, {.color = false, .limit = 20});
  return out;
}

void check(const std::string& text, const std::string& expected) {
  const Formatted out = format(text);
  INFO(out.errors);
  REQUIRE(out.text);
  CHECK(*out.text == expected);
  CHECK(format(expected).text == expected);
}

std::string trimmed(std::string_view comment) {
  return std::string(comment.substr(0, comment.find_last_not_of(" \t\f") + 1));
}

struct Parsed {
  Sources sources;
  frontend::ast::File file;
  bool good = false;

  explicit Parsed(const std::string& text) {
    Diagnostics diagnostics;
    file = frontend::parse(sources, sources.add("test.weft", text), diagnostics);
    good = !diagnostics.has_errors();
  }
  std::vector<std::string> comments() const {
    std::vector<std::string> out;
    for (const auto& comment : file.comments) out.push_back(trimmed(sources.text(comment.span)));
    return out;
  }
};

// What every layout of a text must come to; the texts that cannot be parsed are counted by the caller.
void check_promises(const std::string& text) {
  const Formatted once = format(text);
  INFO(text << "\n--- errors\n" << once.errors);
  REQUIRE(once.text);
  INFO("--- formatted\n" << *once.text);
  const Parsed before(text);
  const Parsed after(*once.text);
  REQUIRE(after.good);
  CHECK(test::dump(before.file.statements) == test::dump(after.file.statements));
  CHECK(before.comments() == after.comments());
  CHECK(format(*once.text).text == once.text);
  CHECK(once.text->find('\r') == std::string::npos);
  CHECK(once.text->find(" \n") == std::string::npos);
  CHECK(once.text->find("\n\n\n") == std::string::npos);
  CHECK(once.text->find("{\n\n") == std::string::npos);
  CHECK((once.text->empty() || (once.text->ends_with('\n') && !once.text->ends_with("\n\n"))));
}

struct Text {
  std::string name;
  std::string text;
};

// Every form a statement can have.
constexpr const char* every_form = R"weft(import "base.weft" // ours
import std.core.dns
template rag(gateway: group, store: group = app == "qdrant", port: service = tcp/6333, shop: string = "x", key: label) {
  group inner = ns == shop
  @owner("team", "x") policy edge in app for inner && has key audit {
    @id(a) @expect(conflict) allow gateway -> store : tcp/80
    @review_by(2027-03-01) audit deny gateway -> store : port log expires 2027-01-31 because "x"
    audit isolate store ingress // in
  }
  test "works" {
    {app: "web", ns.team: "x"} -> gateway : tcp/80 is allow by edge.a
    10.0.0.1 -> "shop/web-1" : any is deny at source by isolation // no
    store -> gateway || !(store) : udp/53, tcp|udp/1-2 is deny
  }
  use other(x = store) as y
}
use rag(gateway = app == "gw" || app == "gateway", store = addr {10.0.0.0/8, fd00::/8 \ fd01::/16}, key = app) as shop
@id(long) never web -> api : any when source.tenant == destination.tenant && source.`a b` != destination.ns because "b"
policy "x" in app ordered priority -5 owner "team" for ns == "payments" && app in {"a", "b"} audit {
  allow at source sa == "oncall" -> database : tcp/22 when source.ns == destination.ns
    requires http(method = "GET", path = "/healthz") requires dns log "db" expires 2027-01-31T12:00:00Z because "S"
  pass to base a -> b : icmp/3/4 \ tcp/`x`, any
}
)weft";

// Every policy text of the repository: files, and snippets of the documentation.
std::vector<Text> all_texts() {
  namespace fs = std::filesystem;
  std::vector<Text> out;
  const fs::path root = WEFT_SOURCE_DIR;
  std::vector<fs::path> files;
  for (const char* folder : {"examples", "tests/cases", "stdlib-policies", "docs"}) {
    if (!fs::exists(root / folder)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) files.push_back(entry.path());
  }
  out.push_back({"every form", every_form});
  files.push_back(root / "README.md");
  std::ranges::sort(files);
  for (const fs::path& path : files) {
    if (path.extension() == ".weft") out.push_back({path.string(), frontend_tests::file_text(path.string())});
    if (path.extension() != ".md") continue;
    std::istringstream in(frontend_tests::file_text(path.string()));
    bool inside = false;
    for (std::string line; std::getline(in, line);) {
      if (inside && line == "```") {
        inside = false;
      } else if (inside) {
        out.back().text += line + "\n";
      } else if (line == "```weft" || line == "```weft error") {
        inside = true;
        out.push_back({path.string(), {}});
      }
    }
  }
  return out;
}

// The text with other spaces, line ends and comments between its words.
std::string disturbed(const std::string& text, test::Random& random) {
  static const std::vector<std::string> spaces{
      " ", "  ", "\t", "\n", "\n\n", "\r\n", "\n   ", "  // why \n", "\n// c\n\n", "\n\n\n// \"x\n  // y  \t\n"};
  std::string out = random.chance(5) ? "\xEF\xBB\xBF" : "";
  bool in_text = false;
  bool in_name = false;
  bool in_comment = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_comment && (c == '\n' || c == '\r')) in_comment = false;
    if (!in_text && !in_name && text.compare(i, 2, "//") == 0) in_comment = true;
    if (!in_comment && !in_name && c == '"' && (i == 0 || text[i - 1] != '\\')) in_text = !in_text;
    if (!in_comment && !in_text && c == '`') in_name = !in_name;
    out += c;
    if (in_comment || in_text || in_name) continue;
    const bool may_space = c == ' ' || c == '\n' || c == ',' || c == '(' || c == '{' || c == '=';
    const bool is_sign = c == '=' && (text.compare(i + 1, 1, "=") == 0 || text.compare(i + 1, 1, ">") == 0);
    if (may_space && !is_sign && random.chance(25)) out += random.pick(spaces);
  }
  return out;
}

}  // namespace

TEST_CASE("spaces are canonical", "[frontend][format]") {
  check("group  a=app==\"web\"&&!( has app||env not in{ \"x\" ,\"y\" } )",
        "group a = app == \"web\" && !(has app || env not in {\"x\", \"y\"})\n");
  check("label env:\"a\"|\"b\"", "label env : \"a\" | \"b\"\n");
  check("label ns . team,`k`:string", "label ns.team, `k` : string\n");
  check("network n=10.0.0.0/8\\10.1.0.0/16,::1", "network n = 10.0.0.0/8 \\ 10.1.0.0/16, ::1\n");
  check("service s=tcp | udp / 53,tcp/8000 - 8010,icmp / 3 / 4,any\\tcp/`http`",
        "service s = tcp|udp/53, tcp/8000-8010, icmp/3/4, any \\ tcp/`http`\n");
  check("policy p in app ordered priority - 5 owner \"x\"{pass to b at source a||b->addr{10.0.0.1,c}:any}",
        "policy p in app ordered priority -5 owner \"x\" {\n"
        "  pass to b at source a || b -> addr {10.0.0.1, c} : any\n"
        "}\n");
  check("never(a)->!b:any because\"x\"", "never (a) -> !b : any because \"x\"\n");
}

TEST_CASE("clauses, annotations, tests and templates have a layout", "[frontend][format]") {
  check(
      "@owner( \"a\" ,1) @review_by(2027-03-01)policy p for ns==\"x\" audit{@id( a )audit deny b->c:any log expires "
      "2027-01-31}",
      "@owner(\"a\", 1)\n"
      "@review_by(2027-03-01)\n"
      "policy p for ns == \"x\" audit {\n"
      "  @id(a)\n"
      "  audit deny b -> c : any log expires 2027-01-31\n"
      "}\n");
  check("policy p{allow a->b:any when source . k==destination.ns . t requires http( method=\"GET\",path=\"/\" )}",
        "policy p {\n"
        "  allow a -> b : any when source.k == destination.ns.t requires http(method = \"GET\", path = \"/\")\n"
        "}\n");
  check(
      "test \"t\"{ { app : \"x\",ns:\"y\" }->b:tcp/80 is allow at source by p . id (a||b)->\"shop/web\":any is deny }",
      "test \"t\" {\n"
      "  {app: \"x\", ns: \"y\"} -> b : tcp/80 is allow at source by p.id\n"
      "  (a || b) -> \"shop/web\" : any is deny\n"
      "}\n");
  check("import std . core . dns import \"x.weft\" use t(a=b||c,d=tcp/80)as e",
        "import std.core.dns\nimport \"x.weft\"\nuse t(a = b || c, d = tcp/80) as e\n");
  check("template t(a:group,b : service=tcp/80){group c=a\n@id(x)never c->a:b policy p{isolate a}}",
        "template t(a: group, b: service = tcp/80) {\n"
        "  group c = a\n"
        "  @id(x)\n"
        "  never c -> a : b\n"
        "  policy p {\n"
        "    isolate a\n"
        "  }\n"
        "}\n");
  SECTION("arguments that do not fit stand on lines of their own") {
    check(
        "use three_tiers(presentation = app == \"frontend\", business = app in {\"cart\", \"checkout\"}, "
        "storage = app == \"redis\", port = tcp/6379) as shop",
        "use three_tiers(presentation = app == \"frontend\",\n"
        "    business = app in {\"cart\", \"checkout\"},\n"
        "    storage = app == \"redis\",\n"
        "    port = tcp/6379) as shop\n");
  }
  SECTION("a comment parts an annotation from nothing") {
    check("@id(x) // why\n\n// more\n\nnever a -> b : any", "@id(x)  // why\n// more\nnever a -> b : any\n");
  }
}

TEST_CASE("one statement stands on a line, and blocks are indented", "[frontend][format]") {
  check("profile strict tiers a,b guard node", "profile strict\ntiers a, b\nguard node\n");
  check("policy p { isolate\nworkload\nallow a\n->\nb : any }",
        "policy p {\n  isolate workload\n  allow a -> b : any\n}\n");
  check("policy p {\n\n\n}", "policy p { }\n");
  check("policy p {\n\n  // nothing yet\n\n}", "policy p {\n  // nothing yet\n}\n");
}

TEST_CASE("at most one blank line is kept", "[frontend][format]") {
  check("\n\n\ngroup a = b\n\n\n\ngroup c = d\ngroup e = f\n\n\n", "group a = b\n\ngroup c = d\ngroup e = f\n");
  check("policy p {\n\n  isolate a\n\n\n  isolate b\n\n}\n", "policy p {\n  isolate a\n\n  isolate b\n}\n");
}

TEST_CASE("neighbouring declarations are aligned", "[frontend][format]") {
  check("group web = a\n// more\ngroup database = b\nnetwork n = 10.0.0.1\nservice http = tcp/80\n\ngroup x = y\n",
        "group web      = a\n"
        "// more\n"
        "group database = b\n"
        "network n      = 10.0.0.1\n"
        "service http   = tcp/80\n"
        "\n"
        "group x = y\n");
  check("label a : string\nlabel b, c : \"x\"\ngroup d = e\n",
        "label a    : string\nlabel b, c : \"x\"\ngroup d = e\n");
  SECTION("but for heads that are very long") {
    check("label a : string\nlabel `a-name-as-long-as-no-other-name-in-the-house` : string\nlabel bc : string\n",
          "label a  : string\n"
          "label `a-name-as-long-as-no-other-name-in-the-house` : string\n"
          "label bc : string\n");
  }
  SECTION("rules are not") {
    check("policy p { allow a -> b : any allow ccc -> ddd : any }",
          "policy p {\n  allow a -> b : any\n  allow ccc -> ddd : any\n}\n");
  }
}

TEST_CASE("comments stay where they are", "[frontend][format]") {
  check("  // top  \ngroup a = b//one\ngroup ccc = d // two\t\n",
        "// top\ngroup a   = b  //one\ngroup ccc = d  // two\n");
  check("policy p { // head\n  // inside\n  isolate a // behind\n  // last\n} // end\n// very last",
        "policy p {  // head\n  // inside\n  isolate a  // behind\n  // last\n}  // end\n// very last\n");
  check("policy p {\n  allow a // from\n    -> // to\n\n    // above\n    b : any\n}",
        "policy p {\n"
        "  allow a  // from\n"
        "      ->  // to\n"
        "      // above\n"
        "      b : any\n"
        "}\n");
  check("group a = b // a\n// between\n\n// before c\ngroup c = d",
        "group a = b  // a\n// between\n\n// before c\ngroup c = d\n");
  check("// nothing but this   ", "// nothing but this\n");
  check("", "");
  check(" \r\n ", "");
}

TEST_CASE("long lines break where they read best", "[frontend][format]") {
  const std::string long_text(80, 'x');
  check("policy p { allow web -> api : tcp/80 because \"and " + long_text + "\" }",
        "policy p {\n  allow web -> api : tcp/80\n      because \"and " + long_text + "\"\n}\n");
  check("group g = app == \"" + long_text + "\" && env == \"prod\" || env == \"dev\" && has app",
        "group g = app == \"" + long_text + "\" && env == \"prod\"\n    || env == \"dev\" && has app\n");
  SECTION("the values of a label stand below one another") {
    std::string text = "label k :";
    for (int i = 10; i < 40; ++i) text += (i > 10 ? " | \"value" : " \"value") + std::to_string(i) + "\"";
    const auto out = format(text).text;
    REQUIRE(out);
    CHECK(out->find("\n        | \"value") != std::string::npos);
    check_promises(text);
  }
  SECTION("what cannot be broken stays long") {
    check("group g = app == \"" + long_text + long_text + "\"", "group g = app == \"" + long_text + long_text + "\"\n");
  }
}

TEST_CASE("a list that is one value of a template stays on its line where it fits", "[frontend][format]") {
  check(
      "template shield(clients: group = workload, readers: group = none, addresses: network = 169.254.169.254, "
      "169.254.170.23, fd00:ec2::254, tier: tier) { }\n",
      "template shield(clients: group = workload,\n"
      "    readers: group = none,\n"
      "    addresses: network = 169.254.169.254, 169.254.170.23, fd00:ec2::254,\n"
      "    tier: tier) { }\n");
}

TEST_CASE("a text that cannot be parsed is refused", "[frontend][format]") {
  for (const char* text : {"group = x", "policy p {", "allow a -> b : any", "group a = 'x'", "group a = b \xFF", "}"}) {
    const Formatted out = format(text);
    CHECK_FALSE(out.text);
    CHECK(out.errors.find("error W1") != std::string::npos);
  }
  // Names are no business of the layout.
  CHECK(format("group a = nobody_knows").text);
}

TEST_CASE("every policy text of the repository keeps its words and meaning", "[frontend][format]") {
  std::size_t formatted = 0;
  for (const Text& each : all_texts()) {
    if (each.text.size() > 1'000'000 || !Parsed(each.text).good) continue;
    ++formatted;
    INFO(each.name);
    check_promises(each.text);
    const auto before = frontend_tests::read(each.text);
    const auto after = frontend_tests::read(*format(each.text).text);
    CHECK(before.codes() == after.codes());
    CHECK(test::dump(before.policy) == test::dump(after.policy));
  }
  CHECK(formatted >= 15);
}

TEST_CASE("every layout of a text comes to the same words", "[frontend][format]") {
  REQUIRE(Parsed(every_form).good);
  test::Random random(1);
  std::size_t tried = 0;
  std::size_t good = 0;
  for (const Text& each : all_texts()) {
    if (each.text.size() > 20'000) continue;
    const Parsed original(each.text);
    if (!original.good) continue;
    const std::string meaning = test::dump(original.file.statements);
    for (int round = 0; round < 40; ++round) {
      ++tried;
      const std::string text = disturbed(each.text, random);
      const Parsed parsed(text);
      if (!parsed.good) continue;  // a reserved word at the start of a line begins a statement
      ++good;
      INFO(each.name);
      CHECK(test::dump(parsed.file.statements) == meaning);
      check_promises(text);
    }
  }
  CHECK(tried > 500);
  CHECK(good * 10 > tried * 8);
}

TEST_CASE("spaces and line ends alone make no difference", "[frontend][format]") {
  // Without comments and blank lines the layout follows from the words alone.
  test::Random random(2);
  const std::string text = *format(
                                "profile strict label app : string group web = app == \"web\" group db = app in "
                                "{\"db\", \"store\"} tiers a, b "
                                "policy p in a ordered { isolate web allow web -> db : tcp/5432, tcp/80-90 because "
                                "\"x\" deny any -> db : any } "
                                "never world -> db : any")
                                .text;
  for (int round = 0; round < 300; ++round) {
    std::string other;
    bool in_text = false;
    for (const char c : text) {
      if (c == '"') in_text = !in_text;
      if (in_text || (c != ' ' && c != '\n')) {
        other += c;
      } else if (c == '\n') {
        other += random.chance(50) ? "\r\n" : " \n\t";
      } else {
        other += random.chance(50) ? " " : "\t  ";
      }
    }
    REQUIRE(format(other).text == text);
  }
}
