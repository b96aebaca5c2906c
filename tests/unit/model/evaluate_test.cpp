// One section for each sentence the language says about gates, tiers and verdicts.
#include <catch2/catch.hpp>

#include "model/evaluate.h"
#include "model/inventory.h"

using namespace weft;
using namespace weft::model;

namespace {

const auto web = Selector::equals(keys::of_workload("app"), "web");
const auto db = Selector::equals(keys::of_workload("app"), "db");
const ServicePoint http = service_point(protocol::tcp, 80);

// web-1 and web-2 share every label; db-1 runs on n1, lost-1 nobody knows where.
struct Town {
  Inventory inventory;
  Policy policy;

  Town() {
    add(PeerKind::Node, "n1", {{keys::of_node("zone"), "a"}}, {"172.16.0.1", "fd01::1"});
    add(PeerKind::Node, "n2", {{keys::of_node("zone"), "b"}}, {"172.16.0.2"});
    add(PeerKind::Workload, "web-1", {{keys::of_workload("app"), "web"}}, {"10.0.0.1", "10.0.0.11"}, InstanceId{0});
    add(PeerKind::Workload, "web-2", {{keys::of_workload("app"), "web"}}, {"10.0.0.2"}, InstanceId{1});
    add(PeerKind::Workload, "db-1", {{keys::of_workload("app"), "db"}, {keys::ns, "data"}}, {"10.0.0.3", "fd00::3"},
        InstanceId{0});
    add(PeerKind::Workload, "lost-1", {{keys::of_workload("app"), "lost"}}, {"10.0.0.4"});
    inventory.instances[4].peer.ports = {{"http", protocol::tcp, 8080}, {"dns", protocol::udp, 53}};
    inventory.apiserver.add(AddressSet::of(*parse_address("172.16.0.1")));
    inventory.apiserver.add(AddressSet::of(*parse_address("172.16.0.100")));
    inventory.index();
    for (const char* name : {"first", "second", "third", "fourth"}) policy.tiers.push_back({name, {}});
  }

  void add(PeerKind kind, std::string name, Labels labels, std::vector<std::string> addresses,
           std::optional<InstanceId> on = {}) {
    Instance out{.name = std::move(name), .peer = {}, .addresses = {}, .attach = {}, .host = {}};
    out.peer.kind = kind;
    out.peer.labels = std::move(labels);
    out.peer.node = on;
    out.peer.instance = InstanceId{static_cast<std::uint32_t>(inventory.instances.size())};
    for (const std::string& text : addresses) out.addresses.push_back(*parse_address(text));
    inventory.instances.push_back(std::move(out));
  }

  Rule& rule(Verdict verdict, Selector from, Selector to, std::uint32_t tier = 0, Level level = {}) {
    Rule out;
    out.verdict = verdict;
    out.source = std::move(from);
    out.destination = std::move(to);
    out.ports.points = PointSet::any();
    out.tier = TierId{tier};
    out.level = level;
    policy.rules.push_back(std::move(out));
    return policy.rules.back();
  }
  Rule& allow(Selector from, Selector to, std::uint32_t tier = 0, Level level = {}) {
    return rule(Verdict::Allow, std::move(from), std::move(to), tier, level);
  }
  Rule& deny(Selector from, Selector to, std::uint32_t tier = 0, Level level = {}) {
    return rule(Verdict::Deny, std::move(from), std::move(to), tier, level);
  }
  Rule& pass(Selector from, Selector to, std::uint32_t tier = 0, std::optional<std::uint32_t> to_tier = {}) {
    Rule& out = rule(Verdict::Pass, std::move(from), std::move(to), tier);
    if (to_tier) out.pass_to = TierId{*to_tier};
    return out;
  }
  void isolate(Selector subject, bool egress, bool ingress, std::uint32_t tier = 0) {
    Isolation out;
    out.subject = std::move(subject);
    out.egress = egress;
    out.ingress = ingress;
    out.tier = TierId{tier};
    policy.isolations.push_back(std::move(out));
  }
  void profile(const char* name) { policy.profile = *find_profile(name); }

