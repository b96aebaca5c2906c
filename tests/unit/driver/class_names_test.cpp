#include "driver/class_names.h"

#include <catch2/catch.hpp>
#include <map>
#include <string>

#include "plan/build.h"
#include "tests/support/world.h"
#include "tests/unit/driver/test_world.h"

using namespace weft;
using namespace weft::driver;
using namespace weft::driver::test;

namespace {

struct Named {
  std::vector<bundle::ClassName> names;
  plan::DecisionPlan plan;

  const bundle::ClassName& of(const std::string& address) const {
    const auto identity = plan::identify(plan, model::parse_address(address).value());
    return names[static_cast<std::size_t>(identity.class_id)];
  }
};

Named named(const model::Policy& policy, model::Inventory& inventory) {
  inventory.index();
  auto plan = plan::build(policy, inventory);
  REQUIRE(plan);
  return {class_names(policy, inventory, *plan), *plan};
}

model::Rule allow(model::Selector source, model::Selector destination) {
  model::Rule out;
  out.source = std::move(source);
  out.destination = std::move(destination);
  out.ports = tcp(443);
  return out;
}

}  // namespace

TEST_CASE("a class is called by its workload, a group, or the labels that rules look at", "[driver]") {
  model::Policy policy = empty_policy();
  policy.rules = {allow(is("web"), is("db")), allow(is("api"), is("db"))};
  model::Group group;
  group.name = "frontends";
  group.selector = is("web");
  policy.groups.push_back(group);
  model::Inventory inventory;
  add(inventory, "shop/web-0", {{app, "web"}, {pod_index, "0"}}, {"10.0.0.1", "fd00::1"});
  add(inventory, "shop/web-1", {{app, "web"}, {pod_index, "1"}}, {"10.0.0.2"});
  add(inventory, "shop/api-0", {{app, "api"}, {pod_index, "0"}}, {"10.0.0.3"});
  add(inventory, "shop/api-1", {{app, "api"}, {pod_index, "1"}}, {"10.0.0.4"});
  add(inventory, "shop/db-0", {{app, "db"}}, {"10.0.0.5"});
  const Named all = named(policy, inventory);

  CHECK(all.names[0].text == "nobody");
  CHECK(all.of("10.0.0.1").text == "frontends");
  CHECK(all.of("10.0.0.1").members == 2);
  CHECK(all.of("10.0.0.1").example == "shop/web-0");
  CHECK(all.of("10.0.0.3").text == "app == \"api\"");
  CHECK(all.of("10.0.0.5").text == "shop/db-0");
  CHECK(all.of("10.0.0.5").members == 1);
  CHECK(all.of("192.0.2.1").text == "world");
  CHECK(all.of("192.0.2.1").members == 0);
}

TEST_CASE("whoever shares a class with the world is not taken for all of it", "[driver]") {
  model::Policy policy = empty_policy();
  policy.rules = {allow(model::Selector::any(), model::Selector::any())};
  model::Inventory inventory;
  add_node(inventory, "n1", {"10.0.0.1"});
  const Named all = named(policy, inventory);
  const bool shared = all.of("10.0.0.1") == all.of("192.0.2.1");
  CHECK(all.of("192.0.2.1").text == (shared ? "n1 or world" : "world"));
}

TEST_CASE("every class of every world has a name, and one of a single peer is that of the peer", "[driver]") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    weft::test::World world = weft::test::generate_world(seed);
    const auto plan = plan::build(world.policy, world.inventory);
    if (!plan) continue;
    const std::vector<bundle::ClassName> names = class_names(world.policy, world.inventory, *plan);
    REQUIRE(names.size() == plan->classes.size());
    for (const bundle::ClassName& name : names) CHECK_FALSE(name.text.empty());
    // A name of one is the name of who has the address.
    for (const model::Instance& instance : world.inventory.instances) {
      if (instance.host) continue;
      for (const model::Address& address : instance.addresses) {
        const auto& name = names[static_cast<std::size_t>(plan::identify(*plan, address).class_id)];
        if (name.members == 1) CHECK(name.example == instance.name);
      }
    }
  }
}
