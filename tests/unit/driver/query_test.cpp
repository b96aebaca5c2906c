#include <catch2/catch.hpp>

#include "driver/query.h"

using namespace weft;
using namespace weft::driver;
using model::Selector;
using model::Verdict;
using Answered = driver::Answer::Verdict;

namespace {

model::Address address(std::string_view text) { return model::parse_address(text).value(); }

model::PortSet tcp(std::uint16_t port) { return {model::PointSet::of_range(6, port, port), {}}; }

// Two workloads, a node with a host-network workload on it, and a listed namespace.
model::Inventory inventory() {
  model::Inventory out;
  const auto add = [&](std::string name, model::PeerKind kind, model::Labels labels,
                       std::vector<std::string> addresses) {
    model::Instance instance;
    instance.name = std::move(name);
    instance.peer.kind = kind;
    instance.peer.instance = static_cast<model::InstanceId>(out.instances.size());
    instance.peer.labels = std::move(labels);
    for (const std::string& each : addresses) instance.addresses.push_back(address(each));
    out.instances.push_back(std::move(instance));
  };
  const model::LabelKey app = model::keys::of_workload("app");
  add("web", model::PeerKind::Workload, {{app, "web"}, {model::keys::ns, "shop"}}, {"10.0.0.1", "fd00::1"});
  add("db", model::PeerKind::Workload, {{app, "db"}, {model::keys::ns, "shop"}}, {"10.0.0.2", "fd00::2"});
  add("n1", model::PeerKind::Node, {{model::keys::of_node("zone"), "a"}}, {"172.16.0.1"});
  add("agent", model::PeerKind::Workload, {{app, "web"}}, {});
  add("bare", model::PeerKind::Workload, {{app, "web"}}, {});
  add("six", model::PeerKind::Workload, {{app, "web"}}, {"fd00::6"});
  out.instances[1].peer.ports = {{"pg", 6, 5432}, {"odd", 6, 1}, {"odd", 6, 2}};
  out.instances[3].host = model::InstanceId{2};
  out.namespaces["shop"] = {{model::keys::of_namespace("team"), "commerce"}};
  out.index();
  return out;
}

model::Policy policy(std::vector<std::tuple<Verdict, Selector, Selector, model::PortSet>> edges) {
  model::Policy out;
  out.tiers.push_back({"default", {}});
  out.blocks.push_back({});
  out.blocks[0].name = "shop";
  for (auto& [verdict, source, destination, ports] : edges) {
    model::Rule rule;
    rule.verdict = verdict;
    rule.source = source;
    rule.destination = destination;
    rule.ports = ports;
    out.rules.push_back(rule);
  }
  return out;
}

const Selector web = Selector::equals(model::keys::of_workload("app"), "web");
const Selector db = Selector::equals(model::keys::of_workload("app"), "db");

model::Policy web_to_db() { return policy({{Verdict::Allow, web, db, tcp(5432)}}); }

struct World {
  model::Policy rules;
  model::Inventory closed = inventory();
  Judge judge{rules, closed};

  explicit World(model::Policy of = web_to_db()) : rules(std::move(of)) {}

  Answer answer(std::string_view flow) const {
    INFO(flow);
    auto question = parse_question(flow);
    REQUIRE(question.has_value());
    auto answer = judge.answer(*question);
    if (!answer) FAIL(answer.error().message);
    return *answer;
  }

  Error refusal(const Question& question) const {
    const auto answer = judge.answer(question);
    REQUIRE(!answer.has_value());
    return answer.error();
  }
  Error refusal(std::string_view flow) const { return refusal(parse_question(flow).value()); }
};

}  // namespace

TEST_CASE("names, addresses and label maps are the same question", "[driver]") {
  const World world;
  for (const auto* flow : {"web -> db : tcp/5432", "10.0.0.1 -> db : tcp/5432", "web -> fd00::2 : tcp/5432",
                           "{app: web} -> db : tcp/5432", "web -> {app: db} : tcp/5432", "web -> db : tcp/pg"}) {
    INFO(flow);
    const Answer answer = world.answer(flow);
    CHECK(answer.verdict == Answered::Allow);
    REQUIRE(answer.judgements.size() == 1);
    CHECK(answer.judgements[0].decision.egress->rule == model::RuleId{0});
    CHECK(answer.judgements[0].decision.ingress->rule == model::RuleId{0});
  }
  CHECK(world.answer("db -> web : tcp/5432").verdict == Answered::Deny);
  CHECK(world.answer("web -> db : tcp/5433").verdict == Answered::Deny);
}

