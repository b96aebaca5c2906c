// What one verdict costs. Every figure is the median of several interleaved trials in this run, in nanoseconds of one
// BPF_PROG_TEST_RUN, less what the feeder and an empty program cost. Ratios hold on any machine; absolute figures
// drift.

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "bench/verdict/world.h"
#include "bench/verdict/yardsticks.h"
#include "codegen/codegen.h"
#include "plan/build.h"
#include "tests/kernel/packet.h"
#include "tests/kernel/program.h"

using namespace weft;
using bench::Traffic;
using bench::VerdictWorld;

namespace {

constexpr std::uint32_t runs = 200'000;
constexpr int trials = 21;
constexpr std::array traffics{Traffic::Hot, Traffic::Active256, Traffic::Random};

struct Candidate {
  std::string name;
  int program = -1;
  test::Program* stateful = nullptr;                            // whose connections are to be established ones
  std::array<double, traffics.size()> net{};                   // by traffic
  std::array<std::vector<double>, traffics.size()> samples{};  // of each trial
};

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

// Trials of all candidates take turns, so that a busy moment of the machine hits them alike.
void measure(bench::Yardsticks& yardsticks, std::vector<Candidate>& candidates, const test::Frame& frame) {
  for (std::size_t t = 0; t < traffics.size(); ++t) {
    for (Candidate& candidate : candidates) {
      candidate.samples[t].clear();
      if (!candidate.stateful) continue;
      yardsticks.run(candidate.program, frame, traffics[t], runs);
      candidate.stateful->establish_connections();
    }
    for (int trial = 0; trial < trials; ++trial) {
      const double nothing = yardsticks.run(yardsticks.program("empty"), frame, traffics[t], runs);
      for (std::size_t c = 0; c < candidates.size(); ++c) {
        std::uint32_t verdict = 0;
        const double raw = yardsticks.run(candidates[c].program, frame, traffics[t], runs, &verdict);
        if (verdict != 0) {
          fmt::print(stderr, "bench: `{}` denied the packet it should allow\n", candidates[c].name);
          std::exit(1);
        }
        candidates[c].samples[t].push_back(raw - nothing);
      }
    }
    for (Candidate& candidate : candidates) candidate.net[t] = median(candidate.samples[t]);
  }
}

// The median of the ratios of each trial: what slowed the machine down for a while slowed both.
double ratio(const Candidate& one, const Candidate& other, std::size_t traffic) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < one.samples[traffic].size(); ++i) {
    ratios.push_back(one.samples[traffic][i] / other.samples[traffic][i]);
  }
  return median(ratios);
}

struct Compiled {
  test::Program uncounted;
  test::Program stateless;
  test::Program stateful;
  plan::DecisionPlan plan;
};

Compiled compile(std::uint32_t rules) {
  const VerdictWorld world = bench::verdict_world(rules);
  Result<plan::DecisionPlan> plan = plan::build(world.policy, world.inventory);
  const auto load = [&](bool stateless, bool uncounted) {
    codegen::Options options;
    options.stateless = stateless;
    options.uncounted = uncounted;
    const Result<bundle::Bundle> bundle = codegen::emit(*plan, options);
    if (!bundle) {
      fmt::print(stderr, "bench: {}\n", bundle.error().message);
      std::exit(1);
    }
    Result<test::Program> program = test::Program::load(*bundle);
    if (!program) {
      fmt::print(stderr, "bench: {}\n", program.error().message);
      std::exit(1);
    }
    program->set_endpoint(1, plan->endpoints[0].addresses);
    return std::move(*program);
  };
  return {load(true, true), load(true, false), load(false, false), std::move(*plan)};
}

void print(const std::vector<Candidate>& candidates, const Candidate& floor) {
  fmt::print("{:<44}{:>8}{:>12}{:>10}{:>16}\n", "ns net of an empty program", "hot", "256 active", "random",
             "× floor (256)");
  for (const Candidate& candidate : candidates) {
    fmt::print("{:<44}{:>8.1f}{:>12.1f}{:>10.1f}{:>16.2f}\n", candidate.name, candidate.net[0], candidate.net[1],
               candidate.net[2], ratio(candidate, floor, 1));
  }
}

}  // namespace

int main() {
  if (const auto reason = test::no_kernel()) {
    fmt::print("skipped: {}\n", *reason);
    return 0;
  }
  Result<bench::Yardsticks> yardsticks = bench::Yardsticks::load(WEFT_FLOOR_OBJECT);
  if (!yardsticks) {
    fmt::print(stderr, "bench: {}\n", yardsticks.error().message);
    return 1;
  }
  const test::Frame frame =
      test::frame_of(model::v4_address(VerdictWorld::first_address), model::v4_address(VerdictWorld::first_address + 1),
                     model::service_point(model::protocol::tcp, VerdictWorld::port));

  fmt::print(
      "100,000 addresses; IPv4, TCP; every packet allowed by a rule in the middle of the policy.\n\n1,000 rules\n");
  Compiled thousand = compile(1'000);
  yardsticks->fill(thousand.plan, VerdictWorld::first_address, VerdictWorld::hosts);
  std::vector<Candidate> candidates{
      {"floor, by hand (two indexes, bit vectors)", yardsticks->program("floor_1k")},
      {"weft, verdict alone", thousand.uncounted.descriptor(model::Direction::Egress)},
      {"weft, and the rule counted", thousand.stateless.descriptor(model::Direction::Egress)},
      {"weft, and connection state, established", thousand.stateful.descriptor(model::Direction::Egress),
       &thousand.stateful},
      {"usual peer shape, by hand (three LPM)", yardsticks->program("peer_shape")},
  };
  measure(*yardsticks, candidates, frame);
  print(candidates, candidates[0]);
  for (const std::size_t weft : {1U, 2U}) {
    fmt::print(
        "{}{:<28} to floor: hot {:.2f}, 256 active {:.2f}, random {:.2f}; peer shape to it, 256 active: {:.1f}\n",
        weft == 1 ? "\n" : "", candidates[weft].name, ratio(candidates[weft], candidates[0], 0),
        ratio(candidates[weft], candidates[0], 1), ratio(candidates[weft], candidates[0], 2),
        ratio(candidates[4], candidates[weft], 1));
  }

  fmt::print("\ngrowth with rules\n");
  std::vector<Compiled> compiled;
  std::vector<Candidate> growth;
  for (const std::uint32_t rules : {10U, 100U, 1'000U, 10'000U}) compiled.push_back(compile(rules));
  for (const Compiled& one : compiled) {
    growth.push_back({fmt::format("weft, {} entries, {} instructions, {} walked", one.plan.egress.entries.size(),
                                  one.stateless.instructions(model::Direction::Egress),
                                  one.stateless.walked(model::Direction::Egress)),
                      one.stateless.descriptor(model::Direction::Egress)});
  }
  yardsticks->fill(compiled.back().plan, VerdictWorld::first_address, VerdictWorld::hosts);
  growth.push_back({"floor, by hand, 10,000 rules with a summary", yardsticks->program("floor_10k")});
  measure(*yardsticks, growth, frame);
  print(growth, growth.back());
  fmt::print("\n10,000 to 10 rules: hot {:.2f}, 256 active {:.2f}, random {:.2f}\n", ratio(growth[3], growth[0], 0),
             ratio(growth[3], growth[0], 1), ratio(growth[3], growth[0], 2));
  return 0;
}
