#include "plan/build.h"

#include <algorithm>

#include <catch2/catch.hpp>

#include <fmt/format.h>

#include "bundle/abi.h"
#include "plan/vocabulary.h"
#include "tests/support/world.h"

using namespace weft;
using model::Selector;

namespace {

model::Selector app(std::string name) { return Selector::equals(model::keys::of_workload("app"), std::move(name)); }

model::Rule allow(Selector source, Selector destination, model::PortSet ports) {
  model::Rule rule;
  rule.source = std::move(source);
  rule.destination = std::move(destination);
  rule.ports = std::move(ports);
  return rule;
}

model::Policy policy_of(std::vector<model::Rule> rules) {
  model::Policy policy;
  policy.profile = *model::find_profile("strict");
  policy.tiers = {{.name = "main"}};
  policy.blocks.emplace_back();
  policy.rules = std::move(rules);
  return policy;
}

void add_workload(model::Inventory& inventory, const std::string& name, const std::string& address,
                  model::Labels labels) {
  model::Instance instance;
  instance.name = name;
  instance.peer.kind = model::PeerKind::Workload;
  instance.peer.instance = model::InstanceId{static_cast<std::uint32_t>(inventory.instances.size())};
  instance.peer.labels = std::move(labels);
  instance.addresses = {model::parse_address(address).value()};
  inventory.instances.push_back(std::move(instance));
}

const model::PortSet any_service{model::PointSet::any(), {}};

}  // namespace

TEST_CASE("classes grow with what the policy tells apart, not with workloads", "[plan]") {
  model::Inventory inventory;
  for (unsigned i = 0; i < 500; ++i) {
    add_workload(inventory, fmt::format("w{}", i), fmt::format("10.0.{}.{}", i / 250, i % 250 + 1),
                 {{model::keys::of_workload("app"), i % 2 == 0 ? "web" : "db"},
                  {model::keys::of_workload("pod-index"), std::to_string(i)}});
  }
  inventory.index();
  const auto plan = plan::build(policy_of({allow(app("web"), app("db"), any_service)}), inventory);
  REQUIRE(plan);
  CHECK(plan->classes.size() == 4);  // nobody, web, db, the world
  CHECK(plan->atom_count == 1);
}

TEST_CASE("selectors with different words and one meaning make no further classes", "[plan]") {
  model::Inventory inventory;
  add_workload(inventory, "a", "10.0.0.1", {{model::keys::of_workload("app"), "web"}});
  add_workload(inventory, "b", "10.0.0.2", {{model::keys::of_workload("app"), "db"}});
  inventory.index();
  const Selector twice = Selector::any_of({app("web"), app("web")});
  const auto plan = plan::build(
      policy_of({allow(app("web"), app("db"), any_service), allow(twice, app("db"), any_service)}), inventory);
  REQUIRE(plan);
  CHECK(plan->classes.size() == 4);
}

TEST_CASE("a named port becomes an entry for each way destinations resolve it", "[plan]") {
  model::Inventory inventory;
  add_workload(inventory, "web", "10.0.0.1", {{model::keys::of_workload("app"), "web"}});
  add_workload(inventory, "db1", "10.0.0.2", {{model::keys::of_workload("app"), "db"}});
  add_workload(inventory, "db2", "10.0.0.3", {{model::keys::of_workload("app"), "db"}});
  inventory.instances[1].peer.ports = {{"sql", model::protocol::tcp, 5432}};
  inventory.instances[2].peer.ports = {{"sql", model::protocol::tcp, 5433}};
  inventory.index();
  const auto plan =
      plan::build(policy_of({allow(app("web"), app("db"), {{}, {{model::protocol::tcp, "sql"}}})}), inventory);
  REQUIRE(plan);
  CHECK(plan->egress.entries.size() == WEFT_ENTRY_FIRST + 1 + 2 + 1);  // no gate, twice the rule, the default
  const auto verdict = [&](const char* to, std::uint16_t port) {
    return plan::decide(*plan, model::Direction::Egress, *model::parse_address("10.0.0.1"), *model::parse_address(to),
                        model::service_point(model::protocol::tcp, port))
        .verdict;
  };
  CHECK(verdict("10.0.0.2", 5432) == model::Verdict::Allow);
  CHECK(verdict("10.0.0.2", 5433) == model::Verdict::Deny);
  CHECK(verdict("10.0.0.3", 5433) == model::Verdict::Allow);
}

