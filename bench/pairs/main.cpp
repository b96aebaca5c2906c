// What it costs to count packets by pair of classes (decision 0020): instructions, what the kernel's verifier walks,
// and nanoseconds of one BPF_PROG_TEST_RUN, in trials that take turns. The least of many: what others do on the machine
// makes a trial longer and never shorter.

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "bench/verdict/world.h"
#include "codegen/codegen.h"
#include "plan/build.h"
#include "tests/kernel/packet.h"
#include "tests/kernel/program.h"

using namespace weft;
using bench::VerdictWorld;

namespace {

constexpr std::uint32_t runs = 20'000;
constexpr int trials = 60;

[[noreturn]] void fail(const std::string& why) {
  fmt::print(stderr, "bench: {}\n", why);
  std::exit(1);
}

struct Candidate {
  std::string name;
  test::Program program;
  std::vector<double> samples{};

  double least() const { return *std::ranges::min_element(samples); }
};

Candidate load(const plan::DecisionPlan& plan, std::string name, const codegen::Options& options) {
  const auto bundle = codegen::emit(plan, options);
  if (!bundle) fail(bundle.error().message);
  auto program = test::Program::load(*bundle);
  if (!program) fail(program.error().message);
  program->set_endpoint(1, plan.endpoints[0].addresses);
  return {std::move(name), std::move(*program)};
}

}  // namespace

int main() {
  if (const auto reason = test::no_kernel()) {
    fmt::print("skipped: {}\n", *reason);
    return 0;
  }
  const test::Frame frame =
      test::frame_of(model::v4_address(VerdictWorld::first_address), model::v4_address(VerdictWorld::first_address + 1),
                     model::service_point(model::protocol::tcp, VerdictWorld::port));
  const bench::VerdictWorld world = bench::verdict_world(1'000, 10'000);
  const auto plan = plan::build(world.policy, world.inventory);
  if (!plan) fail(plan.error().message);
  std::vector<Candidate> candidates;
  for (const bool stateless : {true, false}) {
    const std::string what = stateless ? "without state" : "established";
    candidates.push_back(load(*plan, what, {.stateless = stateless}));
    candidates.push_back(load(*plan, what + ", pairs counted", {.stateless = stateless, .counted_pairs = 4'096}));
  }
  for (int trial = 0; trial < trials; ++trial) {
    for (Candidate& each : candidates) {
      each.samples.push_back(each.program.nanoseconds(model::Direction::Egress, frame, runs, 1));
    }
  }
  fmt::print("1,000 rules, 10,000 addresses; IPv4, TCP; one pair\n\n{:<32}{:>14}{:>10}{:>10}{:>12}\n", "",
             "instructions", "walked", "ns", "difference");
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const Candidate& each = candidates[i];
    fmt::print("{:<32}{:>14}{:>10}{:>10.1f}{:>12}\n", each.name, each.program.instructions(model::Direction::Egress),
               each.program.walked(model::Direction::Egress), each.least(),
               i % 2 == 0 ? "" : fmt::format("{:+.1f}", each.least() - candidates[i - 1].least()));
  }
  return 0;
}