  End end(const std::string& name) const {
    if (const Instance* instance = inventory.find(name)) return {&instance->peer, instance->addresses.at(0)};
    return inventory.end(*parse_address(name));
  }
  Decision ask(const std::string& from, const std::string& to, ServicePoint service = http) const {
    return evaluate(policy, {end(from), end(to), service});
  }
};

void by_rule(const std::optional<GateDecision>& gate, Verdict verdict, std::uint32_t rule, std::uint32_t tier) {
  CHECK(gate == GateDecision{verdict, Reason::Rule, RuleId{rule}, {}, TierId{tier}});
}
void by_isolation(const std::optional<GateDecision>& gate, std::uint32_t isolation, std::uint32_t tier) {
  CHECK(gate == GateDecision{Verdict::Deny, Reason::Isolation, {}, IsolationId{isolation}, TierId{tier}});
}
void by_profile(const std::optional<GateDecision>& gate, Verdict verdict) {
  CHECK(gate == GateDecision{verdict, Reason::Profile, {}, {}, {}});
}

}  // namespace

TEST_CASE("a flow passes two independent gates", "[model][evaluate]") {
  Town town;
  SECTION("an edge opens both") {
    town.allow(web, db);
    CHECK(town.ask("web-1", "db-1").allowed);
    CHECK_FALSE(town.ask("db-1", "web-1").allowed);
  }
  SECTION("a rule at the source opens the source gate only") {
    town.allow(web, db).at_destination = false;
    const Decision decision = town.ask("web-1", "db-1");
    CHECK_FALSE(decision.allowed);
    by_rule(decision.egress, Verdict::Allow, 0, 0);
    by_profile(decision.ingress, Verdict::Deny);
  }
  SECTION("a rule at the destination opens the destination gate only") {
    town.allow(web, db).at_source = false;
    const Decision decision = town.ask("web-1", "db-1");
    CHECK_FALSE(decision.allowed);
    by_profile(decision.egress, Verdict::Deny);
    by_rule(decision.ingress, Verdict::Allow, 0, 0);
  }
  SECTION("two halves make a whole") {
    town.allow(web, db).at_source = false;
    town.allow(web, db).at_destination = false;
    CHECK(town.ask("web-1", "db-1").allowed);
  }
  SECTION("a deny at one gate is a deny") {
    town.allow(web, db, 1);
    town.deny(Selector::any(), db).at_source = false;
    const Decision decision = town.ask("web-1", "db-1");
    CHECK_FALSE(decision.allowed);
    by_rule(decision.egress, Verdict::Allow, 0, 1);
    by_rule(decision.ingress, Verdict::Deny, 1, 0);
  }
  SECTION("gates are evaluated alike from either end") {
    town.allow(web, db);
    CHECK(town.ask("web-1", "db-1").egress ==
          evaluate_gate(town.policy, Direction::Egress, {town.end("web-1"), town.end("db-1"), http}));
    CHECK(town.ask("web-1", "db-1").ingress ==
          evaluate_gate(town.policy, Direction::Ingress, {town.end("web-1"), town.end("db-1"), http}));
  }
}

TEST_CASE("whose gates exist", "[model][evaluate]") {
  Town town;
  SECTION("the world has none, on either side") {
    CHECK_FALSE(town.ask("8.8.8.8", "db-1").egress);
    CHECK(town.ask("8.8.8.8", "db-1").ingress);
    CHECK_FALSE(town.ask("db-1", "8.8.8.8").ingress);
    CHECK(town.ask("db-1", "8.8.8.8").egress);
  }
  SECTION("world to world passes no gate") {
    town.deny(Selector::any(), Selector::any());
    const Decision decision = town.ask("8.8.8.8", "9.9.9.9");
    CHECK(decision.allowed);
    CHECK_FALSE(decision.self);
    CHECK_FALSE(decision.egress);
    CHECK_FALSE(decision.ingress);
  }
  SECTION("a guard cannot give the world gates") {
    town.policy.guards.push_back({Selector::any(), {}});
    CHECK_FALSE(has_gates(town.policy, town.end("8.8.8.8")));
  }
  SECTION("nodes have none by default, in every profile") {
    for (const Profile& profile : profiles()) {
      town.policy.profile = profile;
      CHECK_FALSE(has_gates(town.policy, town.end("n1")));
      CHECK_FALSE(town.ask("n1", "8.8.8.8").egress);
      CHECK(town.ask("n1", "n2").allowed);
    }
  }
  SECTION("isolation of an unguarded node has no effect") {
    town.isolate(Selector::node(), true, true);
    town.deny(Selector::node(), Selector::node());
    CHECK(town.ask("n1", "n2").allowed);
  }
  SECTION("a guard gives gates to the nodes it names only") {
    town.policy.guards.push_back({Selector::equals(keys::of_node("zone"), "a"), {}});
    const Decision decision = town.ask("n1", "n2");
    by_profile(decision.egress, Verdict::Deny);
    CHECK_FALSE(decision.ingress);
    CHECK_FALSE(decision.allowed);
    CHECK(town.ask("n2", "n1").ingress);
  }
  SECTION("any guard does, not only the first") {
    town.policy.guards.push_back({Selector::none(), {}});
    town.policy.guards.push_back({Selector::node(), {}});
    CHECK(has_gates(town.policy, town.end("n2")));
  }
  SECTION("so does the profile") {
    town.policy.profile.node_gates = true;
    CHECK(has_gates(town.policy, town.end("n1")));
    CHECK_FALSE(has_gates(town.policy, town.end("8.8.8.8")));
  }
  SECTION("a workload has both without asking") {
    CHECK(has_gates(town.policy, town.end("lost-1")));
    const Decision decision = town.ask("web-1", "db-1");
    CHECK(decision.egress);
    CHECK(decision.ingress);
  }
}

