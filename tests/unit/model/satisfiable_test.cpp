#include "model/satisfiable.h"

#include <catch2/catch.hpp>
#include <ctime>

#include "tests/support/world.h"

using namespace weft;
using namespace weft::model;
using weft::test::Random;

namespace {

const LabelKey app = keys::of_workload("app");
const LabelKey env = keys::of_workload("env");
const LabelKey team = keys::of_namespace("team");
const LabelKey zone = keys::of_node("zone");

const Schema schema{{app, {}}, {env, {{{"prod", "dev"}}, {}}}, {team, {}}, {zone, {}}};

Selector net(std::string_view prefix) { return Selector::address(AddressSet::of(*parse_prefix(prefix))); }
Selector both(Selector a, Selector b) { return Selector::all_of({std::move(a), std::move(b)}); }
Selector either(Selector a, Selector b) { return Selector::any_of({std::move(a), std::move(b)}); }
Selector no(Selector a) { return Selector::negation(std::move(a)); }

// The example as text, or "none", or "unknown".
std::string found(const Selector& selector) {
  const Satisfiable answer = satisfiable(selector, schema);
  CHECK(example_of(selector, schema) == answer.example);
  switch (answer.answer) {
    case Satisfiable::Answer::Yes:
      return to_string(*answer.example);
    case Satisfiable::Answer::No:
      return "none";
    case Satisfiable::Answer::Unknown:
      break;
  }
  return "unknown";
}

// "yes", "unknown", or the example that shows why not.
std::string implied(const Selector& narrow, const Selector& wide) {
  const Implication answer = implies(narrow, wide, schema);
  if (answer.answer == Implication::Answer::No) return to_string(*answer.example);
  return answer.answer == Implication::Answer::Yes ? "yes" : "unknown";
}

}  // namespace

TEST_CASE("an example is as small as it can be", "[model][satisfiable]") {
  CHECK(found(Selector::any()) == "workload");
  CHECK(found(Selector::none()) == "none");
  CHECK(found(Selector::node()) == "node");
  CHECK(found(Selector::world()) == "world");
  CHECK(found(Selector::apiserver()) == "workload 203.0.113.1 (API server)");
  CHECK(found(Selector::equals(app, "web")) == "workload {app: \"web\"}");
  CHECK(found(Selector::has(team)) == "workload {ns.team: \"other\"}");
  CHECK(found(Selector::glob(app, "web-*")) == "workload {app: \"web-1\"}");
  CHECK(found(Selector::equals(zone, "a")) == "node {node.zone: \"a\"}");
  CHECK(found(either(Selector::equals(app, "x"), Selector::workload())) == "workload");
  CHECK(found(net("10.0.0.0/8")) == "workload 10.0.0.1");
  CHECK(found(no(net("10.0.0.0/8"))) == "workload");
  CHECK(found(both(Selector::world(), no(net("10.0.0.0/8")))) == "world 203.0.113.1");
  CHECK(found(net("fd00::5/128")) == "workload fd00::5");
}

