// Every fix that the front end offers does away with what it is offered for.

#include "base/fix.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <set>

#include "support.h"

namespace {

using namespace weft;
using frontend_tests::Read;

// Where a byte of the text is once the edits are made: before and behind what is inserted there.
std::pair<std::size_t, std::size_t> moved(std::uint32_t at, const std::vector<Edit>& edits) {
  std::ptrdiff_t before = 0, behind = 0;
  for (const Edit& edit : edits) {
    const auto growth = static_cast<std::ptrdiff_t>(edit.replacement.size()) - (edit.span.end - edit.span.begin);
    if (edit.span.end <= at && !(edit.span.begin == at)) before += growth;
    if (edit.span.end <= at) behind += growth;
  }
  return {static_cast<std::size_t>(at + before), static_cast<std::size_t>(at + behind)};
}

void check_fix(const Read& read, const std::string& text, const Diagnostic& diagnostic, const Fix& fix) {
  for (const Edit& edit : fix.edits) {
    REQUIRE(edit.span.begin <= edit.span.end);
    REQUIRE(edit.span.end <= text.size());
  }
  const std::string fixed = apply_edits(text, fix.edits);
  const Read again = frontend_tests::read(fixed);
  INFO(diagnostic.code << ": " << diagnostic.message << "\n" << fix.title << "\n" << again.shown());
  CHECK(fixed != text);
  const auto [before, behind] = moved(diagnostic.span->begin, fix.edits);
  for (const Diagnostic& other : again.diagnostics.all()) {
    const bool same = other.code == diagnostic.code && other.message == diagnostic.message &&
                      (other.span->begin == before || other.span->begin == behind);
    CHECK_FALSE(same);
  }
  if (fix.applicability == Applicability::MachineApplicable) {
    // What was hidden behind a mistake may come to light, one for one.
    CHECK(again.diagnostics.all().size() <= read.diagnostics.all().size());
  }
}

}  // namespace

TEST_CASE("what a fix of a case file is offered for is gone once it is made", "[frontend][fix]") {
  std::set<std::string> fixed;
  for (const auto& entry : std::filesystem::directory_iterator(WEFT_SOURCE_DIR "/tests/cases/frontend")) {
    const std::string text = frontend_tests::file_text(entry.path().string());
    const Read read = frontend_tests::read(text);
    // Past the limit of errors a fix only makes room for the next.
    if (std::ranges::any_of(read.diagnostics.all(), [](const Diagnostic& each) { return each.code == "W1011"; }))
      continue;
    INFO(entry.path().filename().string());
    for (const Diagnostic& diagnostic : read.diagnostics.all()) {
      for (const Fix& fix : diagnostic.fixes) {
        check_fix(read, text, diagnostic, fix);
        fixed.insert(diagnostic.code);
      }
    }
  }
  CHECK(fixed.size() >= 20);
}

