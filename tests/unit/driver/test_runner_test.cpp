#include <catch2/catch.hpp>

#include "driver/test_runner.h"
#include "test_world.h"
#include "tests/support/processor_time.h"

using namespace weft;
using namespace weft::driver;
using namespace weft::driver::test;
using model::Direction;
using model::Selector;
using model::Verdict;
using By = model::Expectation::By;

namespace {

using Who = decltype(model::TestEnd::who);

model::Expectation expect(Who source, Who destination, model::PortSet ports, bool allowed) {
  model::Expectation out;
  out.source.who = std::move(source);
  out.destination.who = std::move(destination);
  out.ports = std::move(ports);
  out.allowed = allowed;
  return out;
}

model::Inventory shop() {
  model::Inventory out;
  add(out, "web-1", {{app, "web"}}, {"10.0.0.1"});
  add(out, "web-2", {{app, "web"}}, {"10.0.0.2"});
  add(out, "db-0", {{app, "db"}}, {"10.0.0.3"}).peer.ports = {{"pg", 6, 5432}};
  out.index();
  return out;
}

model::Policy web_to_db() {
  model::Policy out = empty_policy();
  isolate(out, Selector::workload());
  add_rule(out, Verdict::Allow, is("web"), is("db"), tcp(5432)).id = "pg";
  return out;
}

ExpectationResult run_one(model::Policy policy, const model::Inventory& inventory, model::Expectation expectation,
                          bool has_inventory = true, model::Moment now = model::before_all) {
  policy.tests = {{"one", {std::move(expectation)}, {}}};
  const TestReport report = run_tests(policy, inventory, has_inventory, {"", now});
  ExpectationResult out = report.tests.at(0).expectations.at(0);
  out.expectation = nullptr;  // goes with the policy
  CHECK(report.failed == (out.passed ? 0 : 1));
  return out;
}

}  // namespace

TEST_CASE("an expectation is about every flow it names", "[driver][tests]") {
  const auto check = [](model::Expectation expectation, bool passes, std::uint64_t flows, std::string_view why = "") {
    const ExpectationResult result = run_one(web_to_db(), shop(), std::move(expectation));
    CHECK(result.passed == passes);
    CHECK(result.flows == flows);
    CHECK(result.why == why);
    CHECK(result.first.has_value() == (result.unexpected_flows > 0));
  };
  SECTION("two of a kind are asked once") { check(expect(is("web"), is("db"), tcp(5432), true), true, 1); }
  SECTION("the wrong verdict") { check(expect(is("web"), is("db"), tcp(5432), false), false, 1, "it is allowed"); }
  SECTION("services are cut where a rule begins and ends") {
    // 5000-5431 and 5433-6000 are one piece: no rule tells them apart.
    check(expect(is("web"), is("db"), tcp(5000, 6000), false), false, 2, "it is allowed");
    check(expect(is("web"), is("db"), tcp(5433, 6000), false), true, 1);
  }
  SECTION("a selector may hold several kinds") {
    check(expect(Selector::workload(), is("db"), tcp(5432), true), true,
          1);  // the database is alone: never asked of itself
    check(expect(Selector::workload(), Selector::workload(), tcp(5432), false), false, 3, "it is allowed");
  }
  SECTION("by name and by address") {
    check(expect(model::TestEnd::Named{"web-2"}, model::TestEnd::Named{"db-0"}, tcp(5432), true), true, 1);
    check(expect(*model::parse_address("10.0.0.1"), *model::parse_address("10.0.0.3"), tcp(5432), true), true, 1);
    check(expect(*model::parse_address("8.8.8.8"), is("db"), tcp(5432), false), true, 1);
  }
  SECTION("imagined") {
    check(expect(model::TestEnd::Imagined{{{app, "web"}}}, is("db"), tcp(5432), true), true, 1);
    check(expect(model::TestEnd::Imagined{{{app, "other"}}}, is("db"), tcp(5432), true), false, 1, "it is denied");
  }
  SECTION("the world, part by part") {
    check(expect(Selector::world(), is("db"), tcp(5432), false), true,
          1);  // over IPv4: the database has no IPv6 address
  }
  SECTION("a named port is what the destination declares") {
    model::PortSet pg;
    pg.names = {{6, "pg"}};
    check(expect(is("web"), is("db"), pg, true), true, 1);
    check(expect(is("db"), is("web"), pg, true), false, 0,
          "nothing is asked: no destination declares a port of that name");
  }
}

