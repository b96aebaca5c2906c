// Where other policy languages surprise their authors: each decided once, and this is where.

#include <catch2/catch.hpp>

#include "model/address.h"
#include "model/evaluate.h"
#include "model/moment.h"
#include "support.h"

namespace {

using namespace weft;
using frontend_tests::Read;
using model::PeerKind;

const std::string head =
    "label app, tenant, `ns.team` : string\nlabel ns.team : string\ngroup web = app == \"web\"\n"
    "group api = app == \"api\"\n";

Read good(const std::string& text, model::Moment now = model::before_all) {
  Read read = frontend_tests::read(head + text, {.now = now});
  INFO(text << "\n" << read.shown());
  REQUIRE_FALSE(read.diagnostics.has_errors());
  return read;
}

std::string codes(const std::string& text, model::Moment now = model::before_all) {
  return frontend_tests::read(head + text, {.now = now}).codes();
}

model::Peer workload(std::uint32_t id, std::map<std::string, std::string> labels) {
  model::Peer out{.kind = PeerKind::Workload,
                  .instance = model::InstanceId{id},
                  .labels = {},
                  .node = {},
                  .ports = {},
                  .apiserver = {}};
  for (auto& [key, value] : labels) out.labels.emplace(model::keys::of_workload(key), value);
  return out;
}

model::Decision decide(const Read& read, const model::Peer& from, const model::Peer& to,
                       model::Moment now = model::before_all) {
  const model::Flow flow{{&from, {}}, {&to, {}}, model::service_point(model::protocol::tcp, 80)};
  return model::evaluate(read.policy, flow, now);
}

const model::Peer web = workload(1, {{"app", "web"}, {"tenant", "a"}});
const model::Peer api = workload(2, {{"app", "api"}, {"tenant", "a"}});

}  // namespace

TEST_CASE("trap: there is no empty list that means all or nothing", "[frontend][traps]") {
  CHECK(codes("policy p { allow app in {} -> web : any }") == "W1029");
  CHECK(codes("policy p { allow app not in {} -> web : any }") == "W1029");
  CHECK(codes("policy p { allow -> web : any }") == "W1001");
  CHECK(codes("policy p { allow web -> web : }") == "W1001");
  CHECK(codes("policy p { allow none -> any : any }").empty());
}

TEST_CASE("trap: opposite verdicts in one priority are defined, and order means nothing", "[frontend][traps]") {
  const Read one = good("policy p { allow web -> api : any deny web -> api : tcp/80 }");
  const Read other = good("policy p { deny web -> api : tcp/80 allow web -> api : any }");
  CHECK_FALSE(decide(one, web, api).allowed);
  CHECK_FALSE(decide(other, web, api).allowed);
  const Read ordered = good("policy p ordered { allow web -> api : any deny web -> api : tcp/80 }");
  CHECK(decide(ordered, web, api).allowed);
}

TEST_CASE("trap: an edge without `at` opens both gates, with it one", "[frontend][traps]") {
  CHECK(decide(good("policy p { allow web -> api : tcp/80 }"), web, api).allowed);
  const model::Decision half = decide(good("policy p { allow at destination web -> api : tcp/80 }"), web, api);
  CHECK_FALSE(half.allowed);
  CHECK(half.egress->verdict == model::Verdict::Deny);
  CHECK(half.ingress->verdict == model::Verdict::Allow);
}

TEST_CASE("trap: who owns one end writes no gate of the other", "[frontend][traps]") {
  CHECK(codes("policy p for web { allow web -> api : tcp/80 }") == "W1062");
  CHECK(codes("policy p for web { allow at source web -> api : tcp/80 }").empty());
  CHECK(codes("policy p for web { allow at destination web -> api : tcp/80 }") == "W1062");
  CHECK(codes("policy p for web { isolate api }") == "W1063");
  CHECK(codes("policy p for workload { allow web -> api : tcp/80 isolate api }").empty());
  // `any` holds nodes; the world has no gates to write.
  CHECK(codes("policy p for workload { allow web -> any : tcp/80 }") == "W1062");
  CHECK(codes("policy p for workload { allow web -> world : tcp/80 }").empty());
}

TEST_CASE("trap: a deadline that has passed is an error, one to come ends by itself", "[frontend][traps]") {
  const std::string text = "policy p { allow web -> api : tcp/80 expires 2027-01-31 }";
  const model::Moment before = model::parse_moment("2027-01-30T23:59:59Z").value();
  const model::Moment after = model::parse_moment("2027-01-31").value();
  CHECK(codes(text).empty());
  CHECK(codes(text, before).empty());
  CHECK(codes(text, after) == "W1059");
  const Read read = good(text, before);
  CHECK(decide(read, web, api, before).allowed);
  CHECK_FALSE(decide(read, web, api, after).allowed);
}

