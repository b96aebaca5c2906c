// What it takes to bring one address or one rule up to date: 100,000 addresses, 1,000 rules. Which tables become
// others, the processor time to work them out, and how long `load` takes over the bundle that is loaded.

#include <algorithm>
#include <chrono>
#include <ctime>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "bench/figures.h"
#include "bench/network/path.h"
#include "bench/verdict/world.h"
#include "codegen/codegen.h"
#include "plan/build.h"
#include "runtime/runtime.h"

using namespace weft;

namespace {

using bench::fail;

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

// Loads of a bundle over the other, in turns.
struct Loads {
  std::vector<double> wall, processor;  // milliseconds
  bool kept = true;                     // the program, each time
};

void load(const bench::Path& path, const bundle::Bundle& bundle, Loads* loads) {
  runtime::LoadOptions options;
  options.state_directory = bench::scratch();
  options.identity = bundle::identity(bundle);  // whoever reads a bundle has it
  options.interfaces = {{"w0", "w0"}};
  path.node().inside([&] {
    const auto begin = std::chrono::steady_clock::now();
    const double processor = processor_ms();
    const auto loaded = runtime::load(bundle, options);
    const std::chrono::duration<double, std::milli> wall = std::chrono::steady_clock::now() - begin;
    if (!loaded) fail(loaded.error().message);
    if (loads == nullptr) return;
    loads->processor.push_back(processor_ms() - processor);
    loads->wall.push_back(wall.count());
    loads->kept = loads->kept && loaded->updated.has_value();
  });
}

Loads in_turns(const bench::Path& path, const bundle::Bundle& before, const bundle::Bundle& after) {
  Loads out;
  load(path, before, nullptr);
  for (int i = 0; i < 10; ++i) {
    load(path, after, &out);
    load(path, before, &out);
  }
  return out;
}

void report(std::string_view what, const Built& before, const Built& after, const bench::Path& path) {
  const Difference difference = between(before.bundle, after.bundle);
  std::string names;
  for (const bundle::MapImage& image : difference.images) names += (names.empty() ? "" : ", ") + image.name;
  const Loads loads = in_turns(path, before.bundle, after.bundle);
  fmt::print("{}\n  {} bytes become others, in {}\n", what, difference.bytes, names);
  fmt::print("  the program is {}\n", before.bundle.object == after.bundle.object ? "the same" : "another");
  fmt::print("  plan {:.1f} ms, tables {:.1f} ms, program {:.1f} ms (processor time)\n", after.plan_ms, after.tables_ms,
             after.program_ms);
  fmt::print(
      "  load: {:.1f} ms by the clock, {:.1f} ms of processor time (medians of {}; most {:.1f} and {:.1f}); programs "
      "{}\n\n",
      bench::median(loads.wall), bench::median(loads.processor), loads.wall.size(), std::ranges::max(loads.wall),
      std::ranges::max(loads.processor), loads.kept ? "kept, addresses changed where they are" : "loaded anew");
}

}  // namespace

int main() {
  if (const std::string reason = bench::no_network("ip"); !reason.empty()) {
    fmt::print("skipped: {}\n", reason);
    return 0;
  }
  const bench::VerdictWorld world = bench::verdict_world(1'000);
  const Built before = build(world);
  const bench::Path path(0x0A000001);

  fmt::print("100,000 addresses, 1,000 rules\n\n");
  bench::VerdictWorld moved = bench::verdict_world(1'000);
  std::swap(moved.inventory.instances[5].peer.labels, moved.inventory.instances[6].peer.labels);
  report("two workloads change places: no class is new", before, build(moved), path);

  bench::VerdictWorld edited = bench::verdict_world(1'000);
  edited.policy.rules[700].verdict = model::Verdict::Deny;
  report("one rule denies what it allowed", before, build(edited), path);
  return 0;
}
