#include "tests/kernel/shop.h"

#include <fmt/format.h>

#include "base/assert.h"

namespace weft::test {
namespace {

model::Instance instance(std::string name, std::vector<model::Address> addresses, std::uint32_t id) {
  model::Instance out;
  out.name = "shop/" + name;
  out.peer.kind = model::PeerKind::Workload;
  out.peer.instance = model::InstanceId{id};
  out.peer.labels[model::keys::of_workload("app")] = std::move(name);
  out.addresses = std::move(addresses);
  return out;
}

model::Selector app(std::string name) {
  return model::Selector::equals(model::keys::of_workload("app"), std::move(name));
}

}  // namespace

plan::DecisionPlan Shop::plan_of(const std::vector<model::PointSet>& services) const {
  model::Inventory inventory;
  inventory.instances = {instance("web", {web4, web6}, 0), instance("db", {db4, db6}, 1)};
  inventory.index();

  model::Policy policy;
  policy.tiers.push_back({.name = "app"});
  policy.blocks.push_back({.name = "shop", .owner = {}});
  for (const model::PointSet& points : services) {
    model::Rule rule;
    rule.source = app("web");
    rule.destination = app("db");
    rule.ports.points = points;
    policy.rules.push_back(rule);
    if (!mutual_) continue;
    std::swap(rule.source, rule.destination);
    policy.rules.push_back(rule);
  }
  auto plan = plan::build(policy, inventory);
  WEFT_ASSERT(plan.has_value(), "a small policy has a plan");
  if (gates_ == Gates::OfCgroup) plan->endpoints.push_back({"shop/web", "cgroup:/web", {}});
  return std::move(*plan);
}

Shop::Shop(const std::vector<model::PointSet>& services, const codegen::Options& options, bool mutual, Gates gates)
    : options_(options), mutual_(mutual), gates_(gates), plan_(plan_of(services)) {
  auto bundle = codegen::emit(plan_, options_);
  WEFT_ASSERT(bundle.has_value(), "a small plan has a program");
  auto program = Program::load(*bundle, gates_);
  if (!program) fmt::print(stderr, "{}\n", program.error().message);
  WEFT_ASSERT(program.has_value(), "the kernel loads a small program");
  program_ = std::move(*program);
}

void Shop::revoke(const std::vector<model::PointSet>& services) {
  plan_ = plan_of(services);
  const auto images = codegen::emit_images(plan_, options_);
  WEFT_ASSERT(images.has_value(), "a small plan has tables");
  program_->fill(*images);
}

Outcome Shop::run(std::string_view workload, model::Direction gate, const Frame& frame) {
  std::vector<plan::Endpoint::Local> addresses;
  for (const model::Address& one : {workload == "web" ? web4 : db4, workload == "web" ? web6 : db6}) {
    addresses.push_back({one, plan::identify(plan_, one)});
  }
  program_->set_endpoint(1, addresses, are_nodes);
  return program_->run(gate, frame);
}

}  // namespace weft::test