TEST_CASE("self is by instance, not by label set", "[driver]") {
  const World world(policy({}));
  CHECK(world.answer("web -> web : tcp/1").judgements[0].decision.self);
  CHECK(world.answer("web -> 10.0.0.1 : tcp/1").verdict == Answered::Allow);
  CHECK(world.answer("{app: web} -> {app: web} : tcp/1").verdict == Answered::Deny);
  CHECK(world.answer("{app: web, ns: shop} -> web : tcp/1").verdict == Answered::Deny);
}

TEST_CASE("a host-network workload is its node", "[driver]") {
  const World world;
  const Answer answer = world.answer("agent -> db : tcp/5432");
  CHECK(answer.verdict == Answered::Deny);  // its label app=web selects nothing
  CHECK(!answer.judgements[0].decision.egress.has_value());
  REQUIRE(answer.notes.size() == 1);
  CHECK(answer.notes[0] == "`agent` uses the network of its node and is judged as `n1`");
}

TEST_CASE("addresses that are judged differently are told apart", "[driver]") {
  model::AddressSet six;
  six.add(model::AddressSet::of(*model::parse_prefix("fd00::/16")));
  const World world(
      policy({{Verdict::Allow, web, db, tcp(5432)}, {Verdict::Deny, Selector::address(six), db, tcp(5432)}}));
  const Answer answer = world.answer("web -> db : tcp/5432");
  CHECK(answer.verdict == Answered::Mixed);
  REQUIRE(answer.judgements.size() == 2);
  CHECK(answer.judgements[0].source == address("10.0.0.1"));
  CHECK(answer.judgements[0].decision.allowed);
  CHECK(answer.judgements[1].destination == address("fd00::2"));
  CHECK(!answer.judgements[1].decision.allowed);
  CHECK(world.answer("web -> db : tcp/80").judgements.size() == 1);  // decided alike: told once
  CHECK(world.answer("10.0.0.1 -> db : tcp/5432").verdict == Answered::Allow);
  CHECK(world.answer("fd00::1 -> db : tcp/5432").verdict == Answered::Deny);
  CHECK(world.answer("bare -> db : tcp/5432").verdict == Answered::Allow);  // no address, no address selector
}

TEST_CASE("ends that share no family cannot meet", "[driver]") {
  CHECK(World().refusal("n1 -> six : tcp/5432").code == "W9105");
  CHECK(World().refusal("8.8.8.8 -> fd00::2 : tcp/1").code == "W9105");
}

TEST_CASE("what nobody knows is refused with a remedy", "[driver]") {
  const World world;
  const auto check = [&](std::string_view flow, std::string_view code, std::string_view message,
                         std::string_view help) {
    INFO(flow);
    const Error error = world.refusal(flow);
    CHECK(error.code == code);
    CHECK(error.message == message);
    CHECK(error.help == help);
  };
  check("wbe -> db : tcp/1", "W9102", "the inventory has no workload or node `wbe`", "did you mean `web`?");
  check("world -> db : tcp/1", "W9102", "the inventory has no workload or node `world`",
        "name an address of the world");
  check("web -> db : tcp/http", "W9104", "`db` declares no port `tcp/http`",
        "write the number, or a port its inventory entry names");
  check("web -> db : udp/pg", "W9104", "`db` declares no port `udp/pg`",
        "write the number, or a port its inventory entry names");
  check("web -> db : tcp/odd", "W9104", "`db` declares `tcp/odd` at several ports", "write the number");
}

TEST_CASE("a group is no peer, but names one of its members", "[driver]") {
  model::Policy rules = web_to_db();
  rules.groups = {{"database", db, {}}, {"empty", Selector::none(), {}}};
  const World world(std::move(rules));
  CHECK(world.refusal("web -> database : tcp/1").help ==
        "`database` is a group; ask about one of its members, such as `db`");
  CHECK(world.refusal("web -> empty : tcp/1").help == "`empty` is a group, and nothing in the inventory is in it");
}