TEST_CASE("a workload reaches itself", "[model][evaluate]") {
  Town town;
  town.deny(Selector::any(), Selector::any());
  SECTION("without gates, at any of its addresses") {
    for (const char* to : {"10.0.0.1", "10.0.0.11"}) {
      const Decision decision = town.ask("web-1", to);
      CHECK(decision.allowed);
      CHECK(decision.self);
      CHECK_FALSE(decision.egress);
      CHECK_FALSE(decision.ingress);
    }
  }
  SECTION("self is by instance, not by label set") {
    const Decision decision = town.ask("web-1", "web-2");
    CHECK_FALSE(decision.self);
    CHECK_FALSE(decision.allowed);
  }
  SECTION("two peers without instance are not the same") {
    // Two imagined workloads of one label map, and two world addresses.
    Peer a;
    a.kind = PeerKind::Workload;
    const Peer b = a;
    CHECK_FALSE(evaluate(town.policy, {{&a, {}}, {&b, {}}, http}).self);
    CHECK_FALSE(town.ask("8.8.8.8", "8.8.8.8").self);
  }
}

TEST_CASE("tiers are walked in declared order", "[model][evaluate]") {
  Town town;
  SECTION("the first tier that speaks decides") {
    town.deny(web, db, 1);
    town.allow(web, db, 0);
    CHECK(town.ask("web-1", "db-1").allowed);
    by_rule(town.ask("web-1", "db-1").ingress, Verdict::Allow, 1, 0);
  }
  SECTION("a tier without a match is walked past") {
    town.deny(db, web, 0);
    town.allow(web, db, 2);
    by_rule(town.ask("web-1", "db-1").egress, Verdict::Allow, 1, 2);
  }
  SECTION("a better level in a later tier is later still") {
    town.deny(web, db, 0, {100, 7});
    town.allow(web, db, 1, {-100, 0});
    by_rule(town.ask("web-1", "db-1").egress, Verdict::Deny, 0, 0);
  }
  SECTION("after the last tier: the profile's default") {
    by_profile(town.ask("web-1", "db-1").egress, Verdict::Deny);
    town.profile("k8s");
    by_profile(town.ask("web-1", "db-1").egress, Verdict::Allow);
    by_profile(town.ask("web-1", "db-1").ingress, Verdict::Allow);
  }
}

