#include <string>

#include <catch2/catch.hpp>

#include "tests/unit/verifier/build_policy.h"
#include "verifier/verifier.h"

using namespace weft;
using namespace weft::verifier;
using namespace weft::verifier::test;
using model::Selector;

namespace {

std::string answer(const Builder& built, const model::Inventory* inventory = nullptr) {
  const Report report = check(built.policy, inventory, Options{});
  CHECK(report.internal_errors.empty());
  REQUIRE(report.assertions.size() == 1);
  const Answer& only = report.assertions[0].answer;
  if (const auto* refuted = std::get_if<Refuted>(&only)) return describe(refuted->witness);
  if (const auto* proved = std::get_if<Proved>(&only)) return proved->vacuous ? "vacuous" : "proved";
  return std::get<Undecided>(only).why;
}

Witness witness_of(const Builder& built) {
  const Report report = check(built.policy, nullptr, Options{});
  REQUIRE(report.assertions.size() == 1);
  REQUIRE(std::holds_alternative<Refuted>(report.assertions[0].answer));
  return std::get<Refuted>(report.assertions[0].answer).witness;
}

}  // namespace

TEST_CASE("never and always", "[verifier]") {
  Builder b;
  b.allow(app("web"), app("db"), tcp(5432));
  SECTION("what an allow opens") {
    b.never(app("web"), app("db"), any_port());
    CHECK(answer(b) == R"(workload {app: "web"} -> workload {app: "db"} : tcp/5432)");
    const Witness shown = witness_of(b);
    CHECK(shown.decision.allowed);
    CHECK(shown.decision.egress->rule == model::RuleId{0});
    CHECK(shown.decision.ingress->rule == model::RuleId{0});
    CHECK(shown == witness_of(b));
  }
  SECTION("what it does not open") { CHECK(answer(b.never(app("web"), app("db"), tcp(5433))) == "proved"); }
  SECTION("from the world nothing enters") {
    CHECK(answer(b.never(Selector::world(), app("db"), any_port())) == "proved");
  }
  SECTION("always of the same") { CHECK(answer(b.always(app("web"), app("db"), tcp(5432))) == "proved"); }
  SECTION("always of more") {
    b.always(app("web"), app("db"), any_port());
    const Witness shown = witness_of(b);
    CHECK_FALSE(shown.decision.allowed);
    CHECK(shown.service != model::service_point(6, 5432));
  }
  SECTION("two workloads may look alike") {
    b.allow(app("web"), app("web"), tcp(80));
    CHECK(answer(b.never(app("web"), app("web"), any_port())) ==
          R"(workload {app: "web"} -> workload {app: "web"} : tcp/80)");
  }
  SECTION("the world asks nobody") {
    CHECK(answer(b.never(Selector::world(), Selector::world(), tcp(443))) ==
          "world at 203.0.113.1 -> world at 203.0.113.2 : tcp/443");
  }
}

TEST_CASE("a claim about nothing is vacuous", "[verifier]") {
  Builder b;
  b.allow(Selector::any(), Selector::any(), any_port());
  SECTION("contradicting labels") { b.never(both(app("a"), app("b")), Selector::any(), any_port()); }
  SECTION("a label of the world") { b.never(both(Selector::world(), app("a")), Selector::any(), any_port()); }
  SECTION("a value outside the vocabulary") {
    b.policy.schema[model::keys::of_workload("env")].values = {"prod", "dev"};
    b.never(env("test"), Selector::any(), any_port());
  }
  SECTION("every value denied") {
    b.policy.schema[model::keys::of_workload("env")].values = {"prod", "dev"};
    const model::LabelKey key = model::keys::of_workload("env");
    b.always(Selector::all_of({Selector::has(key), Selector::negation(env("prod")), Selector::negation(env("dev"))}),
             Selector::any(), any_port());
  }
  SECTION("no service") { b.never(app("a"), app("b"), {}); }
  SECTION("two families") {
    b.never(Selector::address(network("10.0.0.0/8")), Selector::address(network("fd00::/8")), any_port());
  }
  SECTION("one address at both ends") {
    b.never(Selector::address(network("10.0.0.1/32")), Selector::address(network("10.0.0.1/32")), any_port());
  }
  SECTION("values of a protocol that has none") {
    b.never(app("a"), app("b"), {model::PointSet::of_range(47, 1, 9), {}});
  }
  CHECK(answer(b) == "vacuous");
}

