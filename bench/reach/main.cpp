// Generated worlds from text to answers: reading, who may reach whom in the inventory, and `weft check`. Every step
// that is measured runs in a process of its own, so that its peak memory is its own.

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "bench/own_process.h"
#include "bench/worlds/worlds.h"
#include "driver/compile.h"
#include "model/evaluate.h"
#include "verifier/connectivity.h"
#include "verifier/connectivity_chains.h"

namespace {

using namespace weft;
using bench::in_own_process;
using bench::peak_megabytes;
using bench::processor_seconds;
using bench::WorldSize;

[[noreturn]] void fail(const std::string& why) {
  fmt::print(stderr, "bench: {}\n", why);
  std::exit(1);
}

driver::InputNames names_of(const std::filesystem::path& root) {
  driver::InputNames out;
  out.policies = {root.string()};
  return out;
}

void write(const WorldSize& size, const std::filesystem::path& root) {
  const bench::WorldTexts texts = bench::generate_texts(size);
  std::filesystem::create_directories(root);
  std::vector<bench::WorldFile> files = texts.policies;
  files.push_back(texts.inventory);
  for (const bench::WorldFile& file : files) {
    std::ofstream out(root / file.path, std::ios::binary);
    out << file.text;
  }
}

driver::Compilation understood(const std::filesystem::path& root) {
  driver::Compilation out = driver::compile(names_of(root), driver::Goal::Understand);
  for (const Diagnostic& diagnostic : out.diagnostics.all()) {
    if (diagnostic.severity == Severity::Error) fail(diagnostic.message);
  }
  return out;
}

// Random flows against the meaning: a figure of a wrong answer is worth nothing.
std::size_t check(const driver::Compilation& world, const verifier::Connectivity& connectivity, std::size_t flows) {
  std::uint64_t state = 1;
  const auto below = [&](std::size_t bound) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<std::size_t>(state >> 33) % bound;
  };
  const std::vector<model::Instance>& all = world.inventory.instances;
  std::size_t allowed = 0;
  for (std::size_t i = 0; i < flows; ++i) {
    const model::Instance& from = all[below(all.size())];
    // Neighbours are mostly of one namespace, where more is allowed.
    const std::size_t near = (static_cast<std::size_t>(*from.peer.instance) + 1 + below(30)) % all.size();
    const model::Instance& to = all[i % 2 == 0 ? below(all.size()) : near];
    if (&from == &to) continue;
    const model::PointSet& points = connectivity.atoms()[below(connectivity.atoms().size())];
    const model::Flow flow{{&from.peer, from.addresses[0]},
                           {&to.peer, to.addresses[0]},
                           model::ServicePoint{points.ranges().front().first}};
    const bool meant = model::evaluate(world.policy, flow).allowed;
    const bool said = connectivity.allowed(connectivity.class_of(flow.source), connectivity.class_of(flow.destination),
                                           connectivity.atom_of(flow.service));
    if (meant != said) fail(fmt::format("{} -> {}: connectivity and the evaluator disagree", from.name, to.name));
    allowed += meant ? 1 : 0;
  }
  return allowed;
}

