#include <catch2/catch.hpp>

#include "model/evaluate.h"
#include "support.h"

namespace {

using namespace weft;
using namespace weft::model;
using frontend_tests::Read;

const std::string vocabulary =
    "label app, env, ns.team, node.zone : string\nlabel `app.kubernetes.io/name`, `ns` : string\n";

Selector selector(const std::string& text, const std::string& more = "") {
  const Read read = frontend_tests::read(vocabulary + more + "\npolicy p { allow " + text + " -> any : any }");
  INFO(read.shown());
  CHECK_FALSE(read.diagnostics.has_errors());
  REQUIRE(read.policy.rules.size() == 1);
  return read.policy.rules.front().source;
}

PortSet ports(const std::string& text, const std::string& more = "") {
  const Read read = frontend_tests::read(more + "\npolicy p { allow any -> any : " + text + " }");
  INFO(read.shown());
  CHECK(read.codes().empty());
  REQUIRE(read.policy.rules.size() == 1);
  return read.policy.rules.front().ports;
}

AddressSet addresses(std::initializer_list<std::pair<const char*, const char*>> ranges) {
  AddressSet out;
  for (const auto& [first, last] : ranges) out.add({*parse_address(first), *parse_address(last)});
  return out;
}

Selector app(std::string value) { return Selector::equals(keys::of_workload("app"), std::move(value)); }

}  // namespace

TEST_CASE("selectors mean what the language says", "[frontend]") {
  const LabelKey key = keys::of_workload("app");
  CHECK(selector("app == \"x\"") == app("x"));
  CHECK(selector("app in {\"y\", \"x\", \"y\"}") == Selector::one_of(key, {"x", "y"}));
  CHECK(selector("app != \"x\"") == Selector::all_of({Selector::has(key), Selector::negation(app("x"))}));
  CHECK(selector("app not in {\"x\", \"y\"}") ==
        Selector::all_of({Selector::has(key), Selector::negation(Selector::one_of(key, {"x", "y"}))}));
  CHECK(selector("!(app == \"x\")") == Selector::negation(app("x")));
  CHECK(selector("app like \"x*\"") == Selector::glob(key, "x*"));
  CHECK(selector("app == \"x*\"") == app("x*"));  // literal under ==
  CHECK(selector("has app") == Selector::has(key));
  CHECK(selector("any") == Selector::any());
  CHECK(selector("none") == Selector::none());
  CHECK(selector("workload") == Selector::workload());
  CHECK(selector("node") == Selector::node());
  CHECK(selector("world") == Selector::world());
  CHECK(selector("apiserver").kind == Selector::Kind::Apiserver);
  CHECK(selector("ns == \"x\"") == Selector::equals(keys::ns, "x"));
  CHECK(selector("`ns` == \"x\"") == Selector::equals(keys::of_workload("ns"), "x"));
  CHECK(selector("ns.team == \"x\"") == Selector::equals(keys::of_namespace("team"), "x"));
  CHECK(selector("ns.`kubernetes.io/metadata.name` == \"x\"") == Selector::equals(keys::ns, "x"));
  CHECK(selector("node.zone == \"x\"") == Selector::equals(keys::of_node("zone"), "x"));
  CHECK(selector("`app.kubernetes.io/name` == \"x\"") ==
        Selector::equals(keys::of_workload("app.kubernetes.io/name"), "x"));
}

TEST_CASE("negation binds tighter than `&&`, and that tighter than `||`", "[frontend]") {
  const Selector a = app("a"), b = app("b"), c = app("c");
  CHECK(selector("app == \"a\" || app == \"b\" && app == \"c\"") == Selector::any_of({a, Selector::all_of({b, c})}));
  CHECK(selector("(app == \"a\" || app == \"b\") && app == \"c\"") == Selector::all_of({Selector::any_of({a, b}), c}));
  CHECK(selector("!app == \"a\" && app == \"b\"") == Selector::all_of({Selector::negation(a), b}));
}

TEST_CASE("groups and networks are put in, wherever they stand", "[frontend]") {
  CHECK(selector("web && env == \"x\"", "group web = app == \"a\"") ==
        Selector::all_of({app("a"), Selector::equals(keys::of_workload("env"), "x")}));
  CHECK(selector("one", "group one = two || web\ngroup two = app == \"b\"\ngroup web = app == \"a\"") ==
        Selector::any_of({app("b"), app("a")}));
  const AddressSet ten = addresses({{"10.0.0.0", "10.255.255.255"}});
  CHECK(selector("addr 10.0.0.0/8") == Selector::address(ten));
  CHECK(selector("world 10.0.0.0/8") == Selector::world_address(ten));
  CHECK(selector("net", "network net = 10.0.0.0/8") == Selector::world_address(ten));
  CHECK(selector("addr net", "network net = 10.0.0.0/8") == Selector::address(ten));
  CHECK(selector("addr {10.0.0.0/9, 10.128.0.0/9}") == Selector::address(ten));
  CHECK(selector("addr 10.0.0.0/8 \\ 10.0.0.0/9 \\ 10.255.255.255") ==
        Selector::address(addresses({{"10.128.0.0", "10.255.255.254"}})));
  CHECK(selector("addr part", "network part = 192.0.2.1, all \\ 10.128.0.0/9\nnetwork all = 10.0.0.0/8, fd00::/8") ==
        Selector::address(addresses({{"10.0.0.0", "10.127.255.255"},
                                     {"192.0.2.1", "192.0.2.1"},
                                     {"fd00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"}})));
  CHECK(selector("addr ::ffff:10.0.0.0/104") == Selector::address(ten));
}