TEST_CASE("a key with a finite domain takes no other value", "[verifier]") {
  Builder b;
  b.allow(env("prod"), Selector::any(), tcp(80));
  b.allow(env("dev"), Selector::any(), tcp(80));
  b.allow(Selector::any(), Selector::any(), tcp(80)).at_source = false;
  const model::LabelKey key = model::keys::of_workload("env");
  b.always(Selector::has(key), Selector::workload(), tcp(80));
  SECTION("finite") {
    b.policy.schema[key].values = {"prod", "dev"};
    CHECK(answer(b) == "proved");
  }
  SECTION("text") { CHECK(answer(b) == R"(workload {env: "other"} -> workload without labels : tcp/80)"); }
}

TEST_CASE("tiers, levels and pass", "[verifier]") {
  Builder b;
  b.tiers({"admin", "app", "base"});
  SECTION("deny beats allow in one level") {
    b.block("p").allow(app("a"), app("b"), tcp(80));
    b.deny(app("a"), Selector::any(), any_port());
    CHECK(answer(b.never(app("a"), app("b"), any_port())) == "proved");
  }
  SECTION("the lower priority goes first") {
    b.block("q").priority(7).deny(app("a"), Selector::any(), any_port());
    b.block("p").priority(-1).allow(app("a"), app("b"), tcp(80));
    CHECK(answer(b.always(app("a"), app("b"), tcp(80))) == "proved");
  }
  SECTION("order in an ordered policy") {
    b.block("p", 0, true).allow(app("a"), app("b"), tcp(80));
    b.deny(app("a"), Selector::any(), any_port());
    CHECK(answer(b.always(app("a"), app("b"), tcp(80))) == "proved");
  }
  SECTION("a pass jumps over the tier between") {
    b.block("p").pass(app("a"), app("b"), tcp(80)).pass_to = model::TierId{2};
    b.block("q", 1).deny(app("a"), app("b"), any_port());
    b.block("r", 2).allow(app("a"), app("b"), tcp(80));
    CHECK(answer(b.always(app("a"), app("b"), tcp(80))) == "proved");
  }
  SECTION("a pass from the last tier ends at the profile, past isolation") {
    b.block("r", 2).pass(app("a"), app("b"), tcp(80));
    b.isolate(app("b"));
    b.policy.profile = *model::find_profile("k8s");
    CHECK(answer(b.always(app("a"), app("b"), tcp(80))) == "proved");
  }
  SECTION("the first pass of a level names the target") {
    b.block("p").pass(app("a"), Selector::any(), tcp(80)).pass_to = model::TierId{2};
    b.pass(Selector::any(), Selector::any(), any_port()).pass_to = model::TierId{1};
    b.block("q", 1).deny(Selector::any(), Selector::any(), any_port());
    b.block("r", 2).allow(Selector::any(), Selector::any(), any_port());
    CHECK(answer(b.always(app("a"), app("b"), tcp(80))) == "proved");
  }
  SECTION("and another pass of that level has its own") {
    b.block("p").pass(app("a"), Selector::any(), tcp(80)).pass_to = model::TierId{2};
    b.pass(Selector::any(), Selector::any(), any_port()).pass_to = model::TierId{1};
    b.block("q", 1).deny(Selector::any(), Selector::any(), any_port());
    b.block("r", 2).deny(app("a"), Selector::any(), any_port());
    b.allow(Selector::any(), Selector::any(), any_port());
    CHECK(answer(b.never(Selector::workload(), app("b"), tcp(80))) == "proved");
  }
  SECTION("isolation denies before later tiers speak") {
    b.block("p").isolate(app("b"));
    b.block("r", 2).allow(Selector::any(), Selector::any(), any_port());
    CHECK(answer(b.never(Selector::any(), app("b"), any_port())) == "proved");
  }
  SECTION("isolation of one direction leaves the other") {
    b.block("p").isolate(app("b")).ingress = false;
    b.block("r", 2).allow(Selector::any(), Selector::any(), any_port());
    CHECK(answer(b.never(app("b"), Selector::any(), any_port())) == "proved");
  }
  SECTION("one gate is not the other") {
    b.block("p").allow(app("a"), app("b"), tcp(80)).at_destination = false;
    CHECK(answer(b.never(app("a"), app("b"), tcp(80))) == "proved");
  }
}

