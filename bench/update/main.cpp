// What it takes to bring one address or one rule up to date: 100,000 addresses, 1,000 rules. Which tables become
// others, the processor time to work them out, and the time to put them into a program that runs.

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "bench/verdict/world.h"
#include "codegen/codegen.h"
#include "plan/build.h"
#include "tests/kernel/program.h"

using namespace weft;

namespace {

[[noreturn]] void fail(const std::string& why) {
  fmt::print(stderr, "bench: {}\n", why);
  std::exit(1);
}

double processor_ms() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

struct Built {
  bundle::Bundle bundle;
  double plan_ms = 0, tables_ms = 0, program_ms = 0;
};

Built build(const bench::VerdictWorld& world) {
  Built out;
  const double begin = processor_ms();
  const auto plan = plan::build(world.policy, world.inventory);
  if (!plan) fail(plan.error().message);
  const double planned = processor_ms();
  const auto images = codegen::emit_images(*plan);
  if (!images) fail(images.error().message);
  const double laid = processor_ms();
  auto bundle = codegen::emit(*plan);
  if (!bundle) fail(bundle.error().message);
  out.bundle = std::move(*bundle);
  out.plan_ms = planned - begin;
  out.tables_ms = laid - planned;
  out.program_ms = processor_ms() - laid - out.tables_ms;  // `emit` lays the tables out once more
  return out;
}

// What differs: whole tables, and bytes in them. Entries of maps count as bytes of their key and value.
struct Difference {
  std::vector<bundle::MapImage> images;
  std::uint64_t bytes = 0;
};

Difference between(const bundle::Bundle& before, const bundle::Bundle& after) {
  Difference out;
  for (std::size_t i = 0; i < after.images.size(); ++i) {
    const bundle::MapImage& now = after.images[i];
    if (i >= before.images.size() || before.images[i].name != now.name) fail("other tables: another shape of program");
    if (before.images[i] == now) continue;
    for (std::size_t b = 0; b < now.value.size(); ++b) out.bytes += before.images[i].value[b] != now.value[b] ? 1 : 0;
    for (std::size_t e = 0; e < now.entries.size(); ++e) {
      if (before.images[i].entries[e] != now.entries[e])
        out.bytes += now.entries[e].key.size() + now.entries[e].value.size();
    }
    out.images.push_back(now);
  }
  return out;
}

void report(std::string_view what, const Built& before, const Built& after, test::Program& program) {
  const Difference difference = between(before.bundle, after.bundle);
  std::string names;
  for (const bundle::MapImage& image : difference.images) names += (names.empty() ? "" : ", ") + image.name;
  const auto begin = std::chrono::steady_clock::now();
  program.fill(difference.images);
  const std::chrono::duration<double, std::micro> filled = std::chrono::steady_clock::now() - begin;
  fmt::print("{}\n  {} bytes become others, in {}\n", what, difference.bytes, names);
  fmt::print("  the program is {}\n", before.bundle.object == after.bundle.object ? "the same" : "another");
  fmt::print(
      "  plan {:.1f} ms, tables {:.1f} ms, program {:.1f} ms (processor time); those tables into the running one "
      "{:.0f} us\n\n",
      after.plan_ms, after.tables_ms, after.program_ms, filled.count());
}

}  // namespace

int main() {
  if (const auto reason = test::no_kernel()) {
    fmt::print("skipped: {}\n", *reason);
    return 0;
  }
  const bench::VerdictWorld world = bench::verdict_world(1'000);
  const Built before = build(world);
  auto program = test::Program::load(before.bundle);
  if (!program) fail(program.error().message);

  fmt::print("100,000 addresses, 1,000 rules\n\n");
  bench::VerdictWorld moved = bench::verdict_world(1'000);
  std::swap(moved.inventory.instances[5].peer.labels, moved.inventory.instances[6].peer.labels);
  report("two workloads change places: no class is new", before, build(moved), *program);

  bench::VerdictWorld edited = bench::verdict_world(1'000);
  edited.policy.rules[700].verdict = model::Verdict::Deny;
  report("one rule denies what it allowed", before, build(edited), *program);
  return 0;
}
