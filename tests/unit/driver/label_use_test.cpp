#include <catch2/catch.hpp>

#include "driver/label_use.h"
#include "test_world.h"
#include "tests/support/processor_time.h"

using namespace weft;
using namespace weft::driver;
using namespace weft::driver::test;
using model::Selector;
using model::Verdict;

namespace {

const model::LabelKey zone = model::keys::of_workload("zone");

model::Inventory pods(int count) {
  model::Inventory out;
  for (int i = 0; i < count; ++i) {
    add(out, "pod-" + std::to_string(i),
        {{app, "app-" + std::to_string(i % 10)}, {zone, i % 2 == 0 ? "a" : "b"}, {pod_index, std::to_string(i)}});
  }
  out.index();
  return out;
}

}  // namespace

TEST_CASE("a label costs the identities that only it tells apart", "[driver][labels]") {
  model::Policy policy = empty_policy();
  add_rule(policy, Verdict::Allow, is("app-1"), is("app-2"), tcp(80));
  add_rule(policy, Verdict::Allow, Selector::equals(zone, "a"), is("app-2"), tcp(80));
  policy.groups = {{"one", is("app-1"), {}}, {"unrelated", Selector::has(pod_index), {}}};
  const LabelReport report = report_labels(policy, pods(100));
  CHECK(report.workloads == 100);
  // app: 1, 2, others; odd apps are in zone b. So (1,b), (2,a), (others,a), (others,b).
  CHECK(report.identities == 4);
  REQUIRE(report.used.size() == 2);
  const LabelReport::Used& by_app = report.used[0];
  CHECK(by_app.key == app);
  CHECK(by_app.values == 10);
  CHECK(by_app.told_apart == 3);
  CHECK(by_app.identities_without == 2);
  CHECK(by_app.rules == 2);
  CHECK(by_app.groups == std::vector<std::string>{"one"});
  CHECK(report.used[1].key == zone);
  CHECK(report.used[1].identities_without == 3);
  REQUIRE(report.unused.size() == 1);
  CHECK(report.unused[0].key == pod_index);
  CHECK(report.unused[0].values == 100);
  CHECK(report.unused[0].high_cardinality);
}

TEST_CASE("a relation tells all values apart", "[driver][labels]") {
  model::Policy policy = empty_policy();
  add_rule(policy, Verdict::Allow, Selector::workload(), Selector::workload(), tcp(80)).relations = {
      {zone, pod_index, true}};
  const LabelReport report = report_labels(policy, pods(50));
  CHECK(report.identities == 50);
  REQUIRE(report.used.size() == 2);
  CHECK(report.used[0].key == pod_index);
  CHECK(report.used[0].identities_without == 2);
  CHECK(report.used[1].relations == 1);
  CHECK(report.used[1].identities_without == 50);
}

TEST_CASE("values that no comparison tells apart are one", "[driver][labels]") {
  model::Policy policy = empty_policy();
  const auto told = [&](Selector selector) {
    policy.rules.clear();
    add_rule(policy, Verdict::Allow, std::move(selector), Selector::any(), tcp(80));
    return report_labels(policy, pods(100)).used.at(0).told_apart;
  };
  CHECK(told(Selector::one_of(app, {"app-1", "app-2"})) == 2);
  CHECK(told(Selector::any_of({is("app-1"), is("app-2")})) == 3);
  CHECK(told(Selector::glob(app, "app-?")) == 1);
  CHECK(told(Selector::glob(pod_index, "1*")) == 2);
  CHECK(told(Selector::has(app)) == 1);
  CHECK(told(Selector::has(model::keys::of_workload("absent"))) == 1);
}

TEST_CASE("assertions look at labels, but add no identity", "[driver][labels]") {
  model::Policy policy = empty_policy();
  model::Assertion claim;
  claim.source = claim.destination = Selector::has(pod_index);
  policy.assertions.push_back(claim);
  const LabelReport report = report_labels(policy, pods(30));
  CHECK(report.identities == 1);
  CHECK(report.used.empty());
  REQUIRE(report.unused.size() == 3);
  CHECK(report.unused[0].key == pod_index);
  CHECK(report.unused[0].assertions == 1);
}

TEST_CASE("64,000 workloads with twenty labels in use are counted while one waits", "[driver][labels]") {
  model::Policy policy = empty_policy();
  std::vector<model::LabelKey> keys;
  for (int k = 0; k < 20; ++k) keys.push_back(model::keys::of_workload("k" + std::to_string(k)));
  model::Inventory inventory;
  for (int i = 0; i < 64'000; ++i) {
    model::Labels labels{{pod_index, std::to_string(i)}};
    for (int k = 0; k < 20; ++k) labels[keys[static_cast<std::size_t>(k)]] = std::to_string(i % (k + 2));
    add(inventory, std::to_string(i), std::move(labels));
  }
  inventory.index();
  for (const model::LabelKey& key : keys) {
    for (int value = 0; value < 5; ++value) {
      add_rule(policy, Verdict::Allow, Selector::equals(key, std::to_string(value)), Selector::any(), tcp(80));
    }
  }
  LabelReport report;
  CHECK(weft::test::processor_seconds([&] { report = report_labels(policy, inventory); }) < 10);
  CHECK(report.used.size() == 20);
  CHECK(report.identities > 1000);
}