TEST_CASE("the lowest level of a tier decides", "[model][evaluate]") {
  Town town;
  SECTION("the lower priority first") {
    town.deny(web, db, 0, {10, 0});
    town.allow(web, db, 0, {5, 0});
    by_rule(town.ask("web-1", "db-1").egress, Verdict::Allow, 1, 0);
  }
  SECTION("priority before index") {
    town.deny(web, db, 0, {10, 0});
    town.allow(web, db, 0, {5, 9});
    by_rule(town.ask("web-1", "db-1").egress, Verdict::Allow, 1, 0);
  }
  SECTION("priorities below the default") {
    town.deny(web, db, 0, {0, 0});
    town.allow(web, db, 0, {-1, 3});
    by_rule(town.ask("web-1", "db-1").egress, Verdict::Allow, 1, 0);
  }
  SECTION("rule order of an ordered policy is precedence") {
    town.allow(web, db, 0, {0, 1});
    town.deny(web, db, 0, {0, 2});
    by_rule(town.ask("web-1", "db-1").egress, Verdict::Allow, 0, 0);
  }
  SECTION("wherever it stands in the source") {
    town.deny(web, db, 0, {0, 2});
    town.allow(web, db, 0, {0, 1});
    by_rule(town.ask("web-1", "db-1").egress, Verdict::Allow, 1, 0);
  }
  SECTION("unordered (index 0) comes before ordered of the same priority") {
    town.allow(web, db, 0, {0, 1});
    town.deny(web, db, 0, {0, 0});
    by_rule(town.ask("web-1", "db-1").egress, Verdict::Deny, 1, 0);
  }
  SECTION("only matching rules count") {
    town.deny(db, web, 0, {0, 0});
    town.allow(web, db, 0, {9, 0});
    by_rule(town.ask("web-1", "db-1").egress, Verdict::Allow, 1, 0);
  }
}

TEST_CASE("within a level deny > allow > pass", "[model][evaluate]") {
  Town town;
  town.profile("k8s");
  SECTION("deny over allow, in either order") {
    town.allow(web, db);
    town.deny(web, db);
    town.allow(web, db);
    by_rule(town.ask("web-1", "db-1").egress, Verdict::Deny, 1, 0);
  }
  SECTION("allow over pass, in either order") {
    town.pass(web, db);
    town.allow(web, db);
    town.pass(web, db);
    town.deny(web, db, 1);
    by_rule(town.ask("web-1", "db-1").egress, Verdict::Allow, 1, 0);
  }
  SECTION("deny over pass, in either order") {
    town.pass(web, db);
    town.deny(web, db);
    town.pass(web, db);
    by_rule(town.ask("web-1", "db-1").egress, Verdict::Deny, 1, 0);
  }
  SECTION("the deciding rule is the first in source order among the deciding ones") {
    town.allow(web, db);
    town.deny(web, db);
    town.deny(web, db);
    by_rule(town.ask("web-1", "db-1").egress, Verdict::Deny, 1, 0);
  }
  SECTION("also among passes: the first one names the tier") {
    town.pass(web, db, 0, 2);
    town.pass(web, db, 0, 1);
    town.deny(web, db, 1);
    town.allow(web, db, 2);
    by_rule(town.ask("web-1", "db-1").egress, Verdict::Allow, 3, 2);
  }
}

TEST_CASE("pass goes to a later tier", "[model][evaluate]") {
  Town town;
  SECTION("the next by default") {
    town.pass(web, db, 0);
    town.deny(web, db, 1);
    town.allow(web, db, 2);
    by_rule(town.ask("web-1", "db-1").egress, Verdict::Deny, 1, 1);
  }
  SECTION("or the named one, over those between") {
    town.pass(web, db, 0, 2);
    town.deny(web, db, 1);
    town.isolate(Selector::any(), true, true, 1);
    town.allow(web, db, 2);
    by_rule(town.ask("web-1", "db-1").egress, Verdict::Allow, 2, 2);
  }
  SECTION("and from there on") {
    town.pass(web, db, 0, 2);
    town.pass(web, db, 2);
    town.allow(web, db, 3);
    by_rule(town.ask("web-1", "db-1").egress, Verdict::Allow, 2, 3);
  }
  SECTION("from the last tier to the profile's default") {
    town.pass(web, db, 3);
    by_profile(town.ask("web-1", "db-1").egress, Verdict::Deny);
    town.profile("k8s");
    by_profile(town.ask("web-1", "db-1").egress, Verdict::Allow);
  }
  SECTION("over the lower levels of its own tier") {
    town.pass(web, db, 0);
    town.deny(web, db, 0, {5, 0});
    town.allow(web, db, 1);
    by_rule(town.ask("web-1", "db-1").egress, Verdict::Allow, 2, 1);
  }
  SECTION("over the isolation of its own tier") {
    town.pass(web, db, 0);
    town.isolate(web, true, false, 0);
    town.allow(web, db, 1);
    by_rule(town.ask("web-1", "db-1").egress, Verdict::Allow, 1, 1);
  }
}

