// What relations, audit and deadlines mean: one section for each sentence of docs/semantics.md about them.
#include <catch2/catch.hpp>

#include <map>
#include <string>

#include "model/evaluate.h"

using namespace weft::model;

namespace {

const LabelKey job = keys::of_workload("job");
const LabelKey parent = keys::of_workload("parent");
const LabelKey team = keys::of_namespace("team");
const LabelKey zone = keys::of_node("zone");
const ServicePoint http = service_point(protocol::tcp, 80);

// Peers by name, and one policy of three tiers.
struct Field {
  std::map<std::string, Peer> peers;
  Policy policy;

  Field() {
    add("a1", {{job, "a"}, {keys::ns, "lab"}, {team, "red"}});
    add("a2", {{job, "a"}, {keys::ns, "lab"}, {team, "red"}});
    add("b1", {{job, "b"}, {keys::ns, "shop"}, {team, "red"}});
    add("child", {{job, "c"}, {parent, "a"}});
    add("none", {});
    add("empty", {{job, ""}});
    add("empty2", {{job, ""}});
    add("ns-lab", {{keys::of_workload("ns"), "lab"}});
    add("n1", {{zone, "z"}}, PeerKind::Node);
    add("n2", {{zone, "z"}}, PeerKind::Node);
    peers["world"] = {};
    for (const char* name : {"first", "second", "third"}) policy.tiers.push_back({name, {}});
    policy.blocks.emplace_back();
    policy.profile = *find_profile("strict");
  }

  void add(const std::string& name, Labels labels, PeerKind kind = PeerKind::Workload) {
    Peer& peer = peers[name];
    peer.kind = kind;
    peer.labels = std::move(labels);
    peer.instance = InstanceId{static_cast<std::uint32_t>(peers.size())};
  }

  Rule& rule(Verdict verdict, std::uint32_t tier = 0) {
    Rule out;
    out.verdict = verdict;
    out.source = out.destination = Selector::any();
    out.ports.points = PointSet::any();
    out.tier = TierId{tier};
    policy.rules.push_back(std::move(out));
    return policy.rules.back();
  }
  Isolation& isolate(std::uint32_t tier = 0) {
    Isolation out;
    out.subject = Selector::any();
    out.tier = TierId{tier};
    policy.isolations.push_back(std::move(out));
    return policy.isolations.back();
  }

