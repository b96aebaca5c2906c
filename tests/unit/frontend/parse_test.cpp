#include <catch2/catch.hpp>

#include "support.h"

namespace {

using namespace weft;
namespace ast = frontend::ast;
using frontend_tests::Read;

std::string text_of(const Read& read, Span span) { return std::string(read.sources.text(span)); }

}  // namespace

TEST_CASE("the tree says what was written and where", "[frontend]") {
  const Read read = frontend_tests::read(
      "// first\nlabel app : string\ngroup `my web` = (app == \"a\\\"b\") || workload && !has app // second\n"
      "policy \"x y\" owner \"me\" { allow at source `my web` -> world 10.0.0.0/8 : tcp|udp/53 because \"dns\" }\n");
  INFO(read.shown());
  REQUIRE(read.codes().empty());
  const ast::File& file = read.files.front();
  REQUIRE(file.comments.size() == 2);
  CHECK(text_of(read, file.comments[0].span) == "// first");
  CHECK(text_of(read, file.comments[1].span) == "// second");

  REQUIRE(file.statements.size() == 3);
  const auto& group = std::get<ast::GroupStatement>(file.statements[1]);
  CHECK(group.name.text == "my web");
  CHECK(group.name.quoted);
  CHECK(text_of(read, group.selector.span) == "(app == \"a\\\"b\") || workload && !has app");
  const auto& either = std::get<ast::AnyOf>(group.selector.node);
  REQUIRE(either.operands.size() == 2);
  CHECK(either.operands[0].parenthesized);
  CHECK(text_of(read, either.operands[0].span) == "(app == \"a\\\"b\")");
  CHECK(std::get<ast::Comparison>(either.operands[0].node).values.front().text == "a\"b");

  const auto& policy = std::get<ast::PolicyStatement>(file.statements[2]);
  CHECK(policy.name.text == "x y");
  CHECK(policy.name_is_text);
  REQUIRE(policy.items.size() == 1);
  const auto& rule = std::get<ast::RuleStatement>(policy.items.front());
  CHECK(text_of(read, rule.span) == "allow at source `my web` -> world 10.0.0.0/8 : tcp|udp/53 because \"dns\"");
  CHECK(rule.gate == ast::RuleStatement::Gate::Source);
  CHECK(rule.edge.because->text == "dns");
  CHECK(rule.edge.services.items.front().base.protocols.size() == 2);
}

TEST_CASE("line ends, byte order marks and missing spaces mean nothing", "[frontend]") {
  const std::string plain =
      "label app : string\npolicy p {\n  allow app == \"a\" -> app == \"b\" : tcp/80\n  isolate any\n}\n";
  const Read expected = frontend_tests::read(plain);
  REQUIRE(expected.codes().empty());
  std::string crlf, one_line;
  for (const char c : plain) {
    crlf += c == '\n' ? "\r\n" : std::string(1, c);
    one_line += c == '\n' ? ' ' : c;
  }
  const std::string tight = "label app:string policy p{allow app==\"a\"->app==\"b\":tcp/80 isolate any}";
  for (const std::string& text : {crlf, "\xEF\xBB\xBF" + plain, one_line, tight}) {
    const Read read = frontend_tests::read(text);
    INFO(read.shown());
    CHECK(read.codes().empty());
    REQUIRE(read.policy.rules.size() == 1);
    CHECK(read.policy.rules[0].source == expected.policy.rules[0].source);
    CHECK(read.policy.rules[0].ports == expected.policy.rules[0].ports);
    CHECK(read.policy.isolations.size() == 1);
  }
}

TEST_CASE("a word of the language is a label key in backticks and after a dot", "[frontend]") {
  const Read read = frontend_tests::read(
      "label `group`, ns.policy, source, owner : string\n"
      "policy p { allow `group` == \"a\" && ns.policy == \"b\" -> source == \"c\" || owner == \"d\" : tcp }");
  INFO(read.shown());
  CHECK(read.codes().empty());
}