TEST_CASE("slips of first-time users are put right by their fix", "[frontend][fix]") {
  const std::string head = "label app : string\ngroup web = app == \"web\"\nservice pg = tcp/5432\n";
  const auto check = [&](const std::string& statement, const std::string& wanted) {
    const std::string text = head + statement;
    const Read read = frontend_tests::read(text);
    INFO(read.shown());
    REQUIRE(read.diagnostics.all().size() >= 1);
    REQUIRE(read.diagnostics.all().front().fixes.size() >= 1);
    CHECK(apply_edits(text, read.diagnostics.all().front().fixes.front().edits) == head + wanted);
  };
  const auto rule = [&](const std::string& wrong, const std::string& right) {
    check("policy p { " + wrong + " }", "policy p { " + right + " }");
  };
  rule("allow web => web : pg", "allow web -> web : pg");
  rule("allow web -> web : pg;", "allow web -> web : pg");
  rule("allow app = \"x\" -> web : pg", "allow app == \"x\" -> web : pg");
  rule("allow app == x -> web : pg", "allow app == \"x\" -> web : pg");
  rule("allow app == 'x' -> web : pg", "allow app == \"x\" -> web : pg");
  rule("allow app in {x} -> web : pg", "allow app in {\"x\"} -> web : pg");
  rule("allow web and has app -> web : pg", "allow web && has app -> web : pg");
  rule("allow web & has app -> web : pg", "allow web && has app -> web : pg");
  rule("allow web or has app -> web : pg", "allow web || has app -> web : pg");
  rule("allow web | has app -> web : pg", "allow web || has app -> web : pg");
  rule("allow not web -> web : pg", "allow !web -> web : pg");
  rule("allow web -> web : tcp:80", "allow web -> web : tcp/80");
  rule("allow web -> web : tcp 80", "allow web -> web : tcp/80");
  rule("allow web -> web : 80", "allow web -> web : tcp/80");
  rule("allow web -> web : https", "allow web -> web : tcp/443");
  rule("allow web -> 10.0.0.1 : pg", "allow web -> addr 10.0.0.1 : pg");
  rule("allow wbe -> web : pg", "allow web -> web : pg");
  rule("allow workloads -> web : pg", "allow workload -> web : pg");
  rule("allow app in {} -> web : pg", "allow none -> web : pg");
  rule("allow app not in {} -> web : pg", "allow has app -> web : pg");
  rule("allow web -> web : tcp/90-80", "allow web -> web : tcp/80-90");
  rule("allow addr 10.1.2.3/8 -> web : pg", "allow addr 10.0.0.0/8 -> web : pg");
  rule("allow web -> web : 80/tcp", "allow web -> web : tcp/80");
  rule("allow web -> web : tcp/80:90", "allow web -> web : tcp/80-90");
  rule("allow web -> web : tcp/80, 90", "allow web -> web : tcp/80, tcp/90");
  rule("allow web -> web : udp/80, 90", "allow web -> web : udp/80, udp/90");
  rule("allow web -> web : tcp/*", "allow web -> web : tcp");
  rule("allow web -> web : any except tcp/22", "allow web -> web : any \\ tcp/22");
  rule("allow web except app == \"x\" -> web : pg", "allow web && ! app == \"x\" -> web : pg");
  rule("allow * -> web : pg", "allow any -> web : pg");
  rule("allow web -> web : *", "allow web -> web : any");
  rule("allow all -> web : pg", "allow any -> web : pg");
  rule("allow everyone -> web : pg", "allow any -> web : pg");
  rule("allow pods -> web : pg", "allow workload -> web : pg");
  rule("allow internet -> web : pg", "allow world -> web : pg");
  rule("allow namespace == \"x\" -> web : pg", "allow ns == \"x\" -> web : pg");
  rule("allow labels.app == \"x\" -> web : pg", "allow app == \"x\" -> web : pg");
  rule("allow has(app) -> web : pg", "allow has app -> web : pg");
  rule("allow app in [\"a\", \"b\"] -> web : pg", "allow app in {\"a\", \"b\"} -> web : pg");
  rule("allow app in (\"a\", \"b\") -> web : pg", "allow app in {\"a\", \"b\"} -> web : pg");
  rule("allow app not in (\"a\") -> web : pg", "allow app not in {\"a\"} -> web : pg");
  rule("allow app in \"a\" -> web : pg", "allow app in {\"a\"} -> web : pg");
  rule("allow app =~ \"a*\" -> web : pg", "allow app like \"a*\" -> web : pg");
  rule("allow app ~ \"a*\" -> web : pg", "allow app like \"a*\" -> web : pg");
  rule("allow app <> \"a\" -> web : pg", "allow app != \"a\" -> web : pg");
  rule("allow app === \"a\" -> web : pg", "allow app == \"a\" -> web : pg");
  rule("allow app is \"a\" -> web : pg", "allow app == \"a\" -> web : pg");
  rule("allow web to web : pg", "allow web -> web : pg");
  rule("allow web -> web : pg if source.app == destination.app",
       "allow web -> web : pg when source.app == destination.app");
  rule("permit web -> web : pg", "allow web -> web : pg");
  rule("reject web -> web : pg", "deny web -> web : pg");
  check("label y : int\npolicy p { allow web -> web : pg }", "label y : string\npolicy p { allow web -> web : pg }");
  check("label y : bool\npolicy p { allow web -> web : pg }",
        "label y : \"true\" | \"false\"\npolicy p { allow web -> web : pg }");
  check("label y : \"a\", \"b\", \"c\"\npolicy p { allow web -> web : pg }",
        "label y : \"a\" | \"b\" | \"c\"\npolicy p { allow web -> web : pg }");
  check("label y = \"a\"\npolicy p { allow web -> web : pg }", "label y : \"a\"\npolicy p { allow web -> web : pg }");
  check("label y\npolicy p { allow web -> web : pg }", "label y : string\npolicy p { allow web -> web : pg }");
  check("group y : web\npolicy p { allow y -> web : pg }", "group y = web\npolicy p { allow y -> web : pg }");
  check("tiers a, b, c\npolicy p in b { pass to a web -> web : pg }",
        "tiers a, b, c\npolicy p in b { pass to c web -> web : pg }");
  check("# a comment\npolicy p { allow web -> web : pg }", "// a comment\npolicy p { allow web -> web : pg }");
  check("/* a\n   b */\npolicy p { allow web -> web : pg }", "// a\n//   b \npolicy p { allow web -> web : pg }");
  check("p {\n allow web -> web : pg\n}", "policy p {\n allow web -> web : pg\n}");
  check("polcy p {\n allow web -> web : pg\n}", "policy p {\n allow web -> web : pg\n}");
  check("allow web -> web : pg", "policy NAME {\n  allow web -> web : pg\n}");
  check("policy p {\n allow web -> web : pg\n", "policy p {\n allow web -> web : pg\n}\n");
  check("group a == web\npolicy p { allow a -> web : pg }", "group a = web\npolicy p { allow a -> web : pg }");
  check("label ns : string\npolicy p { allow web -> web : pg }", "\npolicy p { allow web -> web : pg }");
  check("label ns . team / owner : string", "label ns.`team/owner` : string");
  check("label web // the\n  .role : string", "label `web.role` : string");
  check("label web.`kubernetes.io`/name : string", "label `web.kubernetes.io/name` : string");
  check("group `not` = web\npolicy p { allow `nott` -> web : pg }",
        "group `not` = web\npolicy p { allow `not` -> web : pg }");
}

