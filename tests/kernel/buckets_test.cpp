// Hosts of IPv6 whose addresses were chosen so that they meet: what finds no room in the buckets is in the hash behind
// them.
#include <catch2/catch.hpp>

#include <algorithm>

#include <fmt/format.h>

#include "bundle/buckets.h"
#include "codegen/buckets.h"
#include "codegen/codegen.h"
#include "plan/build.h"
#include "tests/kernel/packet.h"
#include "tests/kernel/program.h"
#include "tests/support/world.h"

using namespace weft;

TEST_CASE("hosts that no bucket has room for are found behind them", "[kernel]") {
  if (const auto reason = test::no_kernel()) {
    WARN("SKIPPED: " << *reason);
    return;
  }
  constexpr std::uint32_t count = 12;
  const std::uint32_t mask = codegen::bucket_count(count) - 1;
  const model::LabelKey app = model::keys::of_workload("app");
  test::Random random(3);
  model::Inventory inventory;
  while (inventory.instances.size() < count) {
    model::Address address{.family = model::Family::V6};
    for (std::uint8_t& byte : address.bytes) byte = static_cast<std::uint8_t>(random.below(256));
    const codegen::Halves halves = codegen::halves_of(address);
    if ((weft_first_bucket6(halves.high, halves.low) & mask) != 0) continue;
    if ((weft_second_bucket6(halves.high, halves.low) & mask) != 0) continue;
    const auto number = static_cast<std::uint32_t>(inventory.instances.size());
    model::Instance instance;
    instance.name = fmt::format("w{}", number);
    instance.peer.kind = model::PeerKind::Workload;
    instance.peer.instance = model::InstanceId{number};
    instance.peer.labels[app] = number % 2 == 0 ? "even" : "odd";
    instance.addresses = {address};
    inventory.instances.push_back(std::move(instance));
  }
  inventory.index();
  model::Policy policy;
  policy.profile = *model::find_profile("strict");
  policy.tiers = {{.name = "main"}};
  policy.blocks.push_back({.name = "p"});
  model::Rule rule;
  rule.source = model::Selector::workload();
  rule.destination = model::Selector::equals(app, "odd");
  rule.ports.points = model::PointSet::any();
  policy.rules.push_back(std::move(rule));

  const auto plan = plan::build(policy, inventory);
  REQUIRE(plan);
  const auto bundle = codegen::emit(*plan, {.stateless = true});
  REQUIRE(bundle);
  const auto left = std::ranges::find(bundle->images, "weft_exact6", &bundle::MapImage::name);
  REQUIRE(left != bundle->images.end());
  REQUIRE(plan->v6.exact.size() > WEFT_BUCKET6);  // some have tables of their own
  CHECK(left->entries.size() == plan->v6.exact.size() - WEFT_BUCKET6);
  auto program = test::Program::load(*bundle);
  REQUIRE(program);
  const model::Address own = inventory.instances[0].addresses[0];
  program->set_endpoint(1, {{own, plan::identify(*plan, own)}});
  const auto service = model::service_point(model::protocol::tcp, 80);
  for (std::uint32_t i = 1; i < count; ++i) {
    const test::Frame frame = test::frame_of(own, inventory.instances[i].addresses[0], service);
    CHECK(program->run(model::Direction::Egress, frame).allowed == (i % 2 != 0));
  }
  const test::Frame strange = test::frame_of(own, *model::parse_address("2001:db8::1"), service);
  CHECK_FALSE(program->run(model::Direction::Egress, strange).allowed);
}
