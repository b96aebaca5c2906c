// What entries ask besides their bits: relations between the ends, and the time.
#include <catch2/catch.hpp>

#include <chrono>
#include <functional>
#include <thread>

#include <fmt/format.h>

#include "codegen/codegen.h"
#include "plan/build.h"
#include "tests/kernel/packet.h"
#include "tests/kernel/program.h"

using namespace weft;

namespace {

const model::LabelKey job = model::keys::of_workload("job");
constexpr model::Moment deadline{1'900'000'000}, second_before{1'899'999'999};

/// Workloads `10.0.0.1` to `10.0.0.3`: two of job a, one of job b, and `10.0.0.4` of none. The first three run on the
/// node `10.0.0.11`, the last one on no known node; `10.0.0.12` is another node.
model::Inventory inventory() {
  model::Inventory out;
  for (std::uint32_t i = 0; i < 4; ++i) {
    model::Instance instance;
    instance.name = fmt::format("w{}", i + 1);
    instance.peer.kind = model::PeerKind::Workload;
    instance.peer.instance = model::InstanceId{i};
    if (i < 3) instance.peer.labels[job] = i < 2 ? "a" : "b";
    if (i < 3) instance.peer.node = model::InstanceId{4};
    instance.addresses = {model::v4_address(0x0A000001U + i)};
    out.instances.push_back(std::move(instance));
  }
  for (std::uint32_t i = 4; i < 6; ++i) {
    model::Instance node;
    node.name = fmt::format("n{}", i - 3);
    node.peer.kind = model::PeerKind::Node;
    node.peer.instance = model::InstanceId{i};
    node.addresses = {model::v4_address(0x0A00000BU + (i - 4))};
    out.instances.push_back(std::move(node));
  }
  out.index();
  return out;
}

model::Policy policy(std::vector<model::Rule> rules) {
  model::Policy out;
  out.profile = *model::find_profile("strict");
  out.tiers = {{.name = "main"}};
  out.blocks.push_back({.name = "p"});
  for (model::Rule& rule : rules) {
    rule.source = model::Selector::workload();
    rule.destination = rule.peer_node == model::PeerNode::Any ? model::Selector::workload() : model::Selector::node();
    rule.ports.points = model::PointSet::any();
    out.rules.push_back(std::move(rule));
  }
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

model::Rule about_node(model::PeerNode node) {
  model::Rule out = rule_of(model::Verdict::Allow);
  out.at_destination = false;
  out.peer_node = node;
  return out;
}

model::Rule expiring(model::Verdict verdict) {
  model::Rule out = rule_of(verdict);
  out.expires = deadline;
  return out;
}

/// The egress gate of one workload.
class Gate {
 public:
  explicit Gate(const model::Rule& rule, std::uint32_t subject = 1) : Gate(std::vector{rule}, subject) {}
  explicit Gate(std::vector<model::Rule> rules, std::uint32_t subject = 1)
      : subject_(subject), plan_(*plan::build(policy(std::move(rules)), inventory())) {
    const Result<bundle::Bundle> bundle = codegen::emit(plan_, {.stateless = true});
    REQUIRE(bundle);
    Result<test::Program> program = test::Program::load(*bundle);
    REQUIRE(program);
    program_.emplace(std::move(*program));
    program_->set_endpoint(1, {{at(subject_), plan::identify(plan_, at(subject_))}});
  }

  bool allows(std::uint32_t to) {
    const auto service = model::service_point(model::protocol::tcp, 80);
    return program_->run(model::Direction::Egress, test::frame_of(at(subject_), at(to), service)).allowed;
  }
  bool allows_at(model::Moment now, std::uint32_t to, const std::function<void()>& in_between = {}) {
    const auto service = model::service_point(model::protocol::tcp, 80);
    const test::Frame frame = test::frame_of(at(subject_), at(to), service);
    return program_->run_at(now, model::Direction::Egress, frame, {}, in_between).allowed;
  }
  test::Program& program() { return *program_; }

 private:
  static model::Address at(std::uint32_t number) { return model::v4_address(0x0A000000U + number); }

  std::uint32_t subject_;
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

TEST_CASE("the node a workload runs on and the others are told apart", "[kernel]") {
  if (const auto reason = test::no_kernel()) {
    WARN("SKIPPED: " << *reason);
    return;
  }
  Gate own(about_node(model::PeerNode::Own));
  CHECK(own.allows(11));
  CHECK_FALSE(own.allows(12));
  CHECK_FALSE(own.allows(2));  // no node

  Gate other(about_node(model::PeerNode::Other));
  CHECK_FALSE(other.allows(11));
  CHECK(other.allows(12));
  CHECK_FALSE(other.allows(2));

  // A workload of which nobody knows where it runs: to it every node is another.
  Gate homeless(about_node(model::PeerNode::Own), 4);
  CHECK_FALSE(homeless.allows(11));
  CHECK_FALSE(homeless.allows(12));
  Gate elsewhere(about_node(model::PeerNode::Other), 4);
  CHECK(elsewhere.allows(11));
  CHECK(elsewhere.allows(12));
}

TEST_CASE("a rule ends at its deadline, and where nobody said what time it is nothing passes", "[kernel]") {
  if (const auto reason = test::no_kernel()) {
    WARN("SKIPPED: " << *reason);
    return;
  }
  Gate gate(expiring(model::Verdict::Allow));
  CHECK_FALSE(gate.allows(2));
  CHECK(gate.allows_at(second_before, 2));
  CHECK_FALSE(gate.allows_at(deadline, 2));

  // A rule that denies for a while does not open anything for want of a clock.
  Gate denying(expiring(model::Verdict::Deny));
  CHECK_FALSE(denying.allows(2));
}

// A pass that has ended lets the walk go on in its own tier. So of two who ask in different seconds the one may be told
// of an earlier entry that allows, the other of a later one that denies: what a plan says of a moment is compared with
// a packet of that moment.
TEST_CASE("a packet that is judged a second later may meet an earlier entry", "[kernel]") {
  if (const auto reason = test::no_kernel()) {
    WARN("SKIPPED: " << *reason);
    return;
  }
  model::Rule pass = expiring(model::Verdict::Pass);
  pass.level.priority = -1;
  Gate gate({pass, rule_of(model::Verdict::Allow)});
  const auto stopped = [] { std::this_thread::sleep_for(std::chrono::milliseconds(700)); };

  gate.program().set_now(second_before);
  CHECK_FALSE(gate.allows(2));
  stopped();
  CHECK(gate.allows(2));

  CHECK_FALSE(gate.allows_at(second_before, 2, stopped));
  CHECK(gate.allows_at(deadline, 2, stopped));
}