TEST_CASE("an expectation that speaks of nobody fails and says so", "[driver][tests]") {
  const auto check = [](Who source, Who destination, bool has_inventory, std::string_view why) {
    const ExpectationResult result =
        run_one(web_to_db(), has_inventory ? shop() : model::Inventory(),
                expect(std::move(source), std::move(destination), tcp(5432), true), has_inventory);
    CHECK(!result.passed);
    CHECK(result.why == why);
  };
  check(is("wbe"), is("db"), true, "nothing is asked: of the source, it selects nobody in the inventory");
  check(is("web"), is("bd"), true, "nothing is asked: of the destination, it selects nobody in the inventory");
  check(Selector::none(), is("db"), false, "nothing is asked: of the source, it can select nobody");
  check(model::TestEnd::Named{"web-3"}, is("db"), true,
        "nothing is asked: of the source, the inventory has no workload or node of that name; did you mean `web-1`?");
  check(model::TestEnd::Named{"web-1"}, is("db"), false,
        "nothing is asked: of the source, it names a workload, and there is no inventory");
  check(is("db"), is("db"), true,
        "nothing is asked: both ends are `db-0` and nobody else, and a workload always reaches itself");
}

TEST_CASE("without an inventory every selector has an example", "[driver][tests]") {
  const auto passes = [](Selector source, Selector destination, bool allowed) {
    return run_one(web_to_db(), {}, expect(std::move(source), std::move(destination), tcp(5432), allowed), false)
        .passed;
  };
  CHECK(passes(is("web"), is("db"), true));
  CHECK(!passes(is("web"), is("db"), false));
  CHECK(passes(is("db"), is("db"), false));  // two examples: nobody is asked about himself
  CHECK(passes(Selector::world(), is("db"), false));
}

TEST_CASE("who decided, and at which gate", "[driver][tests]") {
  model::Policy policy = web_to_db();
  policy.isolations[0].egress = false;  // what leaves a workload is the profile's to judge
  policy.rules[0].at_source = false;
  policy.profile.allow_by_default = true;
  const auto check = [&](bool to_db, bool allowed, std::optional<Direction> gate, std::optional<By> by, bool passes,
                         std::string_view why = "") {
    model::Expectation expectation = expect(is(to_db ? "web" : "db"), is(to_db ? "db" : "web"), tcp(5432), allowed);
    expectation.gate = gate;
    expectation.by = by;
    const ExpectationResult result = run_one(policy, shop(), std::move(expectation));
    CHECK(result.passed == passes);
    CHECK(result.why == why);
  };
  const auto by = [](By::What what) { return By{what, {}, {}, {}}; };
  const By shop_policy{By::What::Block, model::BlockId{0}, {}, {}};
  const By pg{By::What::Rule, {}, model::RuleId{0}, {}};

  SECTION("gates alone") {
    check(true, true, Direction::Egress, {}, true);
    check(false, true, Direction::Egress, {}, true);
    check(false, false, Direction::Ingress, {}, true);
    check(false, true, Direction::Ingress, {}, false, "it is denied at the destination");
  }
  SECTION("allowed by") {
    check(true, true, {}, shop_policy, true);
    check(true, true, {}, pg, true);
    check(true, true, {}, by(By::What::Profile), true);  // at the source
    check(true, true, Direction::Ingress, by(By::What::Profile), false,
          "it is allowed at the destination, and not by the profile");
    check(true, true, Direction::Egress, pg, false, "it is allowed at the source, and not by rule `shop.pg`");
  }
  SECTION("denied by: only a gate that denies counts") {
    check(false, false, {}, by(By::What::Isolation), true);
    check(false, false, {}, shop_policy, true);  // the isolation is its statement
    check(false, false, {}, by(By::What::Profile), false, "it is denied, and not by the profile");
    check(false, false, {}, by(By::What::Self), false, "it is denied, and not by being itself");
  }
}

