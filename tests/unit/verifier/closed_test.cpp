#include "verifier/closed.h"

#include <algorithm>
#include <set>

#include <catch2/catch.hpp>

#include "tests/support/world.h"
#include "tests/unit/verifier/build_policy.h"
#include "verifier/class_selection.h"
#include "verifier/closed_compare.h"
#include "verifier/connectivity.h"

using namespace weft;
using namespace weft::verifier;
using namespace weft::verifier::test;
using model::Selector;

namespace {

struct Cluster {
  model::Inventory inventory;

  model::Instance& add(std::string name, model::Labels labels, std::vector<const char*> addresses,
                       model::PeerKind kind = model::PeerKind::Workload) {
    model::Instance& out = inventory.instances.emplace_back();
    out.name = std::move(name);
    out.peer.kind = kind;
    out.peer.instance = static_cast<model::InstanceId>(inventory.instances.size() - 1);
    out.peer.labels = std::move(labels);
    for (const char* text : addresses) out.addresses.push_back(*model::parse_address(text));
    return out;
  }
  Report check(const Builder& built, Options options = {}) {
    inventory.index();
    options.look_for_dead = false;
    Report report = verifier::check(built.policy, &inventory, options);
    CHECK(report.internal_errors.empty());
    return report;
  }
};

model::Labels labels(const char* value) { return {{model::keys::of_workload("app"), value}}; }

Cluster shop() {
  Cluster out;
  out.add("web-1", labels("web"), {"10.0.0.1"});
  out.add("web-2", labels("web"), {"10.0.0.2"});
  out.add("db-1", labels("db"), {"10.0.1.1"});
  out.add("dns-1", labels("dns"), {"10.0.2.1"}).peer.ports = {{"dns", model::protocol::udp, 53}};
  out.add("node-1", {}, {"172.16.0.1"}, model::PeerKind::Node);
  return out;
}

model::PortSet udp(std::uint16_t port) {
  return {model::PointSet::of_point(model::service_point(model::protocol::udp, port)), {}};
}

}  // namespace

TEST_CASE("a selector that nobody of the inventory matches is told of once", "[verifier][closed]") {
  Cluster cluster = shop();
  Builder b;
  b.allow(app("web"), app("databse"), tcp(5432));
  b.allow(app("db"), app("databse"), tcp(5432));
  SECTION("a label") {
    const ClosedFindings found = cluster.check(b).closed;
    REQUIRE(found.nobody.size() == 1);
    CHECK(found.nobody[0] == NobodySelected{R"(app == "databse")", false, b.policy.rules[0].span, 1});
  }
  SECTION("a group, at the group") {
    b.policy.groups.push_back({"database", app("databse"), {SourceId{0}, 1, 2}});
    b.policy.rules[1].destination = both(app("databse"), Selector::workload());
    const ClosedFindings found = cluster.check(b).closed;
    REQUIRE(found.nobody.size() == 1);
    CHECK(found.nobody[0] == NobodySelected{"database", true, {SourceId{0}, 1, 2}, 1});
  }
  SECTION("not the world, not an isolation of somebody, not what says so itself") {
    for (model::Rule& rule : b.policy.rules) rule.destination = Selector::world_address(network("8.8.8.0/24"));
    b.allow(app("web"), Selector::none(), tcp(80));
    b.isolate(app("dns"));
    CHECK(cluster.check(b).closed.nobody.empty());
    b.isolate(app("dms"));
    CHECK(cluster.check(b).closed.nobody.size() == 1);
  }
  SECTION("what contradicts itself is told of as that") {
    for (model::Rule& rule : b.policy.rules) rule.destination = both(app("db"), app("web"));
    CHECK(cluster.check(b).closed.nobody.empty());
  }
}