TEST_CASE("a statement may take many lines", "[frontend]") {
  const Read read = frontend_tests::read(
      "label app : string\ntiers a,\n  b\npolicy p\n  in a\n  ordered\n  priority 3\n  owner \"x\"\n{\n"
      "  pass to\n b\n at source\n app == \"x\"\n ->\n world\n 10.0.0.0/8\n :\n tcp/80,\n udp\n because\n \"y\"\n"
      "  pass to b\n app == \"x\" -> any : tcp\n"
      "  allow app\n in\n {\n \"a\"\n ,\n \"b\"\n }\n -> any : tcp\n}\n");
  INFO(read.shown());
  CHECK(read.codes().empty());
  CHECK(read.policy.rules.size() == 3);
}

TEST_CASE("a broken declaration still declares its name", "[frontend]") {
  const auto check = [](const std::string& text) {
    const Read read = frontend_tests::read(text);
    INFO(read.shown());
    CHECK(read.codes() == "W1001");
  };
  check("label app : string\ngroup web = app = \"x\"\npolicy p { allow web -> web : tcp }");
  check("label app string\npolicy p { allow app == \"x\" -> app == \"y\" : tcp }");
  check("service s = 80\npolicy p { allow any -> any : s }");
  check("network n = \"10.0.0.0/8\"\npolicy p { allow n -> world n : any }");
  check("tiers a b\npolicy p in a { allow any -> any : any }");
  check("polcy p { allow any -> any : any }");
  check("policy p in { allow any -> any : any }\npolicy q { allow any -> any : any }");
  check("policy p { allow any -> any : any \n deny any any : any }\npolicy q { allow any -> any : any }");
}

TEST_CASE("errors come in the order of the text and stop at the limit", "[frontend]") {
  std::string text = "policy p {\n";
  for (int i = 0; i < 500; ++i) text += "  allow any any : tcp\n";
  const Read read = frontend_tests::read(text + "}");
  REQUIRE(read.diagnostics.all().size() == frontend::Limits::errors + 1);
  CHECK(read.diagnostics.all().back().code == "W1011");
  std::uint32_t last = 0;
  for (const Diagnostic& diagnostic : read.diagnostics.all()) {
    CHECK(diagnostic.span->begin >= last);
    last = diagnostic.span->begin;
  }

  // Names are looked up under the same limit, and the note is said once.
  std::string unknown = "policy p {\n";
  for (int i = 0; i < 500; ++i) unknown += fmt::format("  allow g{} -> any : tcp\n", i);
  const Read names = frontend_tests::read(std::vector<std::string>{unknown + "}", text + "}"});
  CHECK(names.diagnostics.errors() == frontend::Limits::errors);
  std::size_t notes = 0;
  for (const Diagnostic& diagnostic : names.diagnostics.all()) notes += diagnostic.code == "W1011" ? 1 : 0;
  CHECK(notes == 1);
}

TEST_CASE("line ends and byte order marks mean nothing to any construct", "[frontend]") {
  const std::string plain =
      frontend_tests::file_text(std::string(WEFT_SOURCE_DIR) + "/tests/cases/frontend/whole.weft");
  const Read expected = frontend_tests::read(plain);
  REQUIRE(expected.codes().empty());
  std::string crlf, one_line;
  bool comment = false;
  for (std::size_t i = 0; i < plain.size(); ++i) {
    crlf += plain[i] == '\n' ? "\r\n" : std::string(1, plain[i]);
    if (plain.compare(i, 2, "//") == 0) comment = true;
    if (plain[i] == '\n') comment = false;
    if (!comment) one_line += plain[i] == '\n' ? ' ' : plain[i];
  }
  for (const std::string& text : {crlf, "\xEF\xBB\xBF" + crlf, one_line}) {
    const Read read = frontend_tests::read(text);
    INFO(read.shown());
    CHECK(read.codes().empty());
    CHECK(read.policy.rules.size() == expected.policy.rules.size());
    CHECK(read.policy.isolations.size() == expected.policy.isolations.size());
    REQUIRE(read.policy.tests.size() == 1);
    CHECK(read.policy.tests[0].expectations.size() == expected.policy.tests[0].expectations.size());
  }
  CHECK(frontend_tests::read(plain + "\xEF\xBB\xBF").codes() == "W1006");
}

