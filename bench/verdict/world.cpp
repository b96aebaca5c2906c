#include "bench/verdict/world.h"

#include <algorithm>

#include <fmt/format.h>

#include "bench/addresses.h"

namespace weft::bench {
namespace {

const model::LabelKey app{model::KeyScope::Workload, "app"};

std::string group(std::uint32_t number) { return fmt::format("g{}", number); }

}  // namespace

model::Address VerdictWorld::address(std::uint32_t number, bool six, std::uint32_t stride) {
  return address_of(first_address + number * stride, six);
}

VerdictWorld verdict_world(std::uint32_t rules, std::uint32_t hosts, bool six, std::uint32_t stride) {
  VerdictWorld out;
  const std::uint32_t groups = std::min<std::uint32_t>(rules, 250);
  const std::uint32_t rounds = (rules + groups - 1) / groups;

  out.policy.profile = *model::find_profile("strict");
  out.policy.tiers = {{.name = "main"}};
  out.policy.blocks.push_back({.name = "bench"});
  // Each round names every group once, on a port of its own; the middle round is the one under test.
  for (std::uint32_t r = 0; r < rules; ++r) {
    const std::uint32_t round = r / groups;
    const auto on = static_cast<std::uint16_t>(round == rounds / 2 ? VerdictWorld::port : 10'000 + round);
    model::Rule rule;
    rule.source = model::Selector::any_of(
        {model::Selector::equals(app, "client"), model::Selector::equals(app, group((r * 7 + 1) % groups))});
    rule.destination = model::Selector::equals(app, group(r % groups));
    rule.ports.points = model::PointSet::of_range(model::protocol::tcp, on, on);
    out.policy.rules.push_back(std::move(rule));
  }

  for (std::uint32_t i = 0; i < hosts; ++i) {
    model::Instance instance;
    instance.name = fmt::format("w{}", i);
    instance.peer.kind = model::PeerKind::Workload;
    instance.peer.instance = model::InstanceId{i};
    instance.peer.labels = {{app, i == 0 ? "client" : group(i % groups)}};
    instance.addresses = {VerdictWorld::address(i, six, stride)};
    if (i == 0) instance.attach = model::Attachment{.interface = "lo"};
    out.inventory.instances.push_back(std::move(instance));
  }
  out.inventory.index();
  return out;
}

}  // namespace weft::bench
