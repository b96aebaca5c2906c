// Templates put to use mean what the same policy means when it is written out, names keep to themselves, and a mistake
// is told where it is made.

#include <algorithm>
#include <catch2/catch.hpp>

#include "stdlib-policies/modules.h"
#include "support.h"

namespace {

using namespace weft;
using frontend_tests::read;
using frontend_tests::Read;

const std::string shop =
    "label app, ns.team : string\nlabel env : \"prod\" | \"dev\"\n"
    "group web = app == \"web\"\ngroup db = app == \"db\"\n"
    "network office = 10.20.0.0/16\nservice pg = tcp/5432\n";

std::vector<std::string> policy_names(const Read& read) {
  std::vector<std::string> out;
  for (const model::PolicyBlock& block : read.policy.blocks) out.push_back(block.name);
  return out;
}

std::vector<std::string> group_names(const Read& read) {
  std::vector<std::string> out;
  for (const model::Group& group : read.policy.groups) out.push_back(group.name);
  return out;
}

std::string text_at(const Read& read, Span span) { return std::string(read.sources.text(span)); }

// The rules and assertions of both, in order, have the same meaning.
void check_same(const Read& a, const Read& b) {
  INFO(a.shown() << b.shown());
  REQUIRE(a.codes().empty());
  REQUIRE(b.codes().empty());
  REQUIRE(a.policy.rules.size() == b.policy.rules.size());
  for (std::size_t i = 0; i < a.policy.rules.size(); ++i) {
    CHECK(a.policy.rules[i].source == b.policy.rules[i].source);
    CHECK(a.policy.rules[i].destination == b.policy.rules[i].destination);
    CHECK(a.policy.rules[i].ports == b.policy.rules[i].ports);
    CHECK(a.policy.rules[i].tier == b.policy.rules[i].tier);
    CHECK(a.policy.rules[i].because == b.policy.rules[i].because);
    CHECK(a.policy.rules[i].relations == b.policy.rules[i].relations);
  }
  REQUIRE(a.policy.assertions.size() == b.policy.assertions.size());
  for (std::size_t i = 0; i < a.policy.assertions.size(); ++i) {
    CHECK(a.policy.assertions[i].source == b.policy.assertions[i].source);
    CHECK(a.policy.assertions[i].destination == b.policy.assertions[i].destination);
  }
}

}  // namespace

TEST_CASE("every type of parameter puts its value in place", "[frontend][templates]") {
  const Read used =
      read(shop +
           "tiers first, second\n"
           "template t(g: group, n: network, s: service, where: tier, value: string, k: label) {\n"
           "  network rest = n \\ 10.20.99.0/24\n"
           "  policy p in where {\n"
           "    allow g && k == value -> addr rest : s when source.k == destination.k because value\n"
           "    pass to second g -> n : s \\ tcp/80\n"
           "  }\n"
           "  never world -> g : s\n"
           "}\n"
           "use t(g = web || db, n = office, s = tcp/80, tcp/443, where = first, value = \"x\", k = ns.team)\n");
  const Read written =
      read(shop +
           "tiers first, second\n"
           "policy p in first {\n"
           "  allow (web || db) && ns.team == \"x\" -> addr 10.20.0.0/16 \\ 10.20.99.0/24 : tcp/80, tcp/443\n"
           "    when source.ns.team == destination.ns.team because \"x\"\n"
           "  pass to second (web || db) -> world 10.20.0.0/16 : tcp/443\n"
           "}\n"
           "never world -> web || db : tcp/80, tcp/443\n");
  check_same(used, written);
}

TEST_CASE("what comes out of a use is called by it and knows it", "[frontend][templates]") {
  const Read got =
      read(shop +
           "template inner(g: group) { group own = g && env == \"prod\" policy p { allow own -> own : pg } }\n"
           "template outer(g: group) { use inner(g = g) as first use inner(g = db) policy q { isolate g } }\n"
           "use outer(g = web) use outer(g = db) as again\n");
  INFO(got.shown());
  REQUIRE(got.codes().empty());
  CHECK(policy_names(got) == std::vector<std::string>{"outer/first/p", "outer/inner/p", "outer/q", "again/first/p",
                                                      "again/inner/p", "again/q"});
  const auto groups = group_names(got);
  CHECK(std::ranges::count(groups, "outer/first/own") == 1);
  REQUIRE(got.policy.rules.size() == 4);
  REQUIRE(got.policy.rules[0].used_at);
  CHECK(text_at(got, *got.policy.rules[0].used_at) == "use inner(g = g) as first");
  REQUIRE(got.policy.isolations[1].used_at);
  CHECK(text_at(got, *got.policy.isolations[1].used_at) == "use outer(g = db) as again");
  CHECK_FALSE(read(shop + "policy p { allow web -> db : pg }").policy.rules[0].used_at);
}