TEST_CASE("nodes", "[verifier]") {
  Builder b;
  b.allow(app("a"), Selector::workload(), tcp(80));
  const model::LabelKey zone = model::keys::of_node("zone");
  SECTION("a node without gates takes what it is sent") {
    b.allow(app("a"), Selector::node(), tcp(10250)).at_destination = false;
    CHECK(answer(b.never(app("a"), Selector::node(), any_port())) ==
          R"(workload {app: "a"} -> node without labels : tcp/10250)");
  }
  SECTION("a guarded one does not") {
    b.allow(app("a"), Selector::node(), tcp(10250)).at_destination = false;
    b.policy.guards.push_back({Selector::equals(zone, "z"), {}});
    b.never(app("a"), Selector::equals(zone, "z"), any_port());
    CHECK(answer(b) == "proved");
  }
  SECTION("nor one of a profile that gives them gates") {
    b.allow(app("a"), Selector::node(), tcp(10250)).at_destination = false;
    b.policy.profile.node_gates = true;
    CHECK(answer(b.never(app("a"), Selector::node(), any_port())) == "proved");
  }
  SECTION("the own node enters") {
    b.policy.profile.own_node_may_enter = true;
    b.never(Selector::node(), app("a"), tcp(80));
    const Witness shown = witness_of(b);
    CHECK(shown.destination.node == shown.source.instance);
    CHECK(shown.decision.ingress->reason == model::Reason::OwnNode);
    CHECK(answer(b) == R"(node without labels -> workload {app: "a"} (which runs on that node) : tcp/80)");
  }
  SECTION("another node does not") { CHECK(answer(b.never(Selector::node(), app("a"), tcp(80))) == "proved"); }
}

TEST_CASE("addresses", "[verifier]") {
  Builder b;
  b.allow(Selector::world_address(network("10.0.0.0/8")), app("db"), tcp(22));
  SECTION("inside") {
    CHECK(answer(b.never(Selector::world_address(network("10.9.0.0/16")), app("db"), any_port())) ==
          R"(world at 10.9.0.1 -> workload {app: "db"} : tcp/22)");
  }
  SECTION("outside") {
    CHECK(answer(b.never(Selector::world_address(network("11.0.0.0/8")), app("db"), any_port())) == "proved");
  }
  SECTION("a world network is no workload's") {
    CHECK(answer(b.never(both(Selector::workload(), Selector::address(network("10.0.0.0/8"))), app("db"),
                         any_port())) == "proved");
  }
  SECTION("the API server is at an address") {
    b.allow(app("db"), Selector::apiserver(), tcp(443));
    const Builder& asked = b.never(app("db"), Selector::world(), any_port());
    const Witness shown = witness_of(asked);
    CHECK(shown.destination.apiserver.contains(*shown.destination_address));
  }
}