TEST_CASE("nobody's class is denied by its empty rows", "[plan]") {
  const auto plan = plan::build(policy_of({allow(Selector::any(), Selector::any(), any_service)}), {});
  REQUIRE(plan);
  const plan::Answer answer = plan::decide(*plan, model::Direction::Egress, plan::Identity{}, plan::Identity{},
                                           plan::atom_of(*plan, model::service_point(6, 80)));
  CHECK(answer == plan::Answer{WEFT_ENTRY_UNKNOWN, model::Verdict::Deny});
}

TEST_CASE("more atoms than a program can number are an error that says so", "[plan]") {
  std::vector<model::Rule> rules;
  for (unsigned port = 0; port < 40000; port += 2) {
    for (const std::uint8_t protocol : {model::protocol::tcp, model::protocol::udp, model::protocol::sctp}) {
      const auto first = static_cast<std::uint16_t>(port);
      rules.push_back(allow(Selector::any(), Selector::any(), {model::PointSet::of_range(protocol, first, first), {}}));
      if (port < 16000) {
        const auto type = static_cast<std::uint16_t>(port);
        rules.push_back(allow(Selector::any(), Selector::any(), {model::PointSet::of_range(1, type, type), {}}));
      }
    }
  }
  // Every port is a set of its own: 60,000 atoms. A few more protocols push it over.
  for (unsigned type = 0; type < 16000; type += 2) {
    const auto value = static_cast<std::uint16_t>(type);
    rules.push_back(allow(Selector::any(), Selector::any(), {model::PointSet::of_range(58, value, value), {}}));
  }
  model::Policy policy = policy_of({});
  for (model::Rule& rule : rules) rule.at_destination = false;
  policy.rules = std::move(rules);
  const auto plan = plan::build(policy, {});
  REQUIRE(!plan);
  CHECK(plan.error().code == "W4002");
}

TEST_CASE("rows that take more than they may are an error, and are not made", "[plan]") {
  std::vector<model::Rule> rules;
  model::Inventory inventory;
  for (unsigned i = 0; i < 1'000; ++i) {
    rules.push_back(allow(app(fmt::format("a{}", i)), Selector::any(), any_service));
    add_workload(inventory, fmt::format("w{}", i), fmt::format("10.0.{}.{}", i / 250, i % 250 + 1),
                 {{model::keys::of_workload("app"), fmt::format("a{}", i)}});
  }
  inventory.index();
  const model::Policy policy = policy_of(std::move(rules));
  const auto whole = plan::build(policy, inventory);
  REQUIRE(whole);
  const std::uint64_t entries = whole->egress.entries.size() + whole->ingress.entries.size();
  const std::uint64_t bytes = whole->egress.own_rows.size() * (2 * entries / 8);
  CHECK(plan::build(policy, inventory, bytes).has_value());
  const auto plan = plan::build(policy, inventory, bytes - 1);
  REQUIRE(!plan);
  CHECK(plan.error().code == "W4101");
  CHECK_THAT(plan.error().message, Catch::Contains(fmt::format("{} entries", entries)) &&
                                       Catch::Contains(fmt::format("{} bytes", bytes - 1)));
}

TEST_CASE("the plan prints what it decides with", "[plan]") {
  model::Inventory inventory;
  add_workload(inventory, "shop/web", "10.0.0.1", {{model::keys::of_workload("app"), "web"}});
  add_workload(inventory, "shop/db", "10.0.0.2", {{model::keys::of_workload("app"), "db"}});
  inventory.index();
  model::Policy policy = policy_of({allow(app("web"), app("db"), {model::PointSet::of_range(6, 5432, 5432), {}})});
  policy.blocks[0].name = "shop";
  const auto plan = plan::build(policy, inventory);
  REQUIRE(plan);
  const std::string text = to_string(*plan, policy);
  for (const char* part :
       {"shop/web", "tcp/5432", "everything else", "direct table of 256 addresses from 10.0.0.0: 2 hosts",
        "rule 0 of shop, tier main", "profile strict", "egress gate"}) {
    CHECK_THAT(text, Catch::Contains(part));
  }
}

