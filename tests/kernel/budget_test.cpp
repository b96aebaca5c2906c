// How far the programs stay below what the kernel's verifier allows: a million instructions walked, 512 bytes of stack.

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>
#include <vector>

#include <bpf/libbpf.h>
#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "codegen/codegen.h"
#include "plan/build.h"
#include "tests/kernel/program.h"
#include "tests/support/world.h"

using namespace weft;

namespace {

constexpr unsigned most_walked = 100'000;  // of a million
constexpr unsigned most_stack = 256;        // of 512

struct Verified {
  unsigned walked = 0;
  unsigned stack = 0;  ///< the deepest of the functions that are verified each on its own
};

unsigned number_after(const std::string& log, const std::string& word) {
  const std::size_t at = log.rfind(word);
  return at == std::string::npos ? 0 : static_cast<unsigned>(std::strtoul(log.c_str() + at + word.size(), nullptr, 10));
}

// "stack depth 104+0+64": of the program and of its functions, in the order of the text.
unsigned deepest(const std::string& log) {
  std::size_t at = log.rfind("stack depth ");
  unsigned most = 0;
  if (at == std::string::npos) return 0;
  const char* next = log.c_str() + at + 12;
  for (bool more = true; more; ++next) {
    char* end = nullptr;
    most = std::max(most, static_cast<unsigned>(std::strtoul(next, &end, 10)));
    more = *end == '+';
    next = end;
  }
  return most;
}

Verified verified(const bundle::Bundle& bundle, const char* name) {
  bpf_object* object = bpf_object__open_mem(bundle.object.data(), bundle.object.size(), nullptr);
  REQUIRE(object != nullptr);
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, object) {
    bpf_program__set_autoload(program, std::string(bpf_program__name(program)) == name);
  }
  program = bpf_object__find_program_by_name(object, name);
  constexpr unsigned statistics = 4;  // BPF_LOG_STATS
  std::vector<char> log(1U << 20U);
  bpf_program__set_log_level(program, statistics);
  bpf_program__set_log_buf(program, log.data(), log.size());
  const int loaded = bpf_object__load(object);
  const std::string text = log.data();
  bpf_object__close(object);
  INFO(text);
  REQUIRE(loaded == 0);
  const Verified out{number_after(text, "processed "), deepest(text)};
  REQUIRE(out.walked > 100);
  REQUIRE(out.stack > 0);
  return out;
}

// A plan with more of everything than any world has: entries, conditions of every kind, direct tables.
plan::DecisionPlan largest() {
  const test::World world = test::generate_world(1, test::WorldOptions::big());
  auto plan = plan::build(world.policy, world.inventory);
  REQUIRE(plan);
  for (std::int64_t day = 1; plan->conditions.size() < 64; ++day) {
    plan->conditions.emplace_back(plan::Deadline{model::Moment{4'000'000'000 + day * 86'400}});
  }
  for (plan::Gate* gate : {&plan->egress, &plan->ingress}) {
    gate->entries.resize(40'000);
    for (auto* rows : {&gate->own_rows, &gate->peer_rows, &gate->atom_rows}) {
      rows->assign(rows->size(), plan::Bits(gate->entries.size()));
    }
  }
  while (plan->v4.direct.size() < 4) {
    const auto number = static_cast<std::uint32_t>(plan->v4.direct.size());
    plan->v4.direct.push_back({model::v4_address(0xC0000000 + (number << 16U)), std::vector<plan::Identity>(65'536)});
  }
  plan->v4.exact.push_back({*model::parse_address("198.18.0.1"), {}});
  plan->v4.prefixes.push_back({*model::parse_prefix("198.18.0.0/15"), {}});
  plan->v6.exact.push_back({*model::parse_address("2001:db8::1"), {}});
  plan->v6.prefixes.push_back({*model::parse_prefix("2001:db8::/32"), {}});
  plan->uses_pass = plan->uses_homes = plan->own_node_may_enter = true;
  return std::move(*plan);
}

}  // namespace

TEST_CASE("programs stay far below what the kernel's verifier allows", "[kernel]") {
  if (const auto reason = test::no_kernel()) {
    WARN("SKIPPED: " << *reason);
    return;
  }
  const test::World small = test::generate_world(1, test::WorldOptions::small());
  const auto smallest = plan::build(small.policy, small.inventory);
  REQUIRE(smallest);
  const plan::DecisionPlan plans[] = {*smallest, largest()};
  for (const plan::DecisionPlan& plan : plans) {
    const auto bundle = codegen::emit(plan, {.table_budget = 1U << 30U});
    INFO((bundle ? "" : bundle.error().message));
    REQUIRE(bundle);
    for (const char* name : {"weft_from_workload", "weft_to_workload"}) {
      const Verified found = verified(*bundle, name);
      // The figures of docs/performance.md: `weft_kernel_tests "programs stay*" -s`.
      const std::string figures = fmt::format("{} entries, {}: {} walked, {} bytes of stack", plan.egress.entries.size(), name,
                                              found.walked, found.stack);
      INFO(figures);
      CHECK(found.walked <= most_walked);
      CHECK(found.stack <= most_stack);
    }
  }
}