  GateDecision ask(const std::string& from, const std::string& to, Moment now = before_all,
                   Direction direction = Direction::Egress) const {
    return *evaluate_gate(policy, direction, {{&peers.at(from), {}}, {&peers.at(to), {}}, http}, now);
  }
  bool allowed(const std::string& from, const std::string& to, Moment now = before_all) const {
    return ask(from, to, now).verdict == Verdict::Allow;
  }
};

const Moment noon{43'200};
Moment plus(Moment moment, std::int64_t seconds) { return Moment{static_cast<std::int64_t>(moment) + seconds}; }

}  // namespace

TEST_CASE("a relation compares a label of the source with one of the destination", "[model][evaluate]") {
  Field field;
  Rule& rule = field.rule(Verdict::Allow);
  SECTION("==: both have it, with one value") {
    rule.relations = {{job, job, true}};
    CHECK(field.allowed("a1", "a2"));
    CHECK_FALSE(field.allowed("a1", "b1"));
    CHECK(field.allowed("empty", "empty2"));  // an empty text is a value like any other
  }
  SECTION("==: false where an end lacks the key, also where both do") {
    rule.relations = {{job, job, true}};
    CHECK_FALSE(field.allowed("a1", "none"));
    CHECK_FALSE(field.allowed("none", "a1"));
    CHECK_FALSE(field.allowed("empty", "none"));
    CHECK_FALSE(field.allowed("none", "world"));
  }
  SECTION("!=: both have it, with two values") {
    rule.relations = {{job, job, false}};
    CHECK(field.allowed("a1", "b1"));
    CHECK(field.allowed("a1", "empty"));
    CHECK_FALSE(field.allowed("a1", "a2"));
  }
  SECTION("!=: false where an end lacks the key") {
    rule.relations = {{job, job, false}};
    CHECK_FALSE(field.allowed("a1", "none"));
    CHECK_FALSE(field.allowed("none", "a1"));
    CHECK_FALSE(field.allowed("none", "none"));
    CHECK_FALSE(field.allowed("a1", "world"));
    CHECK_FALSE(field.allowed("a1", "n1"));
  }
  SECTION("of two keys: which end has which matters") {
    rule.relations = {{parent, job, true}};
    CHECK(field.allowed("child", "a1"));
    CHECK_FALSE(field.allowed("a1", "child"));
    rule.relations = {{job, parent, true}};
    CHECK(field.allowed("a1", "child"));
    CHECK_FALSE(field.allowed("child", "a1"));
  }
  SECTION("of namespaces and their labels") {
    rule.relations = {{keys::ns, keys::ns, true}};
    CHECK(field.allowed("a1", "a2"));
    CHECK_FALSE(field.allowed("a1", "b1"));
    rule.relations = {{team, team, true}};
    CHECK(field.allowed("a1", "b1"));
    CHECK_FALSE(field.allowed("a1", "child"));
  }
  SECTION("a plain label `ns` is not the namespace, but its value compares") {
    rule.relations = {{keys::ns, keys::of_workload("ns"), true}};
    CHECK(field.allowed("a1", "ns-lab"));
    CHECK_FALSE(field.allowed("ns-lab", "a1"));
    CHECK_FALSE(field.allowed("b1", "ns-lab"));
  }
  SECTION("of nodes") {
    field.policy.guards.push_back({Selector::node(), {}});
    rule.relations = {{zone, zone, true}};
    CHECK(field.allowed("n1", "n2"));
    CHECK_FALSE(field.allowed("n1", "a1"));
  }
  SECTION("all relations of a rule must hold") {
    rule.relations = {{team, team, true}, {job, job, false}};
    CHECK(field.allowed("a1", "b1"));
    CHECK_FALSE(field.allowed("a1", "a2"));
    CHECK_FALSE(field.allowed("a1", "child"));
  }
  SECTION("a deny whose relation does not hold denies nothing") {
    field.rule(Verdict::Deny).relations = {{job, job, false}};
    CHECK(field.allowed("a1", "a2"));
    CHECK_FALSE(field.allowed("a1", "b1"));
    CHECK(field.allowed("a1", "none"));
  }
  SECTION("both gates ask the same ends") {
    rule.relations = {{parent, job, true}};
    CHECK(field.ask("child", "a1", before_all, Direction::Ingress).verdict == Verdict::Allow);
    CHECK(field.ask("a1", "child", before_all, Direction::Ingress).verdict == Verdict::Deny);
  }
}

TEST_CASE("a rule of one gate may ask which node is at the other end", "[model][evaluate]") {
  Field field;
  field.peers["a1"].node = field.peers["n1"].instance;
  field.peers["a2"].node = field.peers["n2"].instance;
  Rule& rule = field.rule(Verdict::Allow);
  rule.at_source = false;
  rule.source = Selector::node();
  const auto enters = [&](const std::string& from, const std::string& to) {
    return field.ask(from, to, before_all, Direction::Ingress).verdict == Verdict::Allow;
  };
  SECTION("the own one") {
    rule.peer_node = PeerNode::Own;
    CHECK(enters("n1", "a1"));
    CHECK_FALSE(enters("n2", "a1"));
    CHECK(enters("n2", "a2"));
    CHECK_FALSE(enters("a2", "a1"));
  }
  SECTION("another one") {
    rule.peer_node = PeerNode::Other;
    CHECK_FALSE(enters("n1", "a1"));
    CHECK(enters("n2", "a1"));
    CHECK_FALSE(enters("a2", "a1"));
    CHECK_FALSE(enters("world", "a1"));
  }
  SECTION("of a workload whose node nobody knows every node is another") {
    rule.peer_node = PeerNode::Own;
    CHECK_FALSE(enters("n1", "b1"));
    rule.peer_node = PeerNode::Other;
    CHECK(enters("n1", "b1"));
  }
  SECTION("a node has no own node") {
    field.policy.guards.push_back({Selector::node(), {}});
    rule.peer_node = PeerNode::Own;
    CHECK_FALSE(enters("n2", "n1"));
    rule.peer_node = PeerNode::Other;
    CHECK(enters("n2", "n1"));
  }
  SECTION("the selector counts besides") {
    rule.peer_node = PeerNode::Own;
    rule.source = Selector::all_of({Selector::node(), Selector::equals(zone, "y")});
    CHECK_FALSE(enters("n1", "a1"));
    field.peers["n1"].labels[zone] = "y";
    CHECK(enters("n1", "a1"));
  }
  SECTION("at the source the peer is the destination") {
    rule.at_source = true;
    rule.at_destination = false;
    rule.source = Selector::any();
    rule.destination = Selector::node();
    rule.peer_node = PeerNode::Own;
    CHECK(field.ask("a1", "n1").verdict == Verdict::Allow);
    CHECK(field.ask("a1", "n2").verdict == Verdict::Deny);
  }
}

TEST_CASE("a rule is in force before its deadline and not from then on", "[model][evaluate]") {
  Field field;
  field.rule(Verdict::Allow).expires = noon;
  SECTION("to the second") {
    CHECK(field.allowed("a1", "a2", before_all));
    CHECK(field.allowed("a1", "a2", plus(noon, -1)));
    CHECK_FALSE(field.allowed("a1", "a2", noon));
    CHECK_FALSE(field.allowed("a1", "a2", plus(noon, 1)));
  }
  SECTION("a deny ends as well, and what it hid comes to light") {
    field.policy.rules[0].expires.reset();
    field.rule(Verdict::Deny).expires = noon;
    CHECK_FALSE(field.allowed("a1", "a2", plus(noon, -1)));
    CHECK(field.allowed("a1", "a2", noon));
  }
  SECTION("a pass ends as well") {
    field.policy.rules.clear();
    field.rule(Verdict::Pass).expires = noon;
    field.isolate();
    field.rule(Verdict::Allow, 1);
    CHECK(field.allowed("a1", "a2", plus(noon, -1)));
    CHECK_FALSE(field.allowed("a1", "a2", noon));
  }
  SECTION("rules without one are in force at every moment") {
    field.policy.rules[0].expires.reset();
    CHECK(field.allowed("a1", "a2", Moment{INT64_MAX}));
    CHECK(field.allowed("a1", "a2", before_all));
  }
  SECTION("both gates look at the same clock") {
    CHECK(field.ask("a1", "a2", noon, Direction::Ingress).verdict == Verdict::Deny);
    CHECK(field.ask("a1", "a2", plus(noon, -1), Direction::Ingress).verdict == Verdict::Allow);
    const Flow flow{{&field.peers["a1"], {}}, {&field.peers["a2"], {}}, http};
    CHECK(evaluate(field.policy, flow, plus(noon, -1)).allowed);
    CHECK_FALSE(evaluate(field.policy, flow, noon).allowed);
  }
}

TEST_CASE("an audited rule records its verdict and decides nothing", "[model][evaluate]") {
  Field field;
  SECTION("a deny lets the flow go on, and says what would have been") {
    field.rule(Verdict::Allow);
    field.rule(Verdict::Deny).audit = true;
    const GateDecision gate = field.ask("a1", "a2");
    CHECK(gate.verdict == Verdict::Allow);
    CHECK(gate.rule == RuleId{0});
    CHECK(gate.would_be == WouldBe{Verdict::Deny, Reason::Rule, RuleId{1}, {}, TierId{0}});
  }
  SECTION("an allow opens nothing") {
    field.rule(Verdict::Allow).audit = true;
    const GateDecision gate = field.ask("a1", "a2");
    CHECK(gate.verdict == Verdict::Deny);
    CHECK(gate.reason == Reason::Profile);
    CHECK(gate.would_be == WouldBe{Verdict::Allow, Reason::Rule, RuleId{0}, {}, TierId{0}});
  }
  SECTION("a pass leads nowhere, and the record tells where it would have led") {
    field.rule(Verdict::Pass).audit = true;
    field.isolate();
    field.rule(Verdict::Allow, 1);
    const GateDecision gate = field.ask("a1", "a2");
    CHECK(gate.verdict == Verdict::Deny);
    CHECK(gate.reason == Reason::Isolation);
    CHECK(gate.would_be == WouldBe{Verdict::Allow, Reason::Rule, RuleId{1}, {}, TierId{1}});
  }
  SECTION("nothing is recorded where it would not have taken part") {
    field.rule(Verdict::Allow);
    field.rule(Verdict::Deny, 1).audit = true;  // the walk ends before
    Rule& elsewhere = field.rule(Verdict::Deny);
    elsewhere.audit = true;
    elsewhere.source = Selector::equals(job, "z");
    CHECK_FALSE(field.ask("a1", "a2").would_be);
  }
  SECTION("nothing is recorded where another rule of the level beats it") {
    field.rule(Verdict::Deny);
    field.rule(Verdict::Allow).audit = true;
    CHECK_FALSE(field.ask("a1", "a2").would_be);
  }
  SECTION("the same verdict is recorded too") {
    field.rule(Verdict::Deny).audit = true;
    field.rule(Verdict::Deny);
    const GateDecision gate = field.ask("a1", "a2");
    CHECK(gate.rule == RuleId{1});
    CHECK(gate.would_be == WouldBe{Verdict::Deny, Reason::Rule, RuleId{0}, {}, TierId{0}});
  }
  SECTION("its relations and its deadline count in the record") {
    Rule& rule = field.rule(Verdict::Allow);
    rule.audit = true;
    rule.relations = {{job, job, true}};
    rule.expires = noon;
    CHECK(field.ask("a1", "a2", plus(noon, -1)).would_be);
    CHECK_FALSE(field.ask("a1", "b1", plus(noon, -1)).would_be);
    CHECK_FALSE(field.ask("a1", "a2", noon).would_be);
  }
}

TEST_CASE("an audited isolation records and allows", "[model][evaluate]") {
  Field field;
  field.rule(Verdict::Allow).source = Selector::equals(job, "a");
  field.isolate().audit = true;
  SECTION("what no rule of its tier decides") {
    const GateDecision gate = field.ask("b1", "a1");
    CHECK(gate.verdict == Verdict::Allow);
    CHECK(gate.reason == Reason::Isolation);
    CHECK(gate.isolation == IsolationId{0});
    CHECK(gate.would_be == WouldBe{Verdict::Deny, Reason::Isolation, {}, IsolationId{0}, TierId{0}});
  }
  SECTION("and says nothing where a rule of its tier decides") {
    CHECK(field.ask("a1", "b1").reason == Reason::Rule);
    CHECK_FALSE(field.ask("a1", "b1").would_be);
  }
  SECTION("later tiers are not asked: the walk ends here as it would in force") {
    field.rule(Verdict::Deny, 1);
    CHECK(field.allowed("b1", "a1"));
  }
  SECTION("one in force goes first, whatever the order in the source") {
    field.isolate();
    const GateDecision gate = field.ask("b1", "a1");
    CHECK(gate.verdict == Verdict::Deny);
    CHECK(gate.isolation == IsolationId{1});
    CHECK_FALSE(gate.would_be);
  }
  SECTION("of several audited ones the first is named") {
    field.isolate().audit = true;
    CHECK(field.ask("b1", "a1").isolation == IsolationId{0});
  }
  SECTION("an audited rule that would have decided is recorded before it") {
    field.rule(Verdict::Allow).audit = true;
    const GateDecision gate = field.ask("b1", "a1");
    CHECK(gate.verdict == Verdict::Allow);
    CHECK(gate.reason == Reason::Isolation);
    CHECK(gate.would_be == WouldBe{Verdict::Allow, Reason::Rule, RuleId{1}, {}, TierId{0}});
  }
}

TEST_CASE("no audit, no record", "[model][evaluate]") {
  Field field;
  field.rule(Verdict::Allow);
  field.isolate();
  CHECK_FALSE(field.ask("a1", "a2").would_be);
}