TEST_CASE("an imagined workload lives in the world of the inventory", "[driver]") {
  const Selector commerce = Selector::equals(model::keys::of_namespace("team"), "commerce");
  const World world(policy({{Verdict::Allow, commerce, db, tcp(5432)}}));
  const auto ask = [&](ImaginedPeer peer) {
    return world.judge.answer({std::move(peer), NamedPeer{"db"}, "tcp/5432"});
  };

  SECTION("a listed namespace brings its labels") {
    ImaginedPeer peer;
    peer.ns = "shop";
    CHECK(ask(peer)->verdict == Answered::Allow);
    peer.ns_labels = {{"team", "commerce"}, {"kubernetes.io/metadata.name", "shop"}};
    CHECK(ask(peer)->verdict == Answered::Allow);
  }
  SECTION("a listed namespace has no other labels") {
    ImaginedPeer peer;
    peer.ns = "shop";
    peer.ns_labels = {{"team", "other"}};
    CHECK(ask(peer).error().code == "W9106");
    peer.ns_labels = {{"new", "x"}};
    CHECK(ask(peer).error().code == "W9106");
    peer.ns_labels = {{"kubernetes.io/metadata.name", "other"}};
    CHECK(ask(peer).error().code == "W9106");
  }
  SECTION("an unlisted one is free") {
    ImaginedPeer peer;
    peer.ns = "new";
    peer.ns_labels = {{"team", "commerce"}};
    CHECK(ask(peer)->verdict == Answered::Allow);
  }
  SECTION("an address belongs to one peer") {
    ImaginedPeer peer;
    peer.addresses = {"10.0.0.1"};
    CHECK(ask(peer).error().message == "the address 10.0.0.1 belongs to `web`");
    peer.addresses = {"10.9.9.9"};
    const auto self = world.judge.answer({peer, AddressPeer{"10.9.9.9"}, "tcp/5432"});
    CHECK(self->judgements[0].decision.self);
    CHECK(world.judge.answer({peer, peer, "tcp/5432"}).error().code == "W9106");
    peer.addresses = {"10.9.9"};
    CHECK(ask(peer).error().code == "W9103");
  }
  SECTION("it runs on a node that exists, and declares numbers") {
    ImaginedPeer peer;
    peer.node = "n2";
    CHECK(ask(peer).error() == Error{"W9102", "the inventory has no node `n2`", "did you mean `n1`?"});
    peer.node = "web";
    CHECK(ask(peer).error().code == "W9106");
    peer.node = "n1";
    CHECK(ask(peer).has_value());
    peer.ports = {{"http", {"tcp/web"}}};
    CHECK(ask(peer).error().code == "W9106");
    peer.ports = {{"http", {"tcp/8080"}}};
    CHECK(ask(peer).has_value());
  }
  SECTION("its own ports resolve a service by name") {
    ImaginedPeer peer;
    peer.ports = {{"http", {"tcp/8080", "udp/8080"}}};
    CHECK(world.judge.answer({NamedPeer{"web"}, peer, "tcp/http"})->service == model::service_point(6, 8080));
    CHECK(world.judge.answer({NamedPeer{"web"}, peer, "sctp/http"}).error().code == "W9104");
  }
}

TEST_CASE("a label that no rule can tell is doubted, and answered all the same", "[driver]") {
  model::Policy rules = web_to_db();
  rules.schema[model::keys::of_workload("app")] = {{{"web", "db"}}, {}};
  rules.schema[model::keys::of_workload("tier")] = {};
  rules.schema[model::keys::of_namespace("team")] = {};
  rules.schema[model::keys::sa] = {{{"front"}}, {}};
  const World world(std::move(rules));
  const auto doubts = [&](std::string_view flow) {
    (void)world.answer(flow);
    std::vector<std::string> out;
    for (const Doubt& doubt : world.judge.doubts(*parse_question(flow)))
      out.push_back(doubt.message + "; " + doubt.help);
    return out;
  };
  using Texts = std::vector<std::string>;
  CHECK(doubts("{app: web, tier: anything, ns: unlisted, ns.team: x, sa: front} -> db : tcp/1").empty());
  CHECK(doubts("web -> 10.0.0.2 : tcp/1").empty());
  CHECK(doubts("{ap: web} -> {ns.tem: x} : tcp/1") ==
        Texts{"the policy declares no label `ap`: no rule looks at it; did you mean `app`?",
              "the policy declares no label `ns.tem`: no rule looks at it; did you mean `ns.team`?"});
  CHECK(doubts("{colour: red} -> db : tcp/1") == Texts{"the policy declares no label `colour`: no rule looks at it; "});
  CHECK(doubts("{app: wbe} -> {app: red, sa: frnt} : tcp/1") ==
        Texts{"`wbe` is no value that the policy declares for `app`; did you mean `web`?",
              "`red` is no value that the policy declares for `app`; it declares web, db",
              "`frnt` is no value that the policy declares for `sa`; did you mean `front`?"});
}

TEST_CASE("own node enters under a profile that lets it", "[driver]") {
  model::Policy rules = policy({});
  rules.profile.own_node_may_enter = true;
  const World world(std::move(rules));
  ImaginedPeer peer;
  peer.node = "n1";
  CHECK(world.judge.answer({NamedPeer{"n1"}, peer, "tcp/1"})->verdict == Answered::Allow);
  peer.node.reset();
  CHECK(world.judge.answer({NamedPeer{"n1"}, peer, "tcp/1"})->verdict == Answered::Deny);
}
