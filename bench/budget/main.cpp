// How much of what the kernel's verifier allows the programs use: instructions walked (of a million) and stack (of 512
// bytes for all functions in a row of calls), by what a policy asks for. Whatever the number of rules, the text of a
// program is the same.

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "bench/verdict/world.h"
#include "codegen/codegen.h"
#include "plan/build.h"
#include "tests/kernel/budget.h"
#include "tests/kernel/program.h"

using namespace weft;

namespace {

template <typename T>
T checked(Result<T> result) {
  if (result) return std::move(*result);
  fmt::print(stderr, "bench: {}\n", result.error().message);
  std::exit(1);
}

void print(const std::string& what, const plan::DecisionPlan& plan, const codegen::Options& options) {
  const bundle::Bundle bundle = checked(codegen::emit(plan, options));
  fmt::print("{:<52}{:>8}{:>14}", what, plan.egress.entries.size(), bundle.manifest.figures.at("instructions"));
  unsigned stack = 0, stack_before = 0;
  std::string walked;
  for (const test::Verified& each : checked(test::verified(bundle))) {
    walked += fmt::format("{}{} {}", walked.empty() ? "" : ", ", each.program.substr(5), each.walked);
    stack = std::max(stack, each.stack);
    stack_before = std::max(stack_before, each.stack_before_6_9);
  }
  fmt::print("{:>7}{:>12}   {}\n", stack, stack_before, walked);
}

// Every way in which an entry can ask for more than ends and services.
plan::DecisionPlan with_everything() {
  bench::VerdictWorld world = bench::verdict_world(1'000, 10'000, true);
  const model::LabelKey app = model::keys::of_workload("app");
  world.policy.profile.own_node_may_enter = true;
  world.policy.tiers.push_back({.name = "last"});
  std::vector<model::Rule>& rules = world.policy.rules;
  rules[1].relations.push_back({.source = app, .destination = app, .equal = true});
  rules[2].expires = model::Moment{4'000'000'000};
  rules[3].audit = true;
  rules[4].verdict = model::Verdict::Pass;
  rules[5].peer_node = model::PeerNode::Own;
  return checked(plan::build(world.policy, world.inventory));
}

}  // namespace

int main() {
  if (const auto reason = test::no_kernel()) {
    fmt::print("SKIPPED: {}\n", *reason);
    return 0;
  }
  fmt::print("{:<52}{:>8}{:>14}{:>7}{:>12}   {}\n", "", "entries", "instructions", "stack", "before 6.9",
             "walked, by program");
  constexpr std::uint32_t hosts = 10'000;
  const codegen::Options stateless{.stateless = true, .uncounted = true};
  codegen::Options matrix = stateless;
  matrix.strategy = codegen::Strategy::Matrix;
  for (const bool six : {false, true}) {
    const char* family = six ? "IPv4 and IPv6" : "IPv4";
    for (const std::uint32_t rules : {100U, 10'000U}) {
      const bench::VerdictWorld world = bench::verdict_world(rules, hosts, six);
      const plan::DecisionPlan plan = checked(plan::build(world.policy, world.inventory));
      print(fmt::format("{}, rows, verdict alone", family), plan, stateless);
      if (rules == 100) print(fmt::format("{}, matrix, verdict alone", family), plan, matrix);
      print(fmt::format("{}, rows, counters, state and events", family), plan, {});
    }
  }
  print("the same, and relations, deadlines, audit, passes", with_everything(), {});
  bench::VerdictWorld cgroups = bench::verdict_world(1'000, hosts, true);
  cgroups.inventory.instances[0].attach = model::Attachment{.interface = {}, .cgroup = "weft-bench", .netns = {}};
  print("IPv4 and IPv6, cgroups", checked(plan::build(cgroups.policy, cgroups.inventory)), {});
  plan::DecisionPlan everything = with_everything();
  everything.endpoints[0].interface = "cgroup:weft-bench";
  print("cgroups, and relations, deadlines, audit, passes", everything, {});
  print("the same, and pairs counted", everything, {.counted_pairs = 4'096});
  return 0;
}