TEST_CASE("words with a meaning in one place are names elsewhere", "[frontend]") {
  const Read read = frontend_tests::read(
      "label when, log, expires, requires, is, by, as : string\n"
      "group for = log == \"a\" group is = by == \"b\" service log = tcp/1 tiers as, expires\n"
      "policy when in as owner \"o\" for for || is {\n"
      "  @log(when) allow at source for -> is : log when source.when == destination.expires log requires http\n"
      "}\n"
      "test \"is\" { for -> is : log is deny by when {is: \"x\"} -> for : log is deny by profile }");
  INFO(read.shown());
  CHECK(read.codes().empty());
  REQUIRE(read.policy.rules.size() == 1);
  CHECK(read.policy.rules[0].obligations.size() == 1);
  CHECK(read.policy.tests[0].expectations.size() == 2);
}

TEST_CASE("the tree of a template says what was written", "[frontend]") {
  const Read read = frontend_tests::parse(
      "@owner(\"data\") template t(a: group, b: service = tcp/80, udp/53, c: network = office \\ lab, d: label = "
      "ns.team,\n"
      "  e: string = \"x\", f: tier) { policy p in f { allow a -> a : b log e } test \"q\" { a -> a : b is allow } }\n"
      "use t(a = web || api, b = pg, c = 10.0.0.0/8, fd00::/8, d = app, e = \"y\", f = main) as u\n"
      "import \"a/b.weft\" import std.core.dns");
  INFO(read.shown());
  REQUIRE(read.codes().empty());
  const ast::File& file = read.files.front();
  REQUIRE(file.statements.size() == 4);
  const auto& pattern = std::get<ast::TemplateStatement>(file.statements[0]);
  CHECK(pattern.annotations.size() == 1);
  REQUIRE(pattern.parameters.size() == 6);
  CHECK(pattern.parameters[1].initial->services->items.size() == 2);
  CHECK(pattern.parameters[2].initial->networks->items.front().cuts.size() == 1);
  CHECK(pattern.parameters[3].initial->key->text == "ns.team");
  CHECK_FALSE(pattern.parameters[3].initial->selector.has_value());
  CHECK(pattern.parameters[4].initial->text->text == "x");
  CHECK(pattern.parameters[5].kind == ast::Parameter::Kind::Tier);
  CHECK(pattern.close.has_value());
  REQUIRE(pattern.body.size() == 2);
  const auto& policy = std::get<ast::PolicyStatement>(pattern.body[0]);
  REQUIRE(policy.items.size() == 1);
  CHECK(std::get<ast::RuleStatement>(policy.items[0]).log->text->parameter);
  CHECK(std::get<ast::TestStatement>(pattern.body[1]).expectations.size() == 1);

  const auto& use = std::get<ast::UseStatement>(file.statements[1]);
  CHECK(use.alias->text == "u");
  REQUIRE(use.values.size() == 6);
  CHECK(std::holds_alternative<ast::AnyOf>(use.values[0].argument.selector->node));
  // A name alone may be anything.
  const ast::Argument& name = use.values[1].argument;
  CHECK((name.name && name.selector && name.networks && name.services && name.key));
  CHECK(use.values[2].argument.networks->items.size() == 2);
  CHECK(std::get<ast::ImportStatement>(file.statements[2]).path->text == "a/b.weft");
  CHECK(std::get<ast::ImportStatement>(file.statements[3]).module.size() == 3);
}
