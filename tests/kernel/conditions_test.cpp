// What entries ask besides their bits: relations between the ends, and the time.
#include <catch2/catch.hpp>

#include <fmt/format.h>

#include "codegen/codegen.h"
#include "plan/build.h"
#include "tests/kernel/packet.h"
#include "tests/kernel/program.h"

using namespace weft;

namespace {

const model::LabelKey job = model::keys::of_workload("job");
constexpr model::Moment deadline{1'900'000'000};

/// Workloads `10.0.0.1` to `10.0.0.3`: two of job a, one of job b, and `10.0.0.4` of none.
model::Inventory inventory() {
  model::Inventory out;
  for (std::uint32_t i = 0; i < 4; ++i) {
    model::Instance instance;
    instance.name = fmt::format("w{}", i + 1);
    instance.peer.kind = model::PeerKind::Workload;
    instance.peer.instance = model::InstanceId{i};
    if (i < 3) instance.peer.labels[job] = i < 2 ? "a" : "b";
    instance.addresses = {model::v4_address(0x0A000001U + i)};
    out.instances.push_back(std::move(instance));
  }
  out.index();
  return out;
}

model::Policy policy(model::Rule rule) {
  model::Policy out;
  out.profile = *model::find_profile("strict");
  out.tiers = {{.name = "main"}};
  out.blocks.push_back({.name = "p"});
  rule.source = rule.destination = model::Selector::workload();
  rule.ports.points = model::PointSet::any();
  out.rules.push_back(std::move(rule));
  return out;
}

model::Rule rule_of(model::Verdict verdict) {
  model::Rule out;
  out.verdict = verdict;
  return out;
}

model::Rule related(bool equal) {
  model::Rule out = rule_of(model::Verdict::Allow);
  out.relations = {{job, job, equal}};
  return out;
}

model::Rule expiring(model::Verdict verdict) {
  model::Rule out = rule_of(verdict);
  out.expires = deadline;
  return out;
}

/// The egress gate of the first workload.
class Gate {
 public:
  explicit Gate(const model::Rule& rule) : plan_(*plan::build(policy(rule), inventory())) {
    const Result<bundle::Bundle> bundle = codegen::emit(plan_, {.stateless = true});
    REQUIRE(bundle);
    Result<test::Program> program = test::Program::load(*bundle);
    REQUIRE(program);
    program_.emplace(std::move(*program));
    program_->set_endpoint(1, {{at(1), plan::identify(plan_, at(1))}});
  }

  bool allows(std::uint32_t to) {
    const auto service = model::service_point(model::protocol::tcp, 80);
    return program_->run(model::Direction::Egress, test::frame_of(at(1), at(to), service)).allowed;
  }
  test::Program& program() { return *program_; }

 private:
  static model::Address at(std::uint32_t number) { return model::v4_address(0x0A000000U + number); }

  plan::DecisionPlan plan_;
  std::optional<test::Program> program_;
};

}  // namespace

TEST_CASE("inside one job, nowhere else", "[kernel]") {
  if (const auto reason = test::no_kernel()) {
    WARN("SKIPPED: " << *reason);
    return;
  }
  Gate same(related(true));
  CHECK(same.allows(2));
  CHECK_FALSE(same.allows(3));
  CHECK_FALSE(same.allows(4));  // it has no job, which is no job they share

  Gate other(related(false));
  CHECK_FALSE(other.allows(2));
  CHECK(other.allows(3));
  CHECK_FALSE(other.allows(4));  // and none that differs
}

TEST_CASE("a rule ends at its deadline, and where nobody said what time it is nothing passes", "[kernel]") {
  if (const auto reason = test::no_kernel()) {
    WARN("SKIPPED: " << *reason);
    return;
  }
  Gate gate(expiring(model::Verdict::Allow));
  CHECK_FALSE(gate.allows(2));
  gate.program().set_now(model::Moment{static_cast<std::int64_t>(deadline) - 1});
  CHECK(gate.allows(2));
  gate.program().set_now(deadline);
  CHECK_FALSE(gate.allows(2));

  // A rule that denies for a while does not open anything for want of a clock.
  Gate denying(expiring(model::Verdict::Deny));
  CHECK_FALSE(denying.allows(2));
}