TEST_CASE("an attached workload with more addresses than a gate knows is an error that names it", "[plan]") {
  model::Inventory inventory;
  add_workload(inventory, "many", "10.0.0.1", {});
  for (const char* more : {"10.0.0.2", "10.0.0.3", "10.0.0.4", "fd00::1"}) {
    inventory.instances[0].addresses.push_back(model::parse_address(more).value());
  }
  inventory.instances[0].attach = model::Attachment{.interface = "veth0"};
  inventory.index();
  CHECK(plan::build(policy_of({}), inventory).has_value());
  inventory.instances[0].addresses.push_back(model::parse_address("10.0.0.5").value());
  inventory.index();
  const auto plan = plan::build(policy_of({}), inventory);
  REQUIRE(!plan);
  CHECK(plan.error().code == "W4004");
  inventory.instances[0].attach.reset();
  CHECK(plan::build(policy_of({}), inventory).has_value());
}

namespace {

// The address behind it, where nobody owns it and no network of the policy begins or ends between the two.
std::optional<model::Address> free_neighbour(const model::Inventory& inventory,
                                             const std::vector<model::AddressRange>& ranges,
                                             const model::Address& address) {
  const auto after = model::next(address);
  if (!after || inventory.owner(*after)) return {};
  const auto range =
      std::ranges::find_if(ranges, [&](const auto& r) { return r.first <= address && address <= r.last; });
  return *after <= range->last ? after : std::nullopt;
}

bool same_rows(const plan::DecisionPlan& a, const plan::DecisionPlan& b) {
  const auto alike = [](const plan::Class& one, const plan::Class& other) {
    return one.row == other.row && one.values == other.values;
  };
  return a.egress == b.egress && a.ingress == b.ingress && a.atoms == b.atoms && a.conditions == b.conditions &&
         std::ranges::equal(a.classes, b.classes, alike);
}

}  // namespace

TEST_CASE("workloads of classes that are there change no rows, whoever came first", "[plan]") {
  std::size_t grown = 0;
  for (std::uint64_t seed = 1; seed <= 600; ++seed) {
    INFO("seed " << seed);
    const test::World world = test::generate_world(seed, test::WorldOptions::small());
    const auto before = plan::build(world.policy, world.inventory);
    REQUIRE(before);
    const auto ranges = plan::elementary_ranges(plan::vocabulary_of(world.policy), world.inventory);

    // Another of each workload. Addresses ascend, so that the new ones come between those that were there.
    model::Inventory more = world.inventory;
    for (const model::Instance& instance : world.inventory.instances) {
      if (instance.peer.kind != model::PeerKind::Workload || instance.host || instance.addresses.empty()) continue;
      const auto neighbour = free_neighbour(more, ranges, instance.addresses[0]);
      if (!neighbour || !instance.peer.apiserver.empty()) continue;
      model::Instance copy = instance;
      copy.name += "-copy";
      copy.peer.instance = model::InstanceId{static_cast<std::uint32_t>(more.instances.size())};
      copy.addresses = {*neighbour};
      more.instances.push_back(std::move(copy));
      more.index();
      ++grown;
    }
    const auto after = plan::build(world.policy, more);
    REQUIRE(after);
    CHECK(same_rows(*before, *after));

    // The same ones in another order. Where a node stands is its number, so nodes stay.
    model::Inventory turned = world.inventory;
    const auto is_workload = [](const model::Instance& instance) {
      return instance.peer.kind == model::PeerKind::Workload;
    };
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < turned.instances.size(); ++i) {
      if (is_workload(turned.instances[i])) places.push_back(i);
    }
    for (std::size_t i = 0; i < places.size() / 2; ++i) {
      std::swap(turned.instances[places[i]], turned.instances[places[places.size() - 1 - i]]);
    }
    for (const std::size_t place : places) {
      turned.instances[place].peer.instance = model::InstanceId{static_cast<std::uint32_t>(place)};
    }
    turned.index();
    const auto other = plan::build(world.policy, turned);
    REQUIRE(other);
    CHECK(same_rows(*before, *other));
    CHECK(before->identities == other->identities);
  }
  CHECK(grown > 150);
}