TEST_CASE("a template of a module that is not imported brings its import", "[frontend][fix]") {
  const auto check = [](const std::string& text, const std::string& wanted, Applicability applicability) {
    const Read read = frontend_tests::read(text);
    INFO(read.shown());
    REQUIRE(read.codes() == "W1070");
    const Diagnostic& diagnostic = read.diagnostics.all().front();
    REQUIRE(diagnostic.fixes.size() == 1);
    CHECK(diagnostic.fixes.front().applicability == applicability);
    const std::string fixed = apply_edits(text, diagnostic.fixes.front().edits);
    CHECK(fixed == wanted);
    CHECK(frontend_tests::read(fixed).codes().empty());
  };
  const std::string use = "use default_deny()\n";
  check(use, "import std.core.default_deny\n" + use, Applicability::MachineApplicable);
  check("// a page of\n// comments\n\n// of the use\n" + use,
        "// a page of\n// comments\n\nimport std.core.default_deny\n// of the use\n" + use,
        Applicability::MachineApplicable);
  check("profile strict\nimport std.core.dns\n" + use,
        "profile strict\nimport std.core.default_deny\nimport std.core.dns\n" + use, Applicability::MachineApplicable);
  check("use defaultdeny()\n", "import std.core.default_deny\nuse default_deny()\n", Applicability::MaybeIncorrect);
}

TEST_CASE("a mistake that is made often is told once and put right everywhere", "[frontend][fix]") {
  std::string text = "label app : string\nlabel env : \"prod\" | \"dev\"\npolicy p {\n";
  std::string wanted = text;
  for (int i = 1; i <= 200; ++i) {
    text += fmt::format("  allow ap == \"x\" -> app == \"y\" : tcp/{}\n", i);
    wanted += fmt::format("  allow app == \"x\" -> app == \"y\" : tcp/{}\n", i);
  }
  const Read keys = frontend_tests::read(text + "}");
  REQUIRE(keys.codes() == "W1003");
  CHECK(keys.diagnostics.all().front().notes == std::vector<std::string>{"so are 199 more uses of it"});
  CHECK(apply_edits(text + "}", keys.diagnostics.all().front().fixes.front().edits) == wanted + "}");

  const std::string head = "label env : \"prod\"\npolicy p {\n  allow ";
  const std::string values = head + "env == \"stage\" -> env in {\"canary\", \"stage\"} : tcp\n}";
  const Read undeclared = frontend_tests::read(values);
  INFO(undeclared.shown());
  REQUIRE(undeclared.codes() == "W1025");
  CHECK(undeclared.diagnostics.all().front().notes ==
        std::vector<std::string>{"1 more use of it", "nor is it ever \"canary\""});
  const std::string declared = apply_edits(values, undeclared.diagnostics.all().front().fixes.front().edits);
  CHECK(declared.starts_with("label env : \"prod\" | \"stage\" | \"canary\"\n"));
  CHECK(frontend_tests::read(declared).codes().empty());
  const std::string slips = head + "env == \"prd\" -> env == \"prd\" : tcp\n}";
  const Read slip = frontend_tests::read(slips);
  REQUIRE(slip.codes() == "W1025");
  CHECK(apply_edits(slips, slip.diagnostics.all().front().fixes.front().edits) ==
        head + "env == \"prod\" -> env == \"prod\" : tcp\n}");
}