TEST_CASE("a workload that is named twice talks to itself", "[driver][tests]") {
  model::Expectation expectation = expect(model::TestEnd::Named{"db-0"}, model::TestEnd::Named{"db-0"}, tcp(1), true);
  expectation.by = By{By::What::Self, {}, {}, {}};
  CHECK(run_one(web_to_db(), shop(), expectation).passed);
  expectation.destination.who = model::TestEnd::Named{"web-1"};
  CHECK(!run_one(web_to_db(), shop(), expectation).passed);
}

TEST_CASE("a node and a workload it runs are asked about on their own", "[driver][tests]") {
  model::Inventory inventory = shop();
  add_node(inventory, "n1", {"172.16.0.1"});
  add_node(inventory, "n2", {"172.16.0.2"});
  for (std::size_t i = 0; i < 3; ++i) inventory.instances[i].peer.node = model::InstanceId{3};  // all on n1
  inventory.index();
  model::Policy policy = web_to_db();
  policy.profile.own_node_may_enter = true;

  const ExpectationResult denied = run_one(policy, inventory, expect(Selector::node(), is("db"), tcp(5432), false));
  CHECK(!denied.passed);
  CHECK(denied.flows == 2);
  CHECK(denied.unexpected_flows == 1);
  REQUIRE(denied.first.has_value());
  CHECK(denied.first->source == "n1 172.16.0.1");

  model::Expectation own = expect(model::TestEnd::Named{"n1"}, is("db"), tcp(5432), true);
  own.by = By{By::What::OwnNode, {}, {}, {}};
  CHECK(run_one(policy, inventory, own).passed);
  own.source.who = model::TestEnd::Named{"n2"};
  CHECK(!run_one(policy, inventory, own).passed);
}

TEST_CASE("relations and deadlines are part of the question", "[driver][tests]") {
  model::Inventory inventory = shop();
  inventory.instances[0].peer.labels[pod_index] = "1";
  inventory.instances[1].peer.labels[pod_index] = "2";
  inventory.instances[2].peer.labels[pod_index] = "1";
  model::Policy policy = web_to_db();
  policy.rules[0].relations = {{pod_index, pod_index, true}};
  const ExpectationResult both = run_one(policy, inventory, expect(is("web"), is("db"), tcp(5432), true));
  CHECK(both.flows == 2);  // web-1 and web-2 are told apart by the relation alone
  CHECK(both.unexpected_flows == 1);
  CHECK(run_one(policy, inventory, expect(model::TestEnd::Named{"web-1"}, is("db"), tcp(5432), true)).passed);

  policy = web_to_db();
  policy.rules[0].expires = model::Moment{1000};
  const auto at = [&](std::int64_t now) {
    return run_one(policy, inventory, expect(is("web"), is("db"), tcp(5432), true), true, model::Moment{now}).passed;
  };
  CHECK(at(999));
  CHECK(!at(1000));
}

TEST_CASE("a failure says who decided, tier by tier", "[driver][tests]") {
  const ExpectationResult result = run_one(web_to_db(), shop(), expect(is("web"), is("db"), tcp(80), true));
  REQUIRE(result.first.has_value());
  CHECK(result.first->source == "web-1 {app: \"web\"} 10.0.0.1");
  CHECK(result.first->destination == "db-0 {app: \"db\"} 10.0.0.3");
  CHECK(model::to_string(result.first->service) == "tcp/80");
  CHECK(!result.first->walk.allowed);
  const GateWalk& gate = result.first->walk.egress;
  REQUIRE(gate.steps.size() == 1);
  CHECK(gate.steps[0].outcome == TierStep::Outcome::Isolation);
  CHECK(gate.near == std::vector{model::RuleId{0}});
}

