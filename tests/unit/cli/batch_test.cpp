#include <catch2/catch.hpp>

#include "cli/batch.h"
#include "cli/plain_line.h"

#include <fmt/format.h>

using namespace weft;
using namespace weft::cli;

TEST_CASE("lines that are cut without being parsed", "[cli]") {
  const auto cut = [](std::string_view line) { return cut_plain_line(line); };
  CHECK(cut(R"({"id": 7, "from": "a", "to": "b", "service": "tcp/1"})") == PlainLine{"7", R"("a")", R"("b")", "tcp/1"});
  CHECK(cut("{\"service\":\"tcp/1\",\"to\":\"b\",\"from\":\"a\"}\r") == PlainLine{"", R"("a")", R"("b")", "tcp/1"});
  CHECK(cut(R"({"from": {"labels": {"a": "}"}, "x": [1, {}]}, "to": "b", "service": "s", "more": -12})") ==
        PlainLine{"", R"({"labels": {"a": "}"}, "x": [1, {}]})", R"("b")", "s"});
  const std::string rest = R"(, "from": "a", "to": "b", "service": "s"})";
  for (const char* number : {"0", "-1", "123456789012345678"}) CHECK(cut("{\"id\": " + std::string(number) + rest));

  // What is JSON, and what is none: all this is for a parser to say.
  for (const char* number : {"-0", "01", "1.5", "1e3", "-", "1234567890123456789", "null", "true", "[]", "+1", ""}) {
    CHECK_FALSE(cut("{\"id\": " + std::string(number) + rest));
  }
  for (const char* line :
       {"", "{}", "[]", "{", R"({"from": "a"})", R"({"from": "a", "to": "b", "service": "s"} x)",
        R"({"from": "a", "to": "b", "service": "s",})", R"({"from": "a" "to": "b", "service": "s"})",
        R"({"from": "a", "from": "c", "to": "b", "service": "s"})", R"({"from": "a\n", "to": "b", "service": "s"})",
        "{\"from\": \"\xC3\xA9\", \"to\": \"b\", \"service\": \"s\"}", R"({"from": ["a"], "to": "b", "service": "s"})",
        R"({"from": {"a": 1, "to": "b", "service": "s"})", R"({"from": "a", "to": "b", "service": ""})",
        R"({"from": "a", "to": "b", "service": 5})", R"({"": 1, "from": "a", "to": "b", "service": "s"} {)",
        R"({"from": "a", "to": "b", "service": "s)", R"({"from": "a", "to": "b", "service": "s", "x": null})",
        R"({'from': "a", "to": "b", "service": "s"})"}) {
    INFO(line);
    CHECK_FALSE(cut(line));
  }
}

namespace {

struct Example {
  model::Policy policy;
  model::Inventory inventory;
  Sources sources;

  Example() {
    policy.tiers.push_back({"app", {}});
    policy.blocks.push_back({});
    policy.blocks[0].name = "p";
    model::Rule& rule = policy.rules.emplace_back();
    rule.source = model::Selector::equals(model::keys::of_workload("app"), "web");
    rule.destination = model::Selector::any();
    rule.ports = {model::PointSet::of_range(6, 80, 80), {{6, "http"}}};
    const SourceId source = sources.add("p.weft", "allow app == \"web\" -> any : tcp/80, tcp/http\n");
    rule.span = {source, 0, 44};
    model::Isolation& isolation = policy.isolations.emplace_back();
    isolation.subject = model::Selector::any();
    isolation.span = rule.span;
    policy.schema[model::keys::of_workload("app")].values = std::vector<std::string>{"db", "web"};
    for (const char* name : {"web", "db"}) {
      model::Instance& instance = inventory.instances.emplace_back();
      instance.name = name;
      instance.peer.kind = model::PeerKind::Workload;
      instance.peer.instance = static_cast<model::InstanceId>(inventory.instances.size() - 1);
      instance.peer.labels.emplace(model::keys::of_workload("app"), name);
      instance.peer.ports.push_back({"http", 6, static_cast<std::uint16_t>(name[0] == 'w' ? 8080 : 9090)});
    }
    inventory.index();
  }
};

}  // namespace

TEST_CASE("a line is answered the same the first time and ever after", "[cli]") {
  const Example example;
  const driver::Judge judge(example.policy, example.inventory);
  const driver::QuickJudge quick(example.policy, example.inventory, model::before_all);
  DecisionText text(example.policy, example.sources);
  const auto alone = [&](std::string_view line) {
    std::string out;
    Batch(judge, quick, text).answer(line, out);
    return out;
  };
  std::vector<std::string> lines;
  for (const char* from : {R"("web")", R"("db")", R"({"labels": {"app": "web"}})", R"({"labels":{"app":"wbe"}})",
                           R"({"address": "10.1.2.3"})", R"({"labels": {"app": "web"}, "addresses": ["10.0.0.9"]})",
                           R"("nobody")", R"({"labels": {"app": "web"]})"}) {
    for (const char* to : {R"("web")", R"("db")", R"({"labels": {"app": "web"}})", R"({"address": "10.0.0.9"})"}) {
      for (const char* service : {"tcp/80", "tcp/81", "tcp/http", "tcp/080", "tcp", "ip/47"}) {
        lines.push_back(
            fmt::format(R"({{"id": {}, "from": {}, "to": {}, "service": "{}"}})", lines.size(), from, to, service));
      }
    }
  }
  Batch batch(judge, quick, text);
  for (int round = 0; round < 3; ++round) {
    for (const std::string& line : lines) {
      std::string out;
      batch.answer(line, out);
      REQUIRE(out == alone(line));
    }
  }
  CHECK(batch.denied());
  CHECK(batch.answered() + batch.refused() == 3 * lines.size());
  CHECK(batch.refused() > 0);
}