TEST_CASE("services are sets", "[frontend]") {
  const auto range = [](std::uint8_t number, std::uint16_t first, std::uint16_t last) {
    return PointSet::of_range(number, first, last);
  };
  CHECK(ports("any").points == PointSet::any());
  CHECK(ports("tcp/80").points == range(6, 80, 80));
  CHECK(ports("tcp/80-90").points == range(6, 80, 90));
  CHECK(ports("tcp").points == PointSet::of_protocol(6));
  CHECK(ports("sctp/0").points == range(132, 0, 0));
  CHECK(ports("icmp").points == PointSet::of_protocol(1));
  CHECK(ports("ip/1") == ports("icmp"));
  CHECK(ports("ip/6") == ports("tcp"));
  CHECK(ports("icmp/8").points == range(1, 0x800, 0x8FF));
  CHECK(ports("icmp/3/4").points == range(1, 0x304, 0x304));
  CHECK(ports("icmp6/128").points == range(58, 0x8000, 0x80FF));
  CHECK(ports("ip/253").points == PointSet::of_protocol(253));
  CHECK(ports("tcp|udp/53") == ports("tcp/53, udp/53"));
  CHECK(ports("any \\ tcp/22 \\ udp") == ports("other", "service other = rest \\ udp\nservice rest = any \\ tcp/22"));
  CHECK(ports("web, tcp/443", "service web = tcp/80") == ports("tcp/80, tcp/443"));
  CHECK(ports("tcp, any \\ tcp") == ports("any"));
  CHECK(ports("tcp|udp/80 \\ udp, tcp/81-82 \\ tcp/82-90") == ports("tcp/80-81"));
  CHECK(ports("tcp/80-90 \\ tcp/80-85 \\ tcp/80") == ports("tcp/86-90"));
  CHECK(ports("tcp|udp/dns, tcp/`http`, tcp/http") == PortSet{{}, {{6, "dns"}, {17, "dns"}, {6, "http"}}});
  CHECK(ports("`tcp`", "service `tcp` = udp/1") == ports("udp/1"));
}

TEST_CASE("rules carry their policy's tier, level and gates", "[frontend]") {
  const Read read = frontend_tests::read(
      "tiers one, two, three\n"
      "policy a in two { allow any -> any : any deny at source any -> any : tcp because \"why\" }\n"
      "policy b in one ordered priority -7 owner \"me\" {\n"
      "  isolate any egress\n  pass any -> any : any\n  pass to three at destination any -> any : udp\n"
      "  isolate workload\n  guard node\n}\n"
      "policy c in three priority 9 { isolate any ingress }\n"
      "guard node\nnever world -> any : tcp/22 because \"no\"\nalways any -> any : udp/53\n");
  INFO(read.shown());
  CHECK(read.codes().empty());
  const Policy& policy = read.policy;

  REQUIRE(policy.tiers.size() == 3);
  CHECK(policy.tiers[1].name == "two");
  REQUIRE(policy.blocks.size() == 3);
  CHECK(policy.blocks[1].name == "b");
  CHECK(policy.blocks[1].ordered);
  CHECK(policy.blocks[1].priority == -7);
  CHECK(policy.blocks[1].priority_stated);
  CHECK(policy.blocks[1].owner == "me");
  CHECK_FALSE(policy.blocks[0].priority_stated);
  CHECK(read.sources.text(policy.blocks[1].span) == "b");

  REQUIRE(policy.rules.size() == 4);
  const auto check = [&](std::size_t at, Verdict verdict, unsigned tier, Level level, bool source, bool destination) {
    const Rule& rule = policy.rules[at];
    CHECK(rule.verdict == verdict);
    CHECK(rule.tier == TierId{tier});
    CHECK(rule.level == level);
    CHECK(rule.at_source == source);
    CHECK(rule.at_destination == destination);
  };
  check(0, Verdict::Allow, 1, {0, 0}, true, true);
  check(1, Verdict::Deny, 1, {0, 0}, true, false);
  check(2, Verdict::Pass, 0, {-7, 1}, true, true);
  check(3, Verdict::Pass, 0, {-7, 2}, false, true);
  CHECK(policy.rules[1].because == "why");
  CHECK(policy.rules[1].block == BlockId{0});
  CHECK_FALSE(policy.rules[2].pass_to.has_value());
  CHECK(policy.rules[3].pass_to == TierId{2});

  REQUIRE(policy.isolations.size() == 3);
  CHECK((policy.isolations[0].egress && !policy.isolations[0].ingress));
  CHECK((policy.isolations[1].egress && policy.isolations[1].ingress));
  CHECK((!policy.isolations[2].egress && policy.isolations[2].ingress));
  CHECK(policy.isolations[2].tier == TierId{2});
  CHECK(policy.guards.size() == 2);
  REQUIRE(policy.assertions.size() == 2);
  CHECK(policy.assertions[0].kind == Assertion::Kind::Never);
  CHECK(policy.assertions[0].because == "no");
  CHECK(policy.assertions[1].kind == Assertion::Kind::Always);
}