TEST_CASE("isolation denies what no rule of its tier decides", "[model][evaluate]") {
  Town town;
  town.profile("k8s");
  SECTION("at egress, of the source only") {
    town.isolate(web, true, false);
    by_isolation(town.ask("web-1", "db-1").egress, 0, 0);
    by_profile(town.ask("web-1", "db-1").ingress, Verdict::Allow);
    CHECK(town.ask("db-1", "web-1").allowed);
  }
  SECTION("at ingress, of the destination only") {
    town.isolate(web, false, true);
    by_isolation(town.ask("db-1", "web-1").ingress, 0, 0);
    CHECK(town.ask("web-1", "db-1").allowed);
  }
  SECTION("in its own tier: earlier tiers decide first") {
    town.isolate(web, true, true, 1);
    town.allow(web, db, 0);
    CHECK(town.ask("web-1", "db-1").allowed);
    by_isolation(town.ask("web-1", "web-2").egress, 0, 1);
  }
  SECTION("and later tiers are never reached") {
    town.isolate(web, true, true, 0);
    town.allow(web, db, 1);
    by_isolation(town.ask("web-1", "db-1").egress, 0, 0);
  }
  SECTION("a rule of the tier speaks first, whatever its level") {
    town.isolate(web, true, false, 0);
    town.allow(web, db, 0, {1'000'000, 9});
    by_rule(town.ask("web-1", "db-1").egress, Verdict::Allow, 0, 0);
  }
  SECTION("a rule that speaks at the other gate does not help") {
    town.isolate(web, true, false, 0);
    town.allow(web, db).at_source = false;
    by_isolation(town.ask("web-1", "db-1").egress, 0, 0);
  }
  SECTION("is never implied by a rule") {
    town.allow(web, db);
    CHECK(town.ask("lost-1", "db-1").allowed);
    CHECK(town.ask("web-1", "lost-1").allowed);
  }
  SECTION("the first in source order is named") {
    town.isolate(db, true, true);
    town.isolate(web, false, true);
    town.isolate(web, true, true);
    town.isolate(web, true, true);
    by_isolation(town.ask("web-1", "lost-1").egress, 2, 0);
  }
  SECTION("of the subject, not of the peer") {
    town.isolate(db, true, false);
    CHECK(town.ask("web-1", "db-1").allowed);
  }
}

TEST_CASE("a workload's own node enters under k8s, cilium and calico", "[model][evaluate]") {
  Town town;
  town.isolate(Selector::any(), true, true);
  town.deny(Selector::any(), Selector::any());
  const GateDecision own{Verdict::Allow, Reason::OwnNode, {}, {}, {}};
  SECTION("only at ingress, only its own, only where known, at any of the node's addresses") {
    for (const char* name : {"k8s", "cilium", "calico"}) {
      town.profile(name);
      CHECK(town.ask("n1", "db-1").ingress == own);
      CHECK(town.ask("n1", "db-1").allowed);
      CHECK(town.ask("fd01::1", "fd00::3").ingress == own);
      by_rule(town.ask("n2", "db-1").ingress, Verdict::Deny, 0, 0);
      by_rule(town.ask("db-1", "n1").egress, Verdict::Deny, 0, 0);          // not at egress
      by_rule(town.ask("n1", "lost-1").ingress, Verdict::Deny, 0, 0);       // no known node
      by_rule(town.ask("8.8.8.8", "lost-1").ingress, Verdict::Deny, 0, 0);  // no node and no instance are not equal
      by_rule(town.ask("web-1", "db-1").ingress, Verdict::Deny, 0, 0);      // a neighbour on the node is not the node
    }
  }
  SECTION("not under strict") { by_rule(town.ask("n1", "db-1").ingress, Verdict::Deny, 0, 0); }
  SECTION("a guarded node's own egress gate still counts") {
    town.profile("k8s");
    town.policy.guards.push_back({Selector::node(), {}});
    CHECK(town.ask("n1", "db-1").ingress == own);
    CHECK_FALSE(town.ask("n1", "db-1").allowed);
    by_rule(town.ask("db-1", "n1").ingress, Verdict::Deny, 0, 0);
  }
}