TEST_CASE("trap: `audit` records and then counts as no match", "[frontend][traps]") {
  for (const std::string text : {"policy p { allow web -> api : any audit deny web -> api : tcp/80 }",
                                 "policy p { allow web -> api : any }\npolicy q audit { deny web -> api : tcp/80 }"}) {
    const model::Decision decision = decide(good(text), web, api);
    CHECK(decision.allowed);
    REQUIRE(decision.egress->would_be.has_value());
    CHECK(decision.egress->would_be->verdict == model::Verdict::Deny);
  }
  const Read read = good("policy q audit { isolate web allow web -> api : any }");
  CHECK(read.policy.isolations.front().audit);
  CHECK(read.policy.rules.front().audit);
}

TEST_CASE("trap: a relation is false where either key is absent", "[frontend][traps]") {
  const model::Peer same = workload(3, {{"tenant", "a"}}), other = workload(4, {{"tenant", "b"}}),
                    none = workload(5, {});
  const Read equal = good("policy p { allow any -> any : any when source.tenant == destination.tenant }");
  CHECK(decide(equal, web, same).allowed);
  CHECK_FALSE(decide(equal, web, other).allowed);
  CHECK_FALSE(decide(equal, web, none).allowed);
  CHECK_FALSE(decide(equal, none, none).egress.has_value());  // itself: no gate
  const Read differs = good("policy p { allow any -> any : any when destination.tenant != source.tenant }");
  CHECK_FALSE(decide(differs, web, same).allowed);
  CHECK(decide(differs, web, other).allowed);
  CHECK_FALSE(decide(differs, web, none).allowed);
  // The ends stand in either order and mean the same.
  const Read swapped = good("policy p { allow any -> any : any when destination.ns.team == source.tenant }");
  REQUIRE(swapped.policy.rules.front().relations.size() == 1);
  CHECK(swapped.policy.rules.front().relations.front().source == model::keys::of_workload("tenant"));
  CHECK(swapped.policy.rules.front().relations.front().destination == model::keys::of_namespace("team"));
}

TEST_CASE("trap: comparisons with an absent key are false, and so is `!=`", "[frontend][traps]") {
  const model::Peer bare = workload(6, {});
  CHECK_FALSE(decide(good("policy p { allow app != \"x\" -> any : any }"), bare, web).allowed);
  CHECK(decide(good("policy p { allow workload && !(app == \"x\") -> any : any }"), bare, web).allowed);
  CHECK(codes("policy p { allow !(app == \"x\") -> any : any }") == "W1042");
}

TEST_CASE("trap: annotations are data and change no verdict", "[frontend][traps]") {
  const Read read = good(
      "@owner(\"x\") policy p { @id(r) @expect(conflict) @review_by(2027-03-01) @tag(\"a\", 1, b) allow web -> api : "
      "any }");
  const model::Rule& rule = read.policy.rules.front();
  CHECK(decide(read, web, api).allowed);
  CHECK(rule.id == "r");
  REQUIRE(rule.annotations.size() == 4);
  CHECK(rule.annotations[1].values == std::vector<std::string>{"conflict"});
  CHECK(rule.annotations[3].values == std::vector<std::string>{"a", "1", "b"});
  CHECK(read.policy.blocks.front().annotations.front().name == "owner");
}

TEST_CASE("trap: obligations are carried, never dropped", "[frontend][traps]") {
  const Read read = good(
      "policy p { allow web -> api : tcp/80 requires http(method = \"GET\", path = \"/v1\") requires mutual-auth log "
      "}");
  const model::Rule& rule = read.policy.rules.front();
  REQUIRE(rule.obligations.size() == 2);
  CHECK(rule.obligations[0].kind == "http");
  CHECK(rule.obligations[0].details ==
        std::vector<std::pair<std::string, std::string>>{{"method", "GET"}, {"path", "/v1"}});
  CHECK(rule.obligations[1].kind == "mutual-auth");
  CHECK(rule.log == "");
}

TEST_CASE("trap: a dot in backticks is no namespace", "[frontend][traps]") {
  const Read read = good("policy p { allow ns.team == \"x\" -> `ns.team` == \"x\" : any }");
  CHECK(read.policy.rules.front().source.key == model::keys::of_namespace("team"));
  CHECK(read.policy.rules.front().destination.key == model::keys::of_workload("ns.team"));
}

TEST_CASE("trap: isolation is never implied by a rule", "[frontend][traps]") {
  const Read read = good("profile k8s\npolicy p { allow at destination web -> api : tcp/443 }");
  CHECK(read.policy.isolations.empty());
  CHECK(decide(read, web, api).allowed);
}

