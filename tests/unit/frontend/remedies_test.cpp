// What first-time users write, and the word that puts them right.

#include <catch2/catch.hpp>

#include "support.h"

namespace {

using namespace weft;

struct Mistake {
  std::string text;
  std::string code;
  std::string marked;  // the text above the carets
  std::string help;
};

const std::string head = "label app : string\ngroup web = app == \"web\"\nservice pg = tcp/5432\n";

Mistake in_rule(const std::string& services, const std::string& code, const std::string& marked,
                const std::string& help) {
  return {head + "policy p { allow web -> web : " + services + " }", code, marked, help};
}

void check(const Mistake& mistake) {
  const frontend_tests::Read read = frontend_tests::read(mistake.text);
  INFO(mistake.text << "\n" << read.shown());
  REQUIRE(read.diagnostics.errors() == 1);
  const Diagnostic& diagnostic = read.diagnostics.all().front();
  CHECK(diagnostic.code == mistake.code);
  CHECK(read.sources.text(*diagnostic.span) == mistake.marked);
  std::string help;
  for (const std::string& each : diagnostic.suggestions) help += (help.empty() ? "" : "; ") + each;
  CHECK(help == mistake.help);
}

}  // namespace

TEST_CASE("services that are written another way elsewhere have a remedy", "[frontend]") {
  const std::string rule = "\npolicy p { allow any -> any : any }";
  const std::string number = "there is no default protocol: write `tcp/80`";
  check({"service bare = 80" + rule, "W1001", "80", number});
  check({"service bare = udp/53, 80" + rule, "W1001", "80", "each port has its protocol: write `udp/80`"});
  check({"service bare = any \\ 80" + rule, "W1001", "80", number});
  check(in_rule("80", "W1001", "80", number));
  check(in_rule("tcp 80", "W1001", "80", "write `tcp/80`"));
  check(in_rule("tcp:80", "W1001", ":", "write `tcp/80`"));
  check(in_rule("udp/1, tcp:80", "W1001", ":", "write `tcp/80`"));
  check({"service colon = tcp:80" + rule, "W1001", ":", "write `tcp/80`"});
  check(in_rule("TCP/80", "W1039", "TCP", "did you mean `tcp`?"));
  check(in_rule("TCP", "W1021", "TCP", "did you mean `tcp`?"));
  check(in_rule("Icmp6/128", "W1039", "Icmp6", "did you mean `icmp6`?"));
  check(in_rule("TPC/80", "W1039", "TPC", "did you mean `tcp`?"));
  check(in_rule("tpc/80", "W1039", "tpc", "did you mean `tcp`?"));
  check(in_rule("tpc", "W1021", "tpc", "did you mean `tcp`?"));
  check(in_rule("quic/443", "W1039", "quic",
                "the protocols are `tcp`, `udp`, `sctp`, `icmp`, `icmp6`, and `ip/NUMBER` for any other"));
}

TEST_CASE("services that are not declared have a remedy", "[frontend]") {
  check(in_rule("http", "W1021", "http", "declare it: `service http = tcp/80`, or write `tcp/80`"));
  check(in_rule("dns", "W1021", "dns", "declare it: `service dns = tcp|udp/53`, or write `tcp|udp/53`"));
  check(in_rule("redis", "W1021", "redis", "declare it: `service redis = tcp/PORT`"));
  check(in_rule("`my app`", "W1021", "`my app`", "declare it: service `my app` = tcp/PORT"));
  check(in_rule("`TCP`", "W1021", "`TCP`", "declare it: service `TCP` = tcp/PORT"));
  check(in_rule("pgg", "W1021", "pgg", "did you mean `pg`?"));
  check({"service https = tcp/443\n" + head + "policy p { allow web -> web : http }", "W1021", "http",
         "did you mean `https`?; declare it: `service http = tcp/80`, or write `tcp/80`"});
}

