#include "model/selector.h"

#include <catch2/catch.hpp>

#include "tests/support/world.h"

using namespace weft;
using namespace weft::model;

namespace {

const LabelKey app = keys::of_workload("app");

struct Cast {
  Peer workload{.kind = PeerKind::Workload,
                .instance = InstanceId{1},
                .labels = {{app, "web"},
                           {keys::ns, "shop"},
                           {keys::of_namespace("team"), "red"},
                           {keys::of_workload("ns"), "label"}},
                .node = {},
                .ports = {},
                .apiserver = {}};
  Peer node{.kind = PeerKind::Node,
            .instance = InstanceId{2},
            .labels = {{keys::of_node("zone"), "a"}},
            .node = {},
            .ports = {},
            .apiserver = {}};
  Peer world{};

  // Who of the three a selector matches: "wno" for workload, node, world.
  std::string matched(const Selector& selector, std::string_view address = "10.0.0.1") const {
    std::string out;
    const auto where = parse_address(address);
    if (matches(selector, {&workload, where})) out += 'w';
    if (matches(selector, {&node, where})) out += 'n';
    if (matches(selector, {&world, where})) out += 'o';
    return out;
  }
};

AddressSet net(std::string_view text) { return AddressSet::of(*parse_prefix(text)); }

}  // namespace