TEST_CASE("a range of addresses that somebody has", "[verifier][closed]") {
  Cluster cluster = shop();
  Builder b;
  SECTION("as of the world, who is not meant") {
    b.allow(app("web"), Selector::world_address(network("10.0.0.0/8")), tcp(443));
    b.allow(app("db"), Selector::world_address(network("10.0.0.0/8")), tcp(443));
    const ClosedFindings found = cluster.check(b).closed;
    REQUIRE(found.ranges.size() == 1);
    const RangeWithOwners& range = found.ranges[0];
    CHECK(range.world_only);
    CHECK((range.workloads == 4 && range.nodes == 0 && range.further == 1));
    CHECK((range.example == "web-1" && model::to_string(range.example_address) == "10.0.0.1"));
  }
  SECTION("by address, who is meant whatever the labels are") {
    b.allow(app("web"), Selector::address(network("172.16.0.0/12")), tcp(443));
    const ClosedFindings found = cluster.check(b).closed;
    REQUIRE(found.ranges.size() == 1);
    CHECK_FALSE(found.ranges[0].world_only);
    CHECK((found.ranges[0].workloads == 0 && found.ranges[0].nodes == 1));
  }
  SECTION("not one that is excepted, nor all there are, nor one that nobody has an address in") {
    b.allow(app("web"), both(Selector::world(), Selector::negation(Selector::address(network("10.0.0.0/8")))),
            tcp(443));
    b.allow(app("web"), Selector::world_address(network("0.0.0.0/0")), tcp(443));
    b.allow(app("web"), Selector::world_address(network("192.0.2.0/24")), tcp(443));
    CHECK(cluster.check(b).closed.ranges.empty());
  }
}

TEST_CASE("whoever a range matches beside labels has both", "[verifier][closed]") {
  Cluster cluster = shop();
  Builder b;
  const Selector range = Selector::address(network("10.0.0.0/8"));
  b.allow(Selector::all_of({range, app("web")}), app("db"), tcp(5432));
  b.allow(Selector::all_of({range, app("nobody")}), app("db"), tcp(5432));
  b.allow(Selector::all_of({range, Selector::negation(Selector::address(network("10.0.1.0/24")))}), app("db"), tcp(80));
  const std::vector<RangeWithOwners> found = cluster.check(b).closed.ranges;
  REQUIRE(found.size() == 2);
  CHECK(found[0].range == "addr 10.0.0.0/8 && app == \"web\"");
  CHECK(found[0].with_labels);
  CHECK(found[0].workloads == 2);
  CHECK_FALSE(found[1].with_labels);
  CHECK(found[1].workloads == 3);  // `db-1` is excepted
}

TEST_CASE("workloads that cannot ask for names", "[verifier][closed]") {
  Cluster cluster = shop();
  Builder b;
  b.allow(app("web"), app("db"), tcp(5432));
  SECTION("by the profile") {
    const ClosedFindings found = cluster.check(b).closed;
    REQUIRE(found.no_names.size() == 1);
    CHECK_FALSE(found.no_names[0].decider);
    CHECK(found.no_names[0].workloads == std::vector<std::string>{"web-1", "web-2"});
    CHECK((found.no_names[0].reached == "db-1" && found.no_names[0].service == model::service_point(6, 5432)));
  }
  SECTION("by an isolation") {
    b.isolate(app("web"));
    const ClosedFindings found = cluster.check(b).closed;
    REQUIRE(found.no_names.size() == 1);
    CHECK(found.no_names[0].decider == Statement{model::IsolationId{0}});
  }
  SECTION("not where they may") {
    b.allow(app("web"), app("dns"), udp(53));
    CHECK(cluster.check(b).closed.no_names.empty());
  }
  SECTION("not where nobody asks and nobody answers") {
    cluster.inventory.instances[3].peer.ports.clear();
    CHECK(cluster.check(b).closed.no_names.empty());
  }
  SECTION("who may open no connection needs no names") {
    b.policy.rules.clear();
    b.isolate(app("web"));
    CHECK(cluster.check(b).closed.no_names.empty());
  }
}

TEST_CASE("whom a workload may reach is never the node it runs on where only others are meant", "[verifier][closed]") {
  Cluster cluster;
  cluster.add("n0", {}, {"172.16.0.1"}, model::PeerKind::Node);
  cluster.add("dns", labels("dns"), {"10.0.2.1"}).peer.ports = {{"dns", model::protocol::udp, 53}};
  cluster.add("web", labels("web"), {"10.0.0.1"}).peer.node = model::InstanceId{0};
  Builder b;
  b.allow(app("web"), Selector::any(), tcp(443));
  model::Rule& host = b.deny(Selector::workload(), Selector::node(), any_port());
  host.at_destination = false;
  host.peer_node = model::PeerNode::Own;
  const std::vector<NoNames> found = cluster.check(b).closed.no_names;
  REQUIRE(found.size() == 1);
  CHECK(found[0].workloads == std::vector<std::string>{"web"});
  CHECK(found[0].reached == "dns");
}