TEST_CASE("contradictions are found", "[model][satisfiable]") {
  const auto contradictory = [](Selector a, Selector b) { return found(both(std::move(a), std::move(b))) == "none"; };
  SECTION("kinds") {
    CHECK(contradictory(Selector::node(), Selector::workload()));
    CHECK(contradictory(Selector::node(), Selector::has(app)));
    CHECK(contradictory(Selector::workload(), Selector::equals(zone, "a")));
    CHECK(contradictory(Selector::world(), Selector::has(zone)));
    CHECK(contradictory(Selector::equals(app, "x"), Selector::equals(zone, "a")));
  }
  SECTION("values of one key") {
    CHECK(contradictory(Selector::equals(app, "x"), Selector::equals(app, "y")));
    CHECK(contradictory(Selector::equals(app, "x"), no(Selector::has(app))));
    CHECK(contradictory(Selector::glob(app, "web-*"), Selector::glob(app, "api-*")));
    CHECK(contradictory(Selector::glob(app, "?"), Selector::glob(app, "??*")));
    CHECK_FALSE(contradictory(Selector::glob(app, "a*"), Selector::glob(app, "*b")));
    CHECK(contradictory(Selector::glob(app, "web"), no(Selector::equals(app, "web"))));
    CHECK_FALSE(contradictory(Selector::glob(app, "web*"), no(Selector::equals(app, "web"))));
  }
  SECTION("a finite domain has no other values") {
    CHECK(found(Selector::equals(env, "stage")) == "none");
    CHECK(contradictory(Selector::has(env), no(Selector::one_of(env, {"prod", "dev"}))));
    CHECK(found(both(Selector::has(env), no(Selector::equals(env, "prod")))) == "workload {env: \"dev\"}");
    CHECK(contradictory(Selector::glob(env, "*e*"), no(Selector::equals(env, "dev"))));
    CHECK(contradictory(both(Selector::workload(), Selector::has(env)),
                        both(no(Selector::equals(env, "prod")), no(Selector::equals(env, "dev")))));
  }
  SECTION("addresses: an end always has one") {
    CHECK(contradictory(net("10.0.0.0/8"), net("11.0.0.0/8")));
    CHECK(contradictory(net("10.0.0.0/8"), net("fd00::/8")));
    CHECK(contradictory(no(net("0.0.0.0/0")), no(net("::/0"))));
    CHECK_FALSE(contradictory(net("10.0.0.0/8"), no(net("10.0.0.0/9"))));
    CHECK(found(both(net("10.0.0.0/8"), no(net("10.0.0.0/9")))) == "workload 10.128.0.1");
  }
}

TEST_CASE("implication", "[model][satisfiable]") {
  const Selector shop = Selector::equals(keys::ns, "shop");
  CHECK(implied(both(shop, Selector::equals(app, "web")), shop) == "yes");
  CHECK(implied(shop, both(shop, Selector::equals(app, "web"))) == "workload {ns: \"shop\"}");
  CHECK(implied(Selector::equals(app, "web"), Selector::workload()) == "yes");
  CHECK(implied(Selector::equals(app, "web-1"), Selector::glob(app, "web-*")) == "yes");
  CHECK(implied(Selector::glob(app, "web-*"), Selector::has(app)) == "yes");
  CHECK(implied(Selector::has(env), Selector::one_of(env, {"prod", "dev"})) == "yes");
  CHECK(implied(Selector::has(app), Selector::one_of(app, {"prod", "dev"})) == "workload {app: \"other\"}");
  CHECK(implied(no(Selector::equals(app, "web")), Selector::workload()) == "node");
  CHECK(implied(net("10.1.0.0/16"), net("10.0.0.0/8")) == "yes");
  CHECK(implied(both(Selector::world(), net("10.0.0.0/8")), net("10.1.0.0/16")) == "world 10.0.0.1");
  CHECK(implied(Selector::none(), Selector::none()) == "yes");
  CHECK(implied(Selector::any(), Selector::none()) == "workload");
  // Not every key has to be declared.
  CHECK(implied(Selector::equals(keys::of_workload("undeclared"), "x"), Selector::workload()) == "yes");
}