TEST_CASE("peers and arrows that are written another way elsewhere have a remedy", "[frontend]") {
  const auto rule = [](const std::string& text) { return head + "policy p {\n  " + text + "\n}"; };
  const std::string address = "write `addr 10.0.0.1`, or `world 10.0.0.1` where no workload or node is meant";
  check({rule("allow web -> 10.0.0.1 : pg"), "W1001", "10.0.0.1", address});
  check({rule("allow 10.0.0.1 -> web : pg"), "W1001", "10.0.0.1", address});
  check({rule("allow web || 10.0.0.1 -> web : pg"), "W1001", "10.0.0.1", address});
  check({rule("allow web => web : pg"), "W1006", "=>", "`=>` is written `->`"});
  check({rule("allow web=>web : pg"), "W1006", "=>", "`=>` is written `->`"});
  check({rule("web => web"), "W1006", "=>", "`=>` is written `->`"});
  check({rule("allow web ==> web : pg"), "W1006", "==>", "`==>` is written `->`"});
  check({rule("allow web --> web : pg"), "W1006", "-->", "`-->` is written `->`"});
  check({rule("allow web → web : pg"), "W1006", "→", "write `->`"});
  check({rule("allow web -> addr fe80::1%eth0 : pg"), "W1006", "%", "addresses have no zone here: leave it out"});
  check({rule("allow web > web : pg"), "W1006", ">", "an edge is written `SOURCE -> DESTINATION`"});
}

TEST_CASE("characters nobody sees, and those that look like others, are named", "[frontend]") {
  const auto check = [](const std::string& line, const std::string& code, const std::string& message) {
    const frontend_tests::Read read = frontend_tests::read(head + "policy p {\n  " + line + "\n}");
    INFO(read.shown());
    REQUIRE(read.codes() == code);
    CHECK(read.diagnostics.all().front().message == message);
    CHECK(read.diagnostics.all().front().fixes.size() == 1);
  };
  check("allow app == “x” -> web : pg", "W1006", "`“` (U+201C LEFT DOUBLE QUOTATION MARK) means nothing in a policy");
  check("allow web\u00A0-> web : pg", "W1006", "U+00A0 NO-BREAK SPACE means nothing in a policy");
  check("allow w\u200Beb -> web : pg", "W1006", "U+200B ZERO WIDTH SPACE means nothing in a policy");
  check("allow \u202Eweb -> web : pg", "W1006", "U+202E RIGHT-TO-LEFT OVERRIDE means nothing in a policy");
  check("allow wеb -> web : pg", "W1006", "`е` (U+0435 CYRILLIC SMALL LETTER IE) means nothing in a policy");
  // Where any letter may stand, those that turn the direction may not: a comment could look like a rule.
  check("allow web -> web : pg // \u202E ok \u2066", "W1080",
        "U+202E RIGHT-TO-LEFT OVERRIDE turns the order in which this comment is shown");
  check("allow app == \"x\u2067\" -> web : pg", "W1080",
        "U+2067 RIGHT-TO-LEFT ISOLATE turns the order in which this text is shown");
  check("allow app == \"x\" -> web : pg because \"\u061C\"", "W1080",
        "U+061C ARABIC LETTER MARK turns the order in which this text is shown");
  // Letters of every script are welcome there.
  const frontend_tests::Read good = frontend_tests::read(
      head + "policy p { allow app == \"مرحبا\" -> web : pg because \"👩‍💻 é\" } // שלום");
  CHECK(good.codes().empty());
  // None of them reaches a terminal as it is.
  const frontend_tests::Read hidden = frontend_tests::read(head + "policy p { allow web -> web : pg } // \u202E x");
  CHECK(hidden.shown().find("\\u202e") != std::string::npos);
  CHECK(hidden.shown().find("\u202E") == std::string::npos);
}

TEST_CASE("what other languages have and this one has not is told in its words", "[frontend]") {
  const auto rule = [](const std::string& text) { return head + "policy p {\n  " + text + "\n}"; };
  const std::string like = "patterns are written `KEY like \"a*\"`: `*` is any text, `?` one letter";
  check({rule("allow app contains \"a\" -> web : pg"), "W1001", "contains", like});
  check({rule("allow web-* -> web : pg"), "W1006", "*", like});
  check({rule("allow app == * -> web : pg"), "W1006", "*", "whether there is a value is asked by `has KEY`"});
  check({rule("allow app exists -> web : pg"), "W1001", "exists", "whether there is a value is asked by `has KEY`"});
  check({rule("allow \"web\" -> web : pg"), "W1001", "\"web\"",
         "peers are told by their labels, `app == \"web\"`, or by the name of a group"});
  check({rule("allow app in (x, y) -> web : pg"), "W1001", "(", "a set of values is written `KEY in {\"a\", \"b\"}`"});
  check({rule("allow web -> web : pg unless source.app == destination.app"), "W1001", "unless",
         "`when` says what must hold: turn `==` into `!=`, or `!=` into `==`"});
  check({"tiers a, b, c\n" + head + "policy p in a { pass to a web -> web : pg }", "W1041", "a",
         "the later tiers are `b`, `c`; `pass` alone goes to the next"});
}