TEST_CASE("what no test would miss is not covered", "[driver][tests]") {
  model::Policy policy = web_to_db();
  add_rule(policy, Verdict::Deny, is("web"), is("db"), tcp(22));
  const auto covered = [&](std::vector<model::Expectation> expectations) {
    policy.tests = {{"one", std::move(expectations), {}}};
    const model::Inventory inventory = shop();
    const Coverage coverage = run_tests(policy, inventory, true).coverage;
    std::string out;
    for (const bool rule : coverage.rules) out += rule ? 'r' : '-';
    for (const bool isolation : coverage.isolations) out += isolation ? 'i' : '-';
    return out + (coverage.profile ? 'p' : '-');
  };
  CHECK(covered({}) == "----");
  CHECK(covered({expect(is("web"), is("db"), tcp(5432), true)}) == "r---");
  CHECK(covered({expect(is("web"), is("db"), tcp(22), false)}) == "-r--");
  CHECK(covered({expect(is("web"), is("db"), tcp(80), false)}) == "--i-");
  CHECK(covered({expect(is("web"), is("db"), tcp(80), true)}) == "----");  // it fails: nothing is established
  // The source is nobody's workload, so the destination's gate decides alone.
  CHECK(covered({expect(Selector::world(), is("db"), tcp(5432), false)}) == "--i-");
  policy.isolations.clear();
  CHECK(covered({expect(Selector::world(), is("db"), tcp(5432), false)}) == "--p");
}

TEST_CASE("a pass is covered by what it passes to", "[driver][tests]") {
  model::Policy policy = web_to_db();
  policy.tiers.insert(policy.tiers.begin(), {"first", {}});
  policy.rules[0].tier = policy.isolations[0].tier = model::TierId{1};
  add_rule(policy, Verdict::Pass, is("web"), Selector::any(), tcp(0, 65535));
  policy.tests = {{"one", {expect(is("web"), is("db"), tcp(5432), true)}, {}}};
  const model::Inventory inventory = shop();
  CHECK(run_tests(policy, inventory, true).coverage.rules == std::vector{true, true});
}

TEST_CASE("a filter chooses tests by their names", "[driver][tests]") {
  model::Policy policy = web_to_db();
  const auto one = expect(is("web"), is("db"), tcp(5432), true);
  policy.tests = {{"payments", {one}, {}}, {"shop", {one}, {}}, {"payments again", {one}, {}}};
  const model::Inventory inventory = shop();
  const TestReport report = run_tests(policy, inventory, true, {"pay", model::before_all});
  REQUIRE(report.tests.size() == 2);
  CHECK(report.tests[1].test->name == "payments again");
  CHECK(report.left_out == 1);
  CHECK(report.expectations == 2);
}

TEST_CASE("two groups of 5,000 are two kinds, and asked at once", "[driver][tests]") {
  model::Inventory inventory;
  for (int i = 0; i < 10'000; ++i) {
    add(inventory, std::to_string(i), {{app, i % 2 == 0 ? "web" : "db"}, {pod_index, std::to_string(i)}},
        {"10.1." + std::to_string(i / 256) + "." + std::to_string(i % 256)});
  }
  inventory.index();
  model::Policy policy = web_to_db();
  policy.tests = {
      {"big", {expect(is("web"), is("db"), tcp(1, 65535), false), expect(is("web"), is("db"), tcp(5432), true)}, {}}};
  TestReport report;
  CHECK(weft::test::processor_seconds([&] { report = run_tests(policy, inventory, true); }) < 2);
  CHECK(report.tests[0].expectations[0].flows == 2);
  CHECK(report.tests[0].expectations[1].flows == 1);
}