namespace {

// Short texts over three letters: two that may be written in a selector's constants and patterns, one that never is.
std::vector<std::string> texts() {
  std::vector<std::string> out{""};
  for (std::size_t i = 0; i < 13; ++i) {
    for (const char c : {'a', 'b', 'z'}) out.push_back(out[i] + c);
  }
  return out;
}

// Every peer of a small universe, with and without addresses that the random selectors tell apart.
std::vector<Example> universe() {
  std::vector<Example> out;
  std::vector<Example> peers;
  for (const std::string& text : texts()) {
    for (const char* value : {"", "prod", "dev"}) {
      for (const char* of_team : {"", "red", "zzz"}) {
        Example peer;
        if (!text.empty()) peer.labels[app] = text;
        if (*value) peer.labels[env] = value;
        if (*of_team) peer.labels[team] = of_team;
        peers.push_back(peer);
      }
    }
    Example node{.kind = PeerKind::Node};
    if (!text.empty()) node.labels[zone] = text;
    peers.push_back(node);
  }
  peers.push_back({.kind = PeerKind::World});
  for (const Example& peer : peers) {
    for (const char* address : {"10.0.0.1", "10.200.0.1", "203.0.113.1", "fd00::1", "2001:db8::1"}) {
      for (const bool apiserver : {false, true}) {
        out.push_back(peer);
        out.back().address = parse_address(address);
        out.back().apiserver = apiserver;
      }
    }
  }
  return out;
}

Selector random_selector(Random& random, unsigned depth) {
  static const std::vector<std::string> patterns{"a*", "*a", "*", "?", "a?", "*b*", "b*a", "??*", "ab", "?b*", "z*"};
  static const std::vector<std::string> words{"a", "b", "ab", "ba", "aab", "prod", "dev"};
  if (depth > 0 && random.chance(70)) {
    if (random.chance(25)) return no(random_selector(random, depth - 1));
    std::vector<Selector> operands;
    for (std::size_t i = 0; i < 1 + random.below(4); ++i) operands.push_back(random_selector(random, depth - 1));
    return random.chance(60) ? Selector::all_of(std::move(operands)) : Selector::any_of(std::move(operands));
  }
  const LabelKey text_key = random.chance(80) ? app : zone;
  switch (random.below(13)) {
    case 0:
      return Selector::workload();
    case 1:
      return Selector::node();
    case 2:
      return random.chance(50) ? Selector::world() : Selector::any();
    case 3:
      return Selector::apiserver();
    case 4:
      return net(random.chance(50) ? "10.0.0.0/8" : "fd00::/8");
    case 5:
      return net(random.chance(50) ? "10.128.0.0/9" : "0.0.0.0/0");
    case 6:
      return Selector::has(random.chance(50) ? text_key : team);
    case 7:
      return Selector::equals(team, "red");
    case 8:
      return Selector::equals(env, random.pick(words));
    case 9:
      return Selector::one_of(text_key, {random.pick(words), random.pick(words)});
    case 10:
      return Selector::equals(text_key, random.pick(words));
    default:
      return Selector::glob(random.chance(90) ? text_key : env, random.pick(patterns));
  }
}

bool matches(const Selector& selector, const Example& example) {
  const Peer peer = example.peer();
  return model::matches(selector, {&peer, example.address});
}

}  // namespace

