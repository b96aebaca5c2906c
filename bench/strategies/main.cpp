// What one verdict costs by rows of bits and by a matrix, where the kernel walks both and what they take. Nanoseconds
// of one BPF_PROG_TEST_RUN, less what the feeder and an empty program cost, medians of interleaved trials in this run.

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "bench/verdict/world.h"
#include "bench/verdict/yardsticks.h"
#include "codegen/sizes.h"
#include "plan/build.h"
#include "tests/kernel/packet.h"
#include "tests/kernel/program.h"

using namespace weft;
using bench::Traffic;
using bench::VerdictWorld;

namespace {

constexpr std::uint32_t runs = 200'000;
constexpr int trials = 15;
constexpr std::array traffics{Traffic::Hot, Traffic::Active256, Traffic::Random};

struct Candidate {
  test::Program program;
  std::uint64_t bytes = 0;  ///< of the tables of one gate
  std::array<std::vector<double>, traffics.size()> samples{};
};

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

[[noreturn]] void fail(const std::string& why) {
  fmt::print(stderr, "bench: {}\n", why);
  std::exit(1);
}

Candidate load(const plan::DecisionPlan& plan, codegen::Strategy strategy) {
  const codegen::Options options{.stateless = true, .uncounted = true, .strategy = strategy};
  const codegen::TableSizes sizes = codegen::table_sizes(plan, options);
  if (sizes.egress.strategy != strategy) fail("no matrix: " + sizes.egress.reason);
  const auto bundle = codegen::emit(plan, options);
  if (!bundle) fail(bundle.error().message);
  auto program = test::Program::load(*bundle);
  if (!program) fail(program.error().message);
  program->set_endpoint(1, plan.endpoints[0].addresses);
  return {std::move(*program), sizes.egress.total()};
}

}  // namespace

int main() {
  if (const auto reason = test::no_kernel()) {
    fmt::print("skipped: {}\n", *reason);
    return 0;
  }
  auto yardsticks = bench::Yardsticks::load(WEFT_FLOOR_OBJECT);
  if (!yardsticks) fail(yardsticks.error().message);
  yardsticks->draw_from(VerdictWorld::first_address, VerdictWorld::hosts);
  const test::Frame frame =
      test::frame_of(model::v4_address(VerdictWorld::first_address), model::v4_address(VerdictWorld::first_address + 1),
                     model::service_point(model::protocol::tcp, VerdictWorld::port));

  fmt::print("100,000 addresses; IPv4, TCP, without connection state and counters\n\n");
  fmt::print("{:<24}{:>14}{:>14}{:>8}{:>8}{:>14}{:>10}\n", "ns net of nothing", "instructions", "table bytes", "walked",
             "hot", "256 active", "random");
  for (const std::uint32_t rules : {10U, 100U, 1'000U}) {
    const VerdictWorld world = bench::verdict_world(rules);
    const auto plan = plan::build(world.policy, world.inventory);
    if (!plan) fail(plan.error().message);
    std::array candidates{load(*plan, codegen::Strategy::Rows), load(*plan, codegen::Strategy::Matrix)};
    for (std::size_t t = 0; t < traffics.size(); ++t) {
      for (int trial = 0; trial < trials; ++trial) {
        const double nothing = yardsticks->run(yardsticks->program("empty"), frame, traffics[t], runs);
        for (Candidate& candidate : candidates) {
          std::uint32_t verdict = 0;
          const int program = candidate.program.descriptor(model::Direction::Egress);
          candidate.samples[t].push_back(yardsticks->run(program, frame, traffics[t], runs, &verdict) - nothing);
          if (verdict != 0) fail("a packet was denied that should pass");
        }
      }
    }
    for (const Candidate& candidate : candidates) {
      fmt::print("{:<24}{:>14}{:>14}{:>8}{:>8.1f}{:>14.1f}{:>10.1f}\n",
                 fmt::format("{} rules, {}", rules, &candidate == candidates.data() ? "rows" : "matrix"),
                 candidate.program.instructions(model::Direction::Egress), candidate.bytes,
                 candidate.program.walked(model::Direction::Egress), median(candidate.samples[0]),
                 median(candidate.samples[1]), median(candidate.samples[2]));
    }
    std::array<double, traffics.size()> ratios{};
    for (std::size_t t = 0; t < traffics.size(); ++t) {
      std::vector<double> each;
      for (std::size_t i = 0; i < candidates[0].samples[t].size(); ++i) {
        each.push_back(candidates[1].samples[t][i] / candidates[0].samples[t][i]);
      }
      ratios[t] = median(each);
    }
    fmt::print("{:<68}{:>8.2f}{:>14.2f}{:>10.2f}\n", "  matrix to rows", ratios[0], ratios[1], ratios[2]);
  }
  return 0;
}