TEST_CASE("named ports", "[verifier]") {
  Builder b;
  b.allow(app("a"), app("b"), named("http"));
  SECTION("any port may bear the name") {
    b.never(app("a"), app("b"), tcp(9999));
    const Witness shown = witness_of(b);
    CHECK(shown.destination.ports == std::vector<model::NamedPort>{{"http", 6, 9999}});
  }
  SECTION("of its protocol only") {
    CHECK(answer(b.never(app("a"), app("b"), {model::PointSet::of_protocol(17), {}})) == "proved");
  }
  SECTION("what is called so is open") { CHECK(answer(b.always(app("a"), app("b"), named("http"))) == "proved"); }
  SECTION("other names are other ports") {
    CHECK(answer(b.always(app("a"), app("b"), named("https"))) ==
          R"(workload {app: "a"} -> workload {app: "b"} (which calls tcp/80 `https`) : tcp/80)");
  }
}

TEST_CASE("namespaces of an inventory keep their labels in proofs", "[verifier]") {
  const model::LabelKey team = model::keys::of_namespace("team");
  model::Inventory inventory;
  inventory.namespaces["shop"] = {{team, "commerce"}};
  inventory.namespaces["lab"] = {};
  Builder b;
  b.allow(Selector::equals(team, "commerce"), app("db"), tcp(80));
  SECTION("a listed one has its labels") {
    b.allow(Selector::any(), app("db"), any_port()).at_source = false;
    b.always(Selector::equals(model::keys::ns, "shop"), app("db"), tcp(80));
    CHECK(answer(b, &inventory) == "proved");
    CHECK(answer(b) == R"(workload {ns: "shop"} -> workload {app: "db"} : tcp/80)");
  }
  SECTION("and no others") {
    b.never(Selector::equals(model::keys::ns, "lab"), app("db"), any_port());
    CHECK(answer(b, &inventory) == "proved");
    CHECK(answer(b) == R"(workload {ns: "lab", ns.team: "commerce"} -> workload {app: "db"} : tcp/80)");
  }
  SECTION("an unlisted one is free") {
    b.never(Selector::equals(model::keys::ns, "new"), app("db"), any_port());
    CHECK(answer(b, &inventory) == R"(workload {ns: "new", ns.team: "commerce"} -> workload {app: "db"} : tcp/80)");
  }
}

TEST_CASE("undecided is never a pass", "[verifier]") {
  Builder b;
  SECTION("too little work allowed") {
    for (int i = 0; i < 40; ++i) {
      b.allow(both(app("a" + std::to_string(i)), Selector::negation(env("x" + std::to_string(i)))),
              app("b" + std::to_string(i % 7)), tcp(static_cast<std::uint16_t>(i)));
    }
    b.never(Selector::any(), app("c"), any_port()).never(env("q"), app("b1"), any_port());
    Options options;
    options.rlimit = 1;
    const Report report = check(b.policy, nullptr, options);
    CHECK(report.has_undecided());
    for (const AssertionResult& result : report.assertions) {
      REQUIRE(std::holds_alternative<Undecided>(result.answer));
      CHECK_FALSE(std::get<Undecided>(result.answer).why.empty());
    }
  }
  SECTION("patterns past all counting") {
    const model::LabelKey key = model::keys::of_workload("app");
    for (char c = 'a'; c <= 'z'; ++c) b.allow(Selector::glob(key, std::string("*") + c + "*"), env("x"), tcp(80));
    b.never(app("a"), env("y"), tcp(80));
    b.never(Selector::glob(key, "*a*"), env("x"), tcp(80));
    b.never(Selector::any(), env("x"), tcp(80));
    const Report report = check(b.policy, nullptr, Options{});
    CHECK(report.internal_errors.empty());
    CHECK(std::holds_alternative<Undecided>(report.assertions[0].answer));
    CHECK(std::holds_alternative<Refuted>(report.assertions[1].answer));  // one flow is enough
    CHECK(std::holds_alternative<Refuted>(report.assertions[2].answer));
  }
}