void measure_reach(const WorldSize& size, const std::filesystem::path& root) {
  const double start = processor_seconds();
  const driver::Compilation world = understood(root);
  const double read = processor_seconds() - start;

  const double began = processor_seconds();
  const verifier::Connectivity connectivity(world.policy, world.inventory);
  const double built = processor_seconds();
  const verifier::ClassMatrix one = connectivity.matrix(0);
  const double row = processor_seconds();
  const verifier::ClassMatrix any = connectivity.any_service();
  const double done = processor_seconds();
  const double peak = peak_megabytes();
  const std::vector<std::uint64_t> radii = verifier::blast_radii(connectivity, world.inventory, any);
  const double chained = processor_seconds() - done;

  const std::size_t flows = 20'000'000 / (world.policy.rules.size() + 1000);
  const std::size_t allowed = check(world, connectivity, flows);
  const std::size_t classes = connectivity.classes().size();
  std::size_t open = 0;
  for (std::size_t s = 0; s < classes; ++s) open += any.row_set(s).count();
  fmt::print(
      "{:<3} {:>8} {:>7} {:>8} {:>6} {:>6.2f} s {:>6.2f} s {:>6.0f} ms {:>6.2f} s {:>6.2f} s {:>6.2f} s {:>6.0f} MB\n",
      size.name, world.inventory.instances.size(), world.policy.rules.size(), classes, connectivity.atoms().size(),
      read, built - began, (row - built) * 1000, done - row, built - began + done - row, chained, peak);
  fmt::print(
      "    {} of {} class pairs open, the widest blast reaches {}; the evaluator agrees on {} flows, {} of them "
      "allowed\n",
      open, classes * classes, *std::ranges::max_element(radii), flows, allowed);
  if (classes > size.most_classes) fail(fmt::format("world {} has more than {} classes", size.name, size.most_classes));
  if (allowed == 0) fail("no flow asked about is allowed, which shows nothing");
}

void measure_check(const WorldSize& size, const std::filesystem::path& root) {
  const double start = processor_seconds();
  const driver::Compilation world = driver::compile(names_of(root), driver::Goal::Check);
  const double took = processor_seconds() - start;
  std::size_t errors = 0, warnings = 0;
  for (const Diagnostic& diagnostic : world.diagnostics.all()) {
    (diagnostic.severity == Severity::Error ? errors : warnings) += 1;
  }
  fmt::print("{:<3} {:>8} {:>7} {:>8.2f} s {:>8.0f} MB   {} errors, {} other findings\n", size.name,
             world.inventory.instances.size(), world.policy.rules.size(), took, peak_megabytes(), errors, warnings);
}

}  // namespace

int main(int count, char** words) {
  std::vector<const WorldSize*> sizes;
  bool reach = true, check_too = true;
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    if (word == "--reach-only") {
      check_too = false;
    } else if (word == "--check-only") {
      reach = false;
    } else if (const WorldSize* size = bench::find_world(word)) {
      sizes.push_back(size);
    } else {
      fmt::print(stderr, "usage: weft_bench_reach [--reach-only|--check-only] [S|M|L|XL|R|A]...\n");
      return 2;
    }
  }
  if (sizes.empty()) {
    for (const WorldSize& size : bench::world_sizes()) sizes.push_back(&size);
  }

  char directory[] = "/tmp/weft-worlds-XXXXXX";
  if (!mkdtemp(directory)) fail("cannot make a directory for the worlds");
  const std::filesystem::path root = directory;
  bool right = true;
  for (const WorldSize* size : sizes)
    right = in_own_process([&] { write(*size, root / std::string(size->name)); }) && right;
  if (reach) {
    fmt::print(
        "who may reach whom: processor time, and the peak memory of the whole process\n"
        "  reading: texts to meaning; any: from which class to which on some service; cold: classes and any;\n"
        "  chains: the blast radius of every instance\n\n");
    fmt::print("{:<3} {:>8} {:>7} {:>8} {:>6} {:>8} {:>8} {:>9} {:>8} {:>8} {:>8} {:>9}\n", "", "peers", "rules",
               "classes", "atoms", "reading", "classes", "one atom", "any", "cold", "chains", "peak");
    for (const WorldSize* size : sizes) {
      right = in_own_process([&] { measure_reach(*size, root / std::string(size->name)); }) && right;
    }
  }
  if (check_too) {
    fmt::print("\nweft check, reading included\n{:<3} {:>8} {:>7} {:>10} {:>11}\n", "", "peers", "rules", "time",
               "peak");
    for (const WorldSize* size : sizes) {
      right = in_own_process([&] { measure_check(*size, root / std::string(size->name)); }) && right;
    }
  }
  std::filesystem::remove_all(root);
  return right ? 0 : 1;
}