TEST_CASE("a service is a property of the destination", "[model][evaluate]") {
  Town town;
  SECTION("protocol and port both count") {
    town.allow(Selector::any(), Selector::any()).ports.points = PointSet::of_range(protocol::tcp, 80, 81);
    CHECK(town.ask("web-1", "db-1", service_point(protocol::tcp, 80)).allowed);
    CHECK(town.ask("web-1", "db-1", service_point(protocol::tcp, 81)).allowed);
    CHECK_FALSE(town.ask("web-1", "db-1", service_point(protocol::tcp, 79)).allowed);
    CHECK_FALSE(town.ask("web-1", "db-1", service_point(protocol::tcp, 82)).allowed);
    CHECK_FALSE(town.ask("web-1", "db-1", service_point(protocol::udp, 80)).allowed);
    CHECK_FALSE(town.ask("web-1", "db-1", service_point(protocol::icmp, 80)).allowed);
  }
  SECTION("a named port is the destination's, by name and protocol") {
    Rule& rule = town.allow(Selector::any(), Selector::any());
    rule.ports = {{}, {{protocol::tcp, "http"}, {protocol::tcp, "dns"}}};
    CHECK(town.ask("web-1", "db-1", service_point(protocol::tcp, 8080)).allowed);
    CHECK_FALSE(town.ask("db-1", "web-1", service_point(protocol::tcp, 8080)).allowed);  // declared by the source
    CHECK_FALSE(town.ask("web-1", "db-1", service_point(protocol::udp, 8080)).allowed);
    CHECK_FALSE(town.ask("web-1", "db-1", service_point(protocol::udp, 53)).allowed);  // `tcp/dns` is not declared
    CHECK_FALSE(town.ask("web-1", "db-1", service_point(protocol::tcp, 53)).allowed);
    CHECK_FALSE(town.ask("web-1", "lost-1", service_point(protocol::tcp, 8080)).allowed);
    CHECK_FALSE(town.ask("web-1", "8.8.8.8", service_point(protocol::tcp, 8080)).allowed);
  }
  SECTION("a name declared twice matches at both ports") {
    town.inventory.instances[4].peer.ports.push_back({"http", protocol::tcp, 8081});
    town.allow(Selector::any(), Selector::any()).ports = {{}, {{protocol::tcp, "http"}}};
    CHECK(town.ask("web-1", "db-1", service_point(protocol::tcp, 8080)).allowed);
    CHECK(town.ask("web-1", "db-1", service_point(protocol::tcp, 8081)).allowed);
  }
  SECTION("an empty port set matches nothing") {
    town.allow(Selector::any(), Selector::any()).ports = {};
    CHECK_FALSE(town.ask("web-1", "db-1").allowed);
  }
}

TEST_CASE("profiles are those the language lists", "[model][profile]") {
  REQUIRE(profiles().size() == 4);
  const Profile strict{.name = "strict"};
  CHECK(*find_profile("strict") == strict);
  CHECK(Policy{}.profile == strict);
  CHECK_FALSE(strict.allow_by_default);
  CHECK_FALSE(strict.own_node_may_enter);
  for (const char* name : {"k8s", "cilium", "calico"}) {
    REQUIRE(find_profile(name));
    CHECK(find_profile(name)->allow_by_default);
    CHECK(find_profile(name)->own_node_may_enter);
    CHECK_FALSE(find_profile(name)->node_gates);
  }
  CHECK(find_profile("") == nullptr);
  CHECK(find_profile("K8S") == nullptr);
}

TEST_CASE("an address belongs to one peer", "[model][inventory]") {
  const Town town;
  CHECK(town.inventory.owner(*parse_address("10.0.0.11"))->name == "web-1");
  CHECK(town.inventory.owner(*parse_address("10.0.0.12")) == nullptr);
  CHECK(town.inventory.end(*parse_address("fd00::3")).peer == &town.inventory[InstanceId{4}].peer);
  CHECK(town.inventory.end(*parse_address("8.8.8.8")).peer == &town.inventory.world);
  CHECK(town.inventory.world.kind == PeerKind::World);
  CHECK(town.inventory.find("web-2")->name == "web-2");
  CHECK(town.inventory.find("web-3") == nullptr);
  // The API server answers at its addresses only, not at every address of the peer that owns one.
  const auto is_apiserver = [&](const char* address) { return matches(Selector::apiserver(), town.end(address)); };
  CHECK(is_apiserver("172.16.0.1"));
  CHECK(is_apiserver("172.16.0.100"));
  CHECK_FALSE(is_apiserver("fd01::1"));
  CHECK_FALSE(is_apiserver("172.16.0.2"));
}
