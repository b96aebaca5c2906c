#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <variant>

#include "codegen/codegen.h"
#include "model/evaluate.h"
#include "plan/build.h"
#include "tests/kernel/packet.h"
#include "tests/kernel/program.h"
#include "tests/support/world.h"
#include "verifier/verifier.h"

// What the prover shows happens: the two ends of a witness become the inventory, the policy becomes a program, and the
// flow a packet.

using namespace weft;

namespace {

constexpr model::Moment since_1970{0};  // the kernel has no time before

struct Staged {
  model::Inventory inventory;
  model::Address source;
  model::Address destination;
};

// An address that nothing is said about, where the witness needs none of its own.
model::Address spare(model::Family family, unsigned number) {
  const std::string tail = std::to_string(number);
  return test::address(family == model::Family::V4 ? "203.0.113." + tail : "2001:db8:ffff::" + tail);
}

// Both ends of a witness with their own numbers, 0 and 1. The place of the world is taken by a workload nobody asks
// about, so that the numbers stay what they are.
std::optional<Staged> staged(const verifier::Witness& witness) {
  const auto family = witness.source_address        ? witness.source_address->family
                      : witness.destination_address ? witness.destination_address->family
                                                    : model::Family::V4;
  Staged out{
      {}, witness.source_address.value_or(spare(family, 1)), witness.destination_address.value_or(spare(family, 2))};
  if (out.source == out.destination || out.source.family != out.destination.family) return {};
  std::uint32_t number = 0;
  for (const auto& [peer, address] :
       {std::pair{&witness.source, out.source}, {&witness.destination, out.destination}}) {
    model::Instance instance;
    instance.name = number == 0 ? "source" : "destination";
    if (peer->kind == model::PeerKind::World) {
      out.inventory.world = *peer;
      instance.peer.kind = model::PeerKind::Workload;
      instance.addresses = {spare(family, 10 + number)};
    } else {
      instance.peer = *peer;
      instance.addresses = {address};
    }
    out.inventory.apiserver.add(peer->apiserver);
    instance.peer.instance = model::InstanceId{number++};
    out.inventory.instances.push_back(std::move(instance));
  }
  out.inventory.index();
  return out;
}

// What the kernel answers at one gate, if the witness says there is one.
std::optional<std::string> disagreement(const verifier::Witness& witness, const Staged& stage,
                                        const plan::DecisionPlan& plan, test::Program& program,
                                        model::Direction direction) {
  const bool leaving = direction == model::Direction::Egress;
  const auto& expected = leaving ? witness.decision.egress : witness.decision.ingress;
  if (!expected) return {};
  const model::Address& own = leaving ? stage.source : stage.destination;
  program.forget_connections();
  program.set_endpoint(1, {{own, plan::identify(plan, own)}});
  const test::Outcome outcome =
      program.run(direction, test::frame_of(stage.source, stage.destination, witness.service));
  if (outcome.allowed == (expected->verdict == model::Verdict::Allow)) return {};
  return verifier::describe(witness) + (leaving ? ": the egress gate" : ": the ingress gate") +
         (outcome.allowed ? " allows" : " denies") + " the packet";
}

// Claims about what each rule speaks of, one of which is false wherever some flow matches the rule.
void claim_both_ways(model::Policy& policy) {
  for (const model::Rule& rule : policy.rules) {
    for (const auto kind : {model::Assertion::Kind::Never, model::Assertion::Kind::Always}) {
      policy.assertions.push_back({.kind = kind,
                                   .source = rule.source,
                                   .destination = rule.destination,
                                   .ports = rule.ports,
                                   .span = rule.span,
                                   .because = {},
                                   .relations = rule.relations});
    }
  }
}

}  // namespace

TEST_CASE("what refutes a claim happens in the kernel", "[kernel]") {
  if (const auto reason = test::no_kernel()) {
    WARN("SKIPPED: " << *reason);
    return;
  }
  std::size_t allowed = 0, denied = 0;
  for (std::uint64_t seed = 1; seed <= 25; ++seed) {
    INFO("seed " << seed);
    model::Policy policy = test::generate_world(seed, test::WorldOptions::small()).policy;
    claim_both_ways(policy);
    const verifier::Report report = verifier::check(policy, nullptr, {.dump_smt = {}, .now = since_1970});
    CHECK(report.internal_errors.empty());
    for (const verifier::AssertionResult& result : report.assertions) {
      const auto* refuted = std::get_if<verifier::Refuted>(&result.answer);
      if (refuted == nullptr) continue;
      const verifier::Witness& witness = refuted->witness;
      const auto stage = staged(witness);
      if (!stage) continue;
      INFO(verifier::describe(witness));
      const auto plan = plan::build(policy, stage->inventory);
      REQUIRE(plan);
      const auto bundle = codegen::emit(*plan, {.stateless = true});
      REQUIRE(bundle);
      auto program = test::Program::load(*bundle);
      REQUIRE(program);
      const bool timed = std::ranges::any_of(
          plan->conditions, [](const auto& each) { return std::holds_alternative<plan::Deadline>(each); });
      if (timed) program->set_now(witness.moment);
      for (const auto direction : {model::Direction::Egress, model::Direction::Ingress}) {
        const auto wrong = disagreement(witness, *stage, *plan, *program, direction);
        INFO(wrong.value_or(""));
        CHECK_FALSE(wrong);
      }
      ++(witness.decision.allowed ? allowed : denied);
    }
  }
  // Both kinds of lies were caught, many times over.
  CHECK(allowed > 20);
  CHECK(denied > 20);
}