TEST_CASE("names of a template and of its user do not meet", "[frontend][templates]") {
  // `web` and `pg` of the body are its own, those of the argument the user's.
  const Read used = read(shop +
                         "template t(clients: group, s: service) {\n"
                         "  group web = app == \"other\"\n  service pg = tcp/1\n"
                         "  policy p { allow clients -> web : s allow web -> clients : pg }\n}\n"
                         "use t(clients = web, s = pg)\n");
  const Read written =
      read(shop + "policy p { allow web -> app == \"other\" : pg allow app == \"other\" -> web : tcp/1 }\n");
  check_same(used, written);

  const Read outside = read(shop +
                            "template t(clients: group) { group mine = clients policy p { allow mine -> db : pg } }\n"
                            "use t(clients = web)\n"
                            "policy q { allow mine -> clients : pg }\n");
  CHECK(outside.codes() == "W1020 W1020");
}

TEST_CASE("a parameter is handed on to another template", "[frontend][templates]") {
  const Read used = read(shop +
                         "template leaf(g: group, n: network, s: service, t: string, k: label, where: tier) {\n"
                         "  policy p in where { allow g && k == t -> world n : s }\n}\n"
                         "template mid(a: group, b: network, c: service, d: string, e: label, f: tier) {\n"
                         "  use leaf(g = a && env == d, n = b, 10.0.0.0/24, s = c, t = d, k = e, where = f)\n}\n"
                         "use mid(a = web, b = office, c = pg, d = \"prod\", e = env)\n");
  // A list of networks ends where the next parameter begins.
  const Read written =
      read(shop +
           "policy p { allow web && env == \"prod\" && env == \"prod\" -> world {10.20.0.0/16, 10.0.0.0/24} : pg }\n");
  INFO(used.shown());
  REQUIRE(used.codes().empty());
  REQUIRE(used.policy.rules.size() == 1);
  CHECK(used.policy.rules[0].destination == written.policy.rules[0].destination);
  CHECK(used.policy.rules[0].ports == written.policy.rules[0].ports);
}

TEST_CASE("a tier is needed where there are several", "[frontend][templates]") {
  const std::string pattern =
      shop + "template t(g: group, where: tier) { policy p in where { isolate g } }\nuse t(g = web)\n";
  CHECK(read(pattern).codes().empty());
  CHECK(read(pattern + "tiers only\n").codes().empty());
  CHECK(read(pattern + "tiers one, two\n").codes() == "W1072");
}

TEST_CASE("a finding of an expansion points to its uses", "[frontend][templates]") {
  const Read got = read(shop +
                        "template inner(n: network) { policy p { allow web -> world n : tcp/1 allow web -> addr "
                        "10.0.0.0/8 \\ n : pg } }\n"
                        "template outer(n: network) { use inner(n = n) }\n"
                        "use outer(n = 192.0.2.0/24)\n");
  INFO(got.shown());
  REQUIRE(got.codes() == "W1033");
  const Diagnostic& found = got.diagnostics.all()[0];
  CHECK(text_at(got, *found.span) == "n");
  REQUIRE(found.labels.size() == 2);
  CHECK(found.labels[0].text == "in this use of `inner`");
  CHECK(text_at(got, found.labels[0].span) == "use inner(n = n)");
  CHECK(found.labels[1].text == "in this use of `outer`");
  CHECK(text_at(got, found.labels[1].span) == "use outer(n = 192.0.2.0/24)");
}