TEST_CASE("files share their declarations and stand in their order", "[frontend]") {
  const Read read = frontend_tests::read(std::vector<std::string>{
      "profile k8s\npolicy p in b { allow web -> net : pg }",
      "profile k8s\nlabel app : string\ngroup web = app == \"x\"\nnetwork net = 10.0.0.0/8\nservice pg = tcp/5432\n"
      "tiers a, b\npolicy p in a { deny web -> web : pg }"});
  INFO(read.shown());
  CHECK(read.codes().empty());
  CHECK(read.policy.profile.name == "k8s");
  REQUIRE(read.policy.rules.size() == 2);
  CHECK(read.policy.rules[0].verdict == Verdict::Allow);
  CHECK(read.policy.rules[0].tier == TierId{1});
  CHECK(read.policy.rules[1].verdict == Verdict::Deny);
  REQUIRE(read.policy.groups.size() == 2);
  CHECK(read.policy.groups[0].name == "web");
  CHECK(read.policy.groups[1].name == "net");

  CHECK(frontend_tests::read(std::vector<std::string>{"profile k8s", "profile strict"}).codes() == "W1018");
  CHECK(frontend_tests::read(std::vector<std::string>{"group g = any", "group g = any"}).codes() == "W1019");
}

TEST_CASE("what is not said has a default", "[frontend]") {
  const Read read = frontend_tests::read("policy p { allow any -> any : any }");
  CHECK(read.codes().empty());
  CHECK(read.policy.profile.name == "strict");
  REQUIRE(read.policy.tiers.size() == 1);
  CHECK(read.policy.tiers[0].name == "main");
  CHECK(frontend_tests::read("tiers only\npolicy p { allow any -> any : any }").codes().empty());
  CHECK(frontend_tests::read("policy p in main { allow any -> any : any }").codes().empty());
  CHECK(frontend_tests::read("tiers a, b\npolicy p { allow any -> any : any }").codes() == "W1040");

  const Read nothing = frontend_tests::read(std::vector<std::string>{});
  CHECK(nothing.codes().empty());
  CHECK(nothing.policy.tiers.size() == 1);
}

TEST_CASE("the vocabulary travels with the policy", "[frontend]") {
  const Read read = frontend_tests::read(
      "label env : \"prod\" | \"dev\"\nlabel app : string\npolicy p { allow env == \"dev\" -> has app : any }");
  CHECK(read.codes().empty());
  REQUIRE(read.policy.schema.contains(keys::of_workload("env")));
  CHECK(read.policy.schema.at(keys::of_workload("env")).values == std::vector<std::string>{"prod", "dev"});
  CHECK_FALSE(read.policy.schema.at(keys::of_workload("app")).values.has_value());
  CHECK(read.policy.schema.contains(keys::ns));
}

TEST_CASE("what is printed of a selector or a service is read as the same", "[frontend]") {
  for (const std::string text :
       {"app == \"x\"", "app in {\"x\", \"y\\\"\\\\\"}", "has app && !(env == \"x\")", "workload || world 10.0.0.0/8",
        "addr {10.0.0.0/8, 192.0.2.0/24}", "app like \"x*\"", "`app.kubernetes.io/name` == \"x\"", "ns.team == \"y\"",
        "node && node.zone == \"a\"", "(app == \"x\" || none) && any", "`ns` == \"x\" && ns == \"y\""}) {
    const Selector first = selector(text);
    INFO(text << " is printed as " << to_string(first));
    CHECK(selector(to_string(first)) == first);
  }
  for (const std::string text : {"any", "tcp/80, udp/1-5", "icmp/8, icmp/3/4", "any \\ tcp/22", "tcp/http, ip/47"}) {
    const PortSet first = ports(text);
    INFO(text << " is printed as " << to_string(first));
    CHECK(ports(to_string(first)) == first);
  }
}

TEST_CASE("one unknown name is one error, however often it is used", "[frontend]") {
  const Read read = frontend_tests::read(
      "label env : \"prod\"\npolicy p in t { allow gg -> gg : ss\n allow gg -> kk == \"x\" : ss\n deny kk == \"y\" -> "
      "gg : ss }\n"
      "policy q in t { allow env == \"dev\" -> env in {\"dev\"} : any }");
  INFO(read.shown());
  CHECK(read.codes() == "W1022 W1020 W1021 W1003 W1025");
}