TEST_CASE("a chain that a proof rules out and the inventory has is our mistake", "[verifier][closed]") {
  Cluster cluster = shop();
  Builder b;
  b.allow(app("web"), app("dns"), tcp(80));
  b.allow(app("dns"), app("db"), tcp(5432));
  b.never(app("web"), app("db"), tcp(5432)).policy.assertions.back().chain = true;
  cluster.inventory.index();
  const model::Policy told_apart = with_assertions_told_apart(b.policy);
  const Connectivity connectivity(told_apart, cluster.inventory);
  std::vector<std::string> errors;
  const auto compare = [&] {
    compare_with_inventory(b.policy, cluster.inventory, connectivity, model::before_all, {{Proved{}}}, 1000, errors);
  };
  compare();
  REQUIRE(errors.size() == 1);
  CHECK(errors[0] ==
        "assertion 0 was proved, and in the inventory a chain breaks it: `web-1` at 10.0.0.1 -> `dns-1` at 10.0.2.1 : "
        "tcp/80, `dns-1` at 10.0.2.1 -> `db-1` at 10.0.1.1 : tcp/5432");
  errors.clear();
  b.policy.assertions[0].avoiding = app("dns");
  compare();
  CHECK(errors.empty());
}

TEST_CASE("a rule that expires soon", "[verifier][closed]") {
  Builder b;
  b.allow(app("a"), app("b"), tcp(80)).expires = model::Moment{1000};
  b.allow(app("a"), app("b"), tcp(81));
  const auto expiring = [&](std::int64_t now, std::optional<std::int64_t> soon) {
    Options options;
    options.now = model::Moment{now};
    if (soon) options.expires_soon = model::Moment{*soon};
    return check(b.policy, nullptr, options).expiring;
  };
  CHECK(expiring(500, 1000) == std::vector{model::RuleId{0}});
  CHECK(expiring(500, 999).empty());
  CHECK(expiring(1000, 2000).empty());
  CHECK(expiring(500, {}).empty());
}