TEST_CASE("an argument of the wrong kind says what it is, and which parameter it is for", "[frontend]") {
  const std::string text = head +
                           "network lab = 10.0.0.0/8\ntemplate t(clients: group, port: service, lab: network) {\n"
                           "  policy p { allow clients -> addr lab : port }\n}\n";
  const auto check_use = [&](const std::string& arguments, const std::string& message) {
    const frontend_tests::Read read = frontend_tests::read(text + "use t(" + arguments + ")");
    INFO(read.shown());
    REQUIRE(read.codes() == "W1074");
    CHECK(read.diagnostics.all().front().message == message);
  };
  check_use("clients = pg, port = pg, lab = lab", "parameter `clients` takes a group, and `pg` is a service");
  check_use("clients = tcp/80, port = pg, lab = lab", "parameter `clients` takes a group, and this is a service");
  check_use("clients = web, port = web, lab = lab", "parameter `port` takes a service, and `web` is a group");
  check_use("clients = web, port = pg, lab = web", "parameter `lab` takes a network, and `web` is a group");
  // A network is a group of the world's addresses where a group is wanted.
  CHECK(frontend_tests::read(text + "use t(clients = lab, port = tcp, lab = lab)").codes().empty());
}

TEST_CASE("misspelt words inside a statement have a remedy", "[frontend]") {
  const auto rule = [](const std::string& text) { return head + "policy p {\n  " + text + "\n}"; };
  check({rule("allow web -> web : pg beacuse \"x\""), "W1001", "beacuse", "did you mean `because`?"});
  check({rule("allow web -> web : pg\n    beacuse \"x\""), "W1001", "beacuse", "did you mean `because`?"});
  check({rule("allow web -> web : pg") + "\nnever web -> web : udp beacuse \"x\"", "W1001", "beacuse",
         "did you mean `because`?"});
  check({rule("allow web -> web : pg") + "\nnever web -> web : udp\n  beacuse \"x\"", "W1001", "beacuse",
         "did you mean `because`?"});
  check({rule("isolate web ingres"), "W1001", "ingres", "did you mean `ingress`?"});
  check({rule("allow at sorce web -> web : pg"), "W1001", "sorce", "did you mean `source`?"});
  check({rule("gaurd web"), "W1001", "gaurd", "did you mean `guard`?"});
  check({rule("allow web -> web : pg xyz"), "W1001", "xyz", ""});
}

TEST_CASE("a statement that lacks its first word is read as what it is", "[frontend]") {
  const std::string store = "template store(s: group) { policy p { allow web -> s : pg } }\n";
  const std::string rules = head + "policy p { allow web -> web : pg }\n";
  check({head + store + "store(s = web) as a", "W1001", "store", "a template is put to use by the word `use`"});
  check({head + store + "using store(s = web) as a", "W1001", "using", "a template is put to use by the word `use`"});
  check({rules + "store(s: group) {\n  policy q { allow web -> s : pg }\n}\nuse store(s = web)", "W1001", "store",
         "a template begins with the word `template`"});
  check({rules + "macro store(s: group) {\n  policy q { allow web -> s : pg }\n}\nuse store(s = web)", "W1001", "macro",
         "a template begins with the word `template`"});
  check({rules + "std.core.default_deny", "W1001", "std", "a module is imported by the word `import`"});
  check({rules + "\"a test\" {\n  web -> web : pg is allow\n}", "W1001", "\"a test\"",
         "a test begins with the word `test`"});
}

TEST_CASE("the word that reading stopped is among what is shown", "[frontend]") {
  std::string text = "policy p {\n";
  for (int i = 0; i < 200; ++i) text += "  allow any any : tcp\n";
  const frontend_tests::Read read = frontend_tests::read(text + "}");
  const std::string shown = render(read.diagnostics, read.sources, {});
  CHECK(shown.find("note W1011: after 50 errors the rest was not looked at") != std::string::npos);
  CHECK(shown.find("not shown") == std::string::npos);
}