TEST_CASE("a mistake in an argument is told there alone", "[frontend][templates]") {
  const Read got = read(shop +
                        "template t(g: group, value: string) { policy p { allow g && env == value -> g : pg } }\n"
                        "use t(g = app == \"x\", value = \"prdo\")\n");
  INFO(got.shown());
  REQUIRE(got.codes() == "W1025");
  CHECK(text_at(got, *got.diagnostics.all()[0].span) == "\"prdo\"");
  for (const Label& label : got.diagnostics.all()[0].labels) CHECK(label.text.find("in this use") == std::string::npos);
}

TEST_CASE("people are never shown the names of expansions", "[frontend][templates]") {
  const Read got = read(shop +
                        "template t(g: group) {\n  group loop = loop || g\n  group twice = g\n  group twice = g\n"
                        "  policy p { allow twcie -> loop : tcp/1 allow g -> addr twice : tcp/1 }\n}\n"
                        "use t(g = web)\n");
  INFO(got.shown());
  CHECK(got.diagnostics.errors() >= 4);
  CHECK(got.shown().find("\\x0a") == std::string::npos);
  CHECK(got.shown().find("t/") == std::string::npos);
}

TEST_CASE("tests in a template are tests of every use", "[frontend][templates]") {
  const Read got = read(shop +
                        "template t(g: group) { policy p { @id(r) allow g -> db : pg }\n"
                        "  test \"reaches\" { g -> db : pg is allow by p.r } }\n"
                        "use t(g = web) use t(g = app == \"x\") as x\n");
  INFO(got.shown());
  REQUIRE(got.codes().empty());
  REQUIRE(got.policy.tests.size() == 2);
  CHECK(got.policy.tests[1].name == "x/reaches");
  REQUIRE(got.policy.tests[1].expectations[0].by);
  CHECK(got.policy.tests[1].expectations[0].by->rule == model::RuleId{1});
}

TEST_CASE("a module with any word left out is read to its end, and names of expansions stay hidden",
          "[frontend][templates]") {
  std::size_t broken = 0, tried = 0;
  for (const auto& module : stdlib_policies::modules()) {
    std::string test = "stdlib-policies/tests/" + std::string(module.name.substr(4)) + "_test.weft";
    std::replace(test.begin() + 22, test.end() - 5, '.', '_');
    const std::string use = frontend_tests::file_text(std::string(WEFT_SOURCE_DIR) + "/" + test);
    const std::string text(module.text);
    for (std::size_t at = 0; at < text.size(); ++tried) {
      const std::size_t end = std::min(text.find_first_of(" \n", at), text.size());
      const auto got = read({text.substr(0, at) + text.substr(end), use});
      const std::string shown = got.shown();
      INFO(module.path << " without `" << text.substr(at, end - at) << "` at " << at << "\n" << shown);
      CHECK(shown.find("\\x0a") == std::string::npos);
      CHECK(got.diagnostics.all().size() <= frontend::Limits::errors + 1);
      if (got.diagnostics.has_errors()) ++broken;
      at = text.find_first_not_of(" \n", end);
    }
  }
  CHECK(tried > 1000);
  CHECK(broken > tried / 8);
}

TEST_CASE("long bodies are not copied without end", "[frontend][templates]") {
  std::string text = "label app : string\ntemplate t(g: group) {\n  group own = app in {\"a\"";
  for (int i = 0; i < 60'000; ++i) text += fmt::format(", \"value-{}\"", i);
  text += "}\n  policy p { allow own -> g : tcp/1 }\n}\n";
  for (int i = 0; i < 200; ++i) text += fmt::format("use t(g = workload) as u{}\n", i);
  const Read got = read(text);
  REQUIRE(got.codes() == "W1076");
  CHECK(got.diagnostics.all()[0].message == "templates make more than 67108864 bytes of the policy");
}

TEST_CASE("templates deep in one another are refused, not run out of stack", "[frontend][templates]") {
  std::string text = "label app : string\ntemplate t0(g: group) { policy p { isolate g } }\n";
  for (int i = 1; i <= 5000; ++i) text += fmt::format("template t{}(g: group) {{ use t{}(g = g) }}\n", i, i - 1);
  const Read got = read(text + "use t5000(g = app == \"x\")\n");
  CHECK(got.codes().find("W1010") != std::string::npos);
}