TEST_CASE("answers agree with trying out every peer of a small universe", "[model][satisfiable]") {
  const std::vector<Example> peers = universe();
  Random random(1);
  std::size_t matching = 0;
  std::size_t empty = 0;
  for (std::size_t round = 0; round < 3'000; ++round) {
    const Selector selector = random_selector(random, 4);
    INFO("round " << round << ": " << to_string(selector));
    const Satisfiable answer = satisfiable(selector, schema);
    REQUIRE(answer.answer != Satisfiable::Answer::Unknown);
    if (answer.answer == Satisfiable::Answer::Yes) {
      ++matching;
      const Example& example = *answer.example;
      REQUIRE(matches(selector, example));
      if (example.labels.contains(env)) {
        CHECK((example.labels.at(env) == "prod" || example.labels.at(env) == "dev"));
      }
      for (const auto& [key, value] : example.labels) {
        CHECK((key.scope == KeyScope::Node) == (example.kind == PeerKind::Node));
        Example without = example;
        without.labels.erase(key);
        CHECK_FALSE(matches(selector, without));
      }
    } else {
      ++empty;
      for (const Example& peer : peers) REQUIRE_FALSE(matches(selector, peer));
    }
  }
  CHECK(matching > 1'000);
  CHECK(empty > 300);
}

TEST_CASE("implications agree with trying out every peer of a small universe", "[model][satisfiable]") {
  const std::vector<Example> peers = universe();
  Random random(2);
  std::size_t yes = 0;
  for (std::size_t round = 0; round < 3'000; ++round) {
    const Selector narrow = random_selector(random, 3);
    // Half of the pairs are made so that there is something to imply.
    const Selector wide = random.chance(50) ? random_selector(random, 3) : either(narrow, random_selector(random, 2));
    INFO("round " << round << ": " << to_string(narrow) << " implies " << to_string(wide));
    const Implication answer = implies(narrow, wide, schema);
    REQUIRE(answer.answer != Implication::Answer::Unknown);
    if (answer.answer == Implication::Answer::No) {
      CHECK((matches(narrow, *answer.example) && !matches(wide, *answer.example)));
    } else {
      ++yes;
      for (const Example& peer : peers) REQUIRE((!matches(narrow, peer) || matches(wide, peer)));
    }
  }
  CHECK(yes > 1'000);
  CHECK(yes < 2'700);
}

TEST_CASE("work is bounded, and unknown is said only where it must be", "[model][satisfiable]") {
  const std::clock_t start = std::clock();
  SECTION("many patterns on one key") {
    std::vector<Selector> patterns;
    for (char c = 'a'; c <= 'z'; ++c) patterns.push_back(Selector::glob(app, std::string("*") + c + "*"));
    CHECK(found(Selector::any_of(patterns)) != "none");
    CHECK(found(Selector::all_of(patterns)) == "unknown");
    patterns.push_back(Selector::equals(app, "web"));
    CHECK(found(Selector::all_of(patterns)) == "none");  // whatever the patterns do, `web` has no `a`
    patterns.pop_back();
    CHECK(implied(both(Selector::has(team), Selector::any_of(patterns)), Selector::has(app)) == "yes");
  }
  SECTION("a thousand alternatives on two keys imply themselves") {
    std::vector<Selector> pairs;
    for (int i = 0; i < 1'000; ++i) {
      pairs.push_back(
          both(Selector::equals(app, "a" + std::to_string(i)), Selector::equals(team, "t" + std::to_string(i % 100))));
    }
    const Selector all = Selector::any_of(pairs);
    std::ranges::reverse(pairs);
    CHECK(implied(all, Selector::any_of(pairs)) == "yes");
    pairs.erase(pairs.begin() + 500);
    CHECK(implied(all, Selector::any_of(pairs)) == "workload {app: \"a499\", ns.team: \"t99\"}");
  }
  SECTION("a hundred thousand comparisons") {
    std::vector<Selector> many;
    std::vector<std::string> values;
    for (int i = 0; i < 100'000; ++i) {
      values.push_back("v" + std::to_string(i));
      many.push_back(Selector::equals(app, values.back()));
    }
    CHECK(implied(Selector::any_of(many), Selector::one_of(app, values)) == "yes");
    CHECK(implied(Selector::one_of(app, values), Selector::has(app)) == "yes");
    CHECK(found(both(Selector::one_of(app, values), Selector::equals(app, "w"))) == "none");
  }
  SECTION("more pigeons than holes") {
    // Twelve keys want different values out of eleven: true of nobody, and hard for any search of this kind.
    std::vector<Selector> clauses;
    const auto key = [](int i) { return keys::of_workload("p" + std::to_string(i)); };
    for (int i = 0; i < 12; ++i) {
      std::vector<std::string> holes;
      for (int h = 0; h < 11; ++h) holes.push_back(std::to_string(h));
      clauses.push_back(Selector::one_of(key(i), holes));
      for (int j = 0; j < i; ++j) {
        for (const std::string& hole : holes) {
          clauses.push_back(no(both(Selector::equals(key(i), hole), Selector::equals(key(j), hole))));
        }
      }
    }
    CHECK(found(Selector::all_of(clauses)) == "unknown");
  }
  CHECK(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC < 20);
}