TEST_CASE("selectors match peers", "[model][selector]") {
  const Cast cast;
  SECTION("entities") {
    CHECK(cast.matched(Selector::none()).empty());
    CHECK(cast.matched(Selector::any()) == "wno");
    CHECK(cast.matched(Selector::workload()) == "w");
    CHECK(cast.matched(Selector::node()) == "n");
    CHECK(cast.matched(Selector::world()) == "o");
  }
  SECTION("label comparisons are true of workloads only, node keys of nodes only") {
    CHECK(cast.matched(Selector::equals(app, "web")) == "w");
    CHECK(cast.matched(Selector::equals(keys::of_node("zone"), "a")) == "n");
    CHECK(cast.matched(Selector::has(app)) == "w");
    CHECK(cast.matched(Selector::has(keys::of_node("zone"))) == "n");
    Cast odd;  // labels of the wrong kind on a peer are not seen
    odd.node.labels[app] = "web";
    odd.workload.labels[keys::of_node("zone")] = "a";
    odd.world.labels = {{app, "web"}, {keys::of_node("zone"), "a"}};
    CHECK(odd.matched(Selector::equals(app, "web")) == "w");
    CHECK(odd.matched(Selector::equals(keys::of_node("zone"), "a")) == "n");
    CHECK(odd.matched(Selector::glob(app, "*")) == "w");
  }
  SECTION("a comparison with an absent key is false, its negation true") {
    CHECK(cast.matched(Selector::equals(keys::sa, "x")).empty());
    CHECK(cast.matched(Selector::equals(keys::sa, "")).empty());
    CHECK(cast.matched(Selector::has(keys::sa)).empty());
    CHECK(cast.matched(Selector::glob(keys::sa, "*")).empty());
    CHECK(cast.matched(Selector::negation(Selector::equals(keys::sa, "x"))) == "wno");
    CHECK(cast.matched(Selector::negation(Selector::equals(app, "web"))) == "no");
    CHECK(cast.matched(Selector::all_of({Selector::workload(), Selector::negation(Selector::equals(app, "api"))})) ==
          "w");
  }
  SECTION("keys of different scopes differ") {
    CHECK(cast.matched(Selector::equals(keys::ns, "shop")) == "w");
    CHECK(cast.matched(Selector::equals(keys::ns, "label")).empty());
    CHECK(cast.matched(Selector::equals(keys::of_workload("ns"), "label")) == "w");
    CHECK(cast.matched(Selector::equals(keys::of_workload("ns"), "shop")).empty());
    CHECK(cast.matched(Selector::equals(keys::of_namespace("team"), "red")) == "w");
    CHECK(cast.matched(Selector::equals(keys::of_workload("team"), "red")).empty());
    CHECK(cast.matched(Selector::equals(keys::of_namespace("kubernetes.io/metadata.name"), "shop")) == "w");
    CHECK(cast.matched(Selector::equals(keys::of_workload("kubernetes.io/metadata.name"), "shop")).empty());
  }
  SECTION("sets of values, in any order, with repeats") {
    const Selector set = Selector::one_of(app, {"web", "api", "web", "db"});
    CHECK(set.values == std::vector<std::string>{"api", "db", "web"});
    CHECK(cast.matched(set) == "w");
    CHECK(cast.matched(Selector::one_of(app, {"we", "webb"})).empty());
    CHECK(cast.matched(Selector::one_of(app, {})).empty());
  }
  SECTION("`addr` is any peer by the address the packet carries") {
    CHECK(cast.matched(Selector::address(net("10.0.0.0/8"))) == "wno");
    CHECK(cast.matched(Selector::address(net("11.0.0.0/8"))).empty());
    CHECK(cast.matched(Selector::address(net("0.0.0.0/0")), "fd00::1").empty());
    CHECK(cast.matched(Selector::address(net("fd00::/8")), "fd00::1") == "wno");
  }
  SECTION("`world` with a network is the world only") {
    CHECK(cast.matched(Selector::world_address(net("10.0.0.0/8"))) == "o");
    CHECK(cast.matched(Selector::world_address(net("11.0.0.0/8"))).empty());
  }
  SECTION("without an address no address selector matches") {
    CHECK_FALSE(matches(Selector::address(net("0.0.0.0/0")), {&cast.workload, {}}));
    CHECK(matches(Selector::negation(Selector::address(net("0.0.0.0/0"))), {&cast.workload, {}}));
    Peer api = cast.workload;
    api.apiserver = net("10.0.0.1");
    CHECK_FALSE(matches(Selector::apiserver(), {&api, {}}));
    CHECK(matches(Selector::apiserver(), {&api, parse_address("10.0.0.1")}));
    CHECK_FALSE(matches(Selector::apiserver(), {&api, parse_address("10.0.0.2")}));
  }
  SECTION("and, or, of none too") {
    CHECK(cast.matched(Selector::all_of({})) == "wno");
    CHECK(cast.matched(Selector::any_of({})).empty());
    CHECK(cast.matched(Selector::any_of({Selector::workload(), Selector::world()})) == "wo");
    CHECK(cast.matched(Selector::all_of({Selector::workload(), Selector::world()})).empty());
    CHECK(cast.matched(Selector::negation(Selector::any_of({Selector::workload(), Selector::world()}))) == "n");
  }
}

// By definition, without cleverness.
static bool slow_glob(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '*')
    return slow_glob(pattern.substr(1), text) || (!text.empty() && slow_glob(pattern, text.substr(1)));
  return !text.empty() && (pattern[0] == '?' || pattern[0] == text[0]) && slow_glob(pattern.substr(1), text.substr(1));
}