TEST_CASE("closed findings are told of with the inventory named", "[verifier][closed]") {
  Cluster cluster = shop();
  Builder b;
  b.block("shop").allow(app("web"), app("databse"), tcp(5432));
  b.allow(app("web"), Selector::world_address(network("10.0.0.0/8")), tcp(443));
  b.allow(app("web"), app("db"), tcp(5432));
  Options options;
  options.now = model::Moment{0};
  options.expires_soon = model::Moment{14 * 86'400};
  b.policy.rules[2].expires = model::Moment{3 * 86'400};
  Diagnostics diagnostics;
  const Sources sources = b.sources();
  report_to(cluster.check(b, options), b.policy, sources, diagnostics);
  CHECK(render(diagnostics, sources, {}) == R"(warning W3020: nobody in the inventory matches `app == "databse"`
 --> test.weft:1:1
1 | allow app == "web" -> app == "databse" : tcp/5432
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  = note: in the inventory: of other workloads this says nothing
  = help: compare its labels with those of the workloads that are meant, or wait for them

warning W3021: `world 10.0.0.0/8` does not match 4 workloads of the inventory whose addresses lie in it
 --> test.weft:2:1
2 | allow app == "web" -> world 10.0.0.0/8 : tcp/443
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  = note: for example `web-1` at 10.0.0.1
  = note: in the inventory: of other workloads this says nothing
  = help: select them by their labels, or write `addr` to match whoever has such an address

warning W3023: `web-1` and 1 workload more may open connections, and reach nobody on udp/53 to ask for a name
  = note: for example `web-1` -> world 10.0.0.0 : tcp/443 is allowed
  = note: in the inventory: of other workloads this says nothing
  = help: allow udp/53 and tcp/53 to the name service: `import std.dns` has the rules
  = help: where the workloads need no names, set `W3023 = "allow"` in the `[lint]` of the project

warning W3015: this rule expires on 1970-01-04, in 3 days: from then on it matches nothing
 --> test.weft:3:1
3 | allow app == "web" -> app == "db" : tcp/5432
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  = help: give it a later date if it is still needed, or delete it
)");
}

TEST_CASE("closed findings equal those of asking the evaluator about everybody", "[verifier][closed]") {
  using weft::test::World;
  std::size_t found_nobody = 0, found_no_names = 0, proofs = 0;
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    INFO("seed " << seed);
    World world = weft::test::generate_world(seed, weft::test::WorldOptions::small());
    world.inventory.index();
    model::Policy& policy = world.policy;
    // Claims that are true of some worlds: what the first rules say.
    for (std::size_t i = 0; i < std::min<std::size_t>(2, policy.rules.size()); ++i) {
      model::Assertion claim;
      claim.kind = policy.rules[i].verdict == model::Verdict::Allow ? model::Assertion::Kind::Always
                                                                    : model::Assertion::Kind::Never;
      claim.source = policy.rules[i].source;
      claim.destination = policy.rules[i].destination;
      claim.ports = policy.rules[i].ports;
      claim.relations = policy.rules[i].relations;
      policy.assertions.push_back(std::move(claim));
    }
    Options options;
    options.look_for_dead = false;
    const Report report = check(policy, &world.inventory, options);
    CHECK(report.internal_errors.empty());
    for (const AssertionResult& result : report.assertions) {
      const auto* proved = std::get_if<Proved>(&result.answer);
      if (proved && !proved->vacuous) ++proofs;
    }

    const std::vector<model::End> ends = weft::test::interesting_ends(world);
    std::set<std::string> nobody;
    const auto note = [&](const Selector& selector) {
      const bool somebody = std::ranges::any_of(ends, [&](const model::End& end) { return matches(selector, end); });
      if (!somebody) nobody.insert(to_string(selector));
    };
    for (const model::Rule& rule : policy.rules) {
      if (rule.audit) continue;
      note(rule.source);
      note(rule.destination);
    }
    for (const model::Isolation& isolation : policy.isolations) note(isolation.subject);
    // What no inventory could match is left to other findings.
    for (const NobodySelected& each : report.closed.nobody) {
      CHECK(nobody.contains(each.selector));
      ++found_nobody;
    }

    // No flow of anybody who is named gets to udp/53, and there is one that he may open.
    const std::vector<model::Flow> flows = weft::test::flows(world, {20'000, seed});
    for (const NoNames& each : report.closed.no_names) {
      for (const std::string& name : each.workloads) {
        ++found_no_names;
        for (const model::Flow& flow : flows) {
          if (!flow.source.peer->instance || world.inventory[*flow.source.peer->instance].name != name) continue;
          if (flow.source.peer->instance == flow.destination.peer->instance) continue;
          if (flow.service != model::service_point(model::protocol::udp, 53)) continue;
          CHECK_FALSE(evaluate(policy, flow, options.now).allowed);
        }
      }
    }
  }
  CHECK(found_nobody > 20);
  CHECK(proofs > 20);
  INFO("workloads without names: " << found_no_names);
}

TEST_CASE("a proof that the inventory breaks is our mistake", "[verifier][closed]") {
  Cluster cluster = shop();
  Builder b;
  b.allow(app("web"), app("db"), tcp(5432));
  b.never(app("web"), app("db"), any_port());
  b.always(app("web"), app("db"), any_port());
  cluster.inventory.index();
  const Connectivity connectivity(b.policy, cluster.inventory);
  std::vector<std::string> errors;
  compare_with_inventory(b.policy, cluster.inventory, connectivity, model::before_all, {{Proved{}}, {Proved{}}}, 1000,
                         errors);
  REQUIRE(errors.size() == 2);
  CHECK(errors[0] ==
        "assertion 0 was proved, and in the inventory a flow on tcp/5432 breaks it (the evaluator says that "
        "it is allowed)");
  errors.clear();
  compare_with_inventory(b.policy, cluster.inventory, connectivity, model::before_all,
                         {{Undecided{"x"}}, {Undecided{"x"}}}, 1000, errors);
  CHECK(errors.empty());
}

TEST_CASE("selectors over classes say what they say of each example", "[verifier][closed]") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    weft::test::World world = weft::test::generate_world(seed);
    world.inventory.index();
    const Connectivity connectivity(world.policy, world.inventory);
    ClassSelection selection(connectivity.classes());
    for (const model::Rule& rule : world.policy.rules) {
      for (const Selector* selector : {&rule.source, &rule.destination}) {
        const BitSet classes = selection.of(*selector);
        for (std::size_t i = 0; i < connectivity.classes().size(); ++i) {
          CHECK(classes.test(i) == matches(*selector, connectivity.classes()[i].example));
        }
      }
    }
  }
}