TEST_CASE("trap: a network by itself is the world's, `addr` is whoever has the address", "[frontend][traps]") {
  const model::Address inside = model::parse_address("10.20.1.1").value();
  const model::Peer world{
      .kind = PeerKind::World, .instance = {}, .labels = {}, .node = {}, .ports = {}, .apiserver = {}};
  const auto lets_in = [&](const std::string& source, const model::Peer& from) {
    const Read read = good("network office = 10.20.0.0/16\npolicy p { allow at destination " + source +
                           " -> api : any isolate api ingress }");
    const model::Flow flow{{&from, inside}, {&api, {}}, model::service_point(model::protocol::tcp, 80)};
    const model::Decision decision = model::evaluate(read.policy, flow);
    return decision.ingress->verdict == model::Verdict::Allow;
  };
  for (const std::string source : {"office", "world office", "world 10.20.0.0/16"}) {
    INFO(source);
    CHECK(lets_in(source, world));
    CHECK_FALSE(lets_in(source, web));
  }
  for (const std::string source : {"addr office", "addr 10.20.0.0/16"}) {
    INFO(source);
    CHECK(lets_in(source, world));
    CHECK(lets_in(source, web));
  }
}

TEST_CASE("trap: a service has no default protocol, and a named port is the destination's", "[frontend][traps]") {
  CHECK(codes("policy p { allow web -> api : 80 }") != "");
  CHECK(codes("policy p { allow web -> api }") == "W1001");
  const Read read = good("policy p { allow web -> api : tcp/http }");
  model::Peer declares = workload(7, {{"app", "api"}});
  declares.ports.push_back({"http", model::protocol::tcp, 80});
  model::Peer otherwise = workload(8, {{"app", "api"}});
  otherwise.ports.push_back({"http", model::protocol::udp, 80});
  CHECK(decide(read, web, declares).allowed);
  CHECK_FALSE(decide(read, web, otherwise).allowed);
  CHECK_FALSE(decide(read, web, api).allowed);
}

TEST_CASE("trap: a workload reaches itself, and not its like", "[frontend][traps]") {
  const Read read = good("policy p { deny any -> any : any }");
  CHECK(decide(read, web, web).allowed);
  CHECK(decide(read, web, web).self);
  CHECK_FALSE(decide(read, web, workload(9, {{"app", "web"}, {"tenant", "a"}})).allowed);
}

TEST_CASE("trap: nobody shuts a node that is not guarded", "[frontend][traps]") {
  model::Peer node = workload(10, {});
  node.kind = PeerKind::Node;
  const std::string shut = "policy p { isolate node deny node -> any : any deny any -> node : any }";
  CHECK_FALSE(decide(good(shut), node, web).egress.has_value());
  CHECK_FALSE(decide(good(shut), web, node).ingress.has_value());
  CHECK(decide(good(shut + " guard node"), node, web).egress->verdict == model::Verdict::Deny);
}

TEST_CASE("trap: nothing is defined by itself", "[frontend][traps]") {
  CHECK(codes("group a = b\ngroup b = a\npolicy p { allow a -> web : any }") == "W1024");
  CHECK(codes("network a = a\npolicy p { allow a -> web : any }") == "W1024");
  CHECK(codes("service a = b\nservice b = a \\ tcp/1\npolicy p { allow web -> web : a }") == "W1024");
  CHECK(codes("template t() { use t() }\nuse t()") == "W1075");
}

TEST_CASE("trap: whose node is asked, is asked at one gate only", "[frontend][traps]") {
  CHECK(codes("policy p { allow at destination host -> web : any }").empty());
  CHECK(codes("policy p { allow host -> web : any }") == "W1090");
  CHECK(codes("policy p { allow at source host -> web : any }") == "W1090");
  CHECK(codes("group a = host\npolicy p { allow at destination a -> web : any }") == "W1090");
  CHECK(codes("policy p { isolate remote_node }") == "W1090");
}

TEST_CASE("trap: the lowest priority goes first, and `pass` skips to a later tier", "[frontend][traps]") {
  CHECK(decide(good("policy p priority 2 { deny web -> api : any } policy q priority 1 { allow web -> api : any }"),
               web, api)
            .allowed);
  CHECK(decide(good("policy p priority -1 { allow web -> api : any } policy q { deny web -> api : any }"), web, api)
            .allowed);
  const std::string tiers =
      "tiers one, two, three\npolicy b in two { deny web -> api : any } policy c in three { allow "
      "web -> api : any }\n";
  CHECK_FALSE(decide(good(tiers + "policy a in one { pass web -> api : any }"), web, api).allowed);
  CHECK(decide(good(tiers + "policy a in one { pass to three web -> api : any }"), web, api).allowed);
  CHECK_FALSE(decide(good(tiers + "policy a in two { pass to three web -> api : any }"), web, api).allowed);
}
