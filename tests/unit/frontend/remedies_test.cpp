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
  check({"service bare = udp/53, 80" + rule, "W1001", "80", number});
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
  check({rule("allow web → web : pg"), "W1006", "→", "`→` is written `->`"});
  check({rule("allow web -> addr fe80::1%eth0 : pg"), "W1006", "%", "addresses have no zone here: leave it out"});
  check({rule("allow web > web : pg"), "W1006", ">", "an edge is written `SOURCE -> DESTINATION`"});
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