TEST_CASE("globs", "[model][selector]") {
  CHECK(glob_matches("", ""));
  CHECK_FALSE(glob_matches("", "a"));
  CHECK(glob_matches("*", ""));
  CHECK(glob_matches("**", "abc"));
  CHECK(glob_matches("a*b*c", "a--b-b--c"));
  CHECK_FALSE(glob_matches("a*b*c", "a--c--b"));
  CHECK_FALSE(glob_matches("?", ""));
  CHECK(glob_matches("[a]\\.", "[a]\\."));
  CHECK_FALSE(glob_matches("[a]", "a"));
  SECTION("as their definition says, on every short word") {
    std::vector<std::string> patterns{""}, texts{""};
    const auto grow = [](std::vector<std::string>& words, std::string_view letters, std::size_t most) {
      for (std::size_t i = 0; i < words.size(); ++i) {
        if (words[i].size() == most) continue;
        for (const char letter : letters) words.push_back(words[i] + letter);
      }
    };
    grow(patterns, "ab*?", 4);
    grow(texts, "ab", 5);
    std::size_t matched = 0;
    for (const std::string& pattern : patterns) {
      for (const std::string& text : texts) {
        if (glob_matches(pattern, text) != slow_glob(pattern, text)) FAIL(pattern << " on " << text);
        matched += slow_glob(pattern, text);
      }
    }
    CHECK(matched > 1000);
  }
  SECTION("a hostile pattern costs no more than length times length") {
    std::string pattern;
    for (int i = 0; i < 2000; ++i) pattern += "*a";
    CHECK_FALSE(glob_matches(pattern + "b", std::string(20'000, 'a')));
  }
}

TEST_CASE("selectors as policy text", "[model][selector]") {
  const auto equals = [](const char* key, const char* value) {
    return Selector::equals(keys::of_workload(key), value);
  };
  CHECK(to_string(Selector::none()) == "none");
  CHECK(to_string(Selector::any()) == "any");
  CHECK(to_string(Selector::apiserver()) == "apiserver");
  CHECK(to_string(equals("app", "web")) == "app == \"web\"");
  CHECK(to_string(equals("app.kubernetes.io/name", "w\"e\\b")) == "`app.kubernetes.io/name` == \"w\\\"e\\\\b\"");
  CHECK(to_string(Selector::one_of(app, {"b", "a"})) == "app in {\"a\", \"b\"}");
  CHECK(to_string(Selector::has(keys::of_namespace("team"))) == "has ns.team");
  CHECK(to_string(Selector::glob(keys::of_node("zone/x"), "a*")) == "node.`zone/x` like \"a*\"");
  CHECK(to_string(Selector::equals(keys::ns, "x")) == "ns == \"x\"");
  CHECK(to_string(Selector::address(net("10.0.0.0/8"))) == "addr 10.0.0.0/8");
  CHECK(to_string(Selector::world_address(net("10.0.0.0/8"))) == "world 10.0.0.0/8");
  AddressSet cut = net("10.0.0.0/30");
  cut.remove(net("10.0.0.1"));
  CHECK(to_string(Selector::address(cut)) == "addr {10.0.0.0/32, 10.0.0.2/31}");
  const Selector either = Selector::any_of({equals("a", "1"), equals("b", "2")});
  CHECK(to_string(either) == "a == \"1\" || b == \"2\"");
  CHECK(to_string(Selector::all_of({either, equals("c", "3")})) == "(a == \"1\" || b == \"2\") && c == \"3\"");
  CHECK(to_string(Selector::negation(either)) == "!(a == \"1\" || b == \"2\")");
  CHECK(to_string(Selector::all_of({})) == "any");
  CHECK(to_string(Selector::any_of({})) == "none");
}

TEST_CASE("label keys as policy text", "[model][selector]") {
  CHECK(to_string(keys::ns) == "ns");
  CHECK(to_string(keys::cluster) == "cluster");
  CHECK(to_string(keys::of_workload("app")) == "app");
  CHECK(to_string(keys::of_workload("_a1")) == "_a1");
  CHECK(to_string(keys::of_workload("ns")) == "`ns`");  // or it would be read as the predeclared key
  CHECK(to_string(keys::of_workload("sa")) == "`sa`");
  CHECK(to_string(keys::of_namespace("ns")) == "ns.ns");
  CHECK(to_string(keys::of_workload("1a")) == "`1a`");
  CHECK(to_string(keys::of_workload("")) == "``");
  CHECK(to_string(keys::of_workload("ns.team")) == "`ns.team`");
  CHECK(to_string(keys::of_namespace("team/owner")) == "ns.`team/owner`");
  CHECK(keys::of_namespace("kubernetes.io/metadata.name") == keys::ns);
}