TEST_CASE("a policy with `for` is offered no fix that matches nobody", "[frontend][fix]") {
  const std::string head = "label app : string\npolicy p for app == \"web\" {\n  ";
  const Read apart = frontend_tests::read(head + "isolate app == \"db\"\n}");
  REQUIRE(apart.codes() == "W1063");
  CHECK(apart.diagnostics.all().front().fixes.empty());
  const Read wide = frontend_tests::read(head + "isolate workload\n}");
  REQUIRE(wide.codes() == "W1063");
  CHECK(wide.diagnostics.all().front().fixes.size() == 1);
  // That the negation matches others as well is what the error says.
  CHECK(frontend_tests::read(head + "isolate !(app == \"db\")\n}").codes() == "W1063");
}

TEST_CASE("a file of another kind is one error", "[frontend]") {
  CHECK(frontend_tests::read("workloads:\n  - name: a\n    labels: {app: web}\n  - name: b\n").codes() == "W1081");
  CHECK(frontend_tests::read("{\"items\": [{\"name\": \"a\"}, {\"name\": \"b\"}],\n \"kind\": \"List\"}\n").codes() ==
        "W1081");
  CHECK(frontend_tests::read("a line\nand another line\nand a third\nand more\n").codes() == "W1081");
  // One statement that is wrong is a policy all the same.
  CHECK(frontend_tests::read("alow any -> any : tcp\n").codes() == "W1001");
}

TEST_CASE("characters that look like others are put right by their fix", "[frontend][fix]") {
  const std::string head = "label app : string\ngroup web = app == \"web\"\n";
  const auto check = [&](const std::string& rule, const std::string& wanted) {
    const std::string text = head + "policy p { " + rule + " }";
    const Read read = frontend_tests::read(text);
    INFO(read.shown());
    REQUIRE(read.diagnostics.errors() == 1);
    REQUIRE(read.diagnostics.all().front().fixes.size() == 1);
    const std::string fixed = apply_edits(text, read.diagnostics.all().front().fixes.front().edits);
    CHECK(fixed == head + "policy p { " + wanted + " }");
    CHECK(frontend_tests::read(fixed).codes().empty());
  };
  check("allow app == “x” -> web : tcp", "allow app == \"x\" -> web : tcp");
  check("allow app == „x“ -> web : tcp", "allow app == \"x\" -> web : tcp");
  check("allow app == ‘x’ -> web : tcp", "allow app == \"x\" -> web : tcp");
  check("allow app == «x» -> web : tcp", "allow app == \"x\" -> web : tcp");
  check("allow app == “x\" -> web : tcp", "allow app == \"x\" -> web : tcp");
  check("allow app == \"x” -> web : tcp", "allow app == \"x\" -> web : tcp");
  check("allow web → web : tcp", "allow web -> web : tcp");
  check("allow web –> web : tcp", "allow web -> web : tcp");
  check("allow web -> web : tcp/80–90", "allow web -> web : tcp/80-90");
  check("allow app ≠ \"x\" -> web : tcp", "allow app != \"x\" -> web : tcp");
  check("allow web -> web： tcp", "allow web -> web: tcp");
  check("allow wеb -> web : tcp", "allow web -> web : tcp");  // a Cyrillic letter
  // Blanks of a page that was copied: one mistake, one fix for all of them, and texts stay as they are.
  check("allow\u00A0web\u00A0-> app == \"a\u00A0b\"\u00A0: tcp", "allow web -> app == \"a\u00A0b\" : tcp");
  check("allow web\u200B -> web\u200B : tcp", "allow web -> web : tcp");
}

TEST_CASE("what may be meant in another way is not applied by itself", "[frontend][fix]") {
  const auto applicable = [](const std::string& text) {
    return applicable_fixes(frontend_tests::read(text).diagnostics).size();
  };
  const std::string head = "label app : string\ngroup web = app == \"web\"\n";
  CHECK(applicable(head + "policy p { allow wbe -> web : tcp/1 }") == 0);
  CHECK(applicable(head + "policy p { allow app in {} -> web : tcp/1 }") == 0);
  CHECK(applicable(head + "policy p { allow addr 10.0.0.1/8 -> web : tcp/1 }") == 0);
  CHECK(applicable(head + "policy p { allow web -> web : tcp/2-1 }") == 0);
  CHECK(applicable(head + "policy p { allow web -> web : 80 }") == 0);
  CHECK(applicable(head + "policy p { allow app == 'a\\b' -> web : tcp }") == 0);
  CHECK(applicable(head + "label web // a slash in a comment: x/y\n.role : string") == 0);
  CHECK(applicable(head + "policy p { allow web => web : tcp/1; }") == 2);
}
