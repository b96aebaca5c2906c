// Generated worlds from texts to a bundle on disk, and from there into the kernel: what each step takes, how large the
// tables are and how much memory it all needs. Every world is built in a process of its own.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "bench/own_process.h"
#include "bench/worlds/worlds.h"
#include "driver/compile.h"
#include "tests/kernel/program.h"

namespace {

using namespace weft;
using bench::WorldSize;
namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& why) {
  fmt::print(stderr, "bench: {}\n", why);
  std::exit(1);
}

/// Processor seconds by step, in the words of driver::Options::on_step, and "writing" of the bundle.
class Steps {
 public:
  void begin(std::string_view step) {
    end();
    step_ = step;
    began_ = bench::processor_seconds();
  }
  void end() {
    if (!step_.empty()) took_[step_] += bench::processor_seconds() - began_;
    step_.clear();
  }
  double of(const std::string& step) const {
    const auto found = took_.find(step);
    return found == took_.end() ? 0 : found->second;
  }
  double all() const {
    double out = 0;
    for (const auto& [step, seconds] : took_) out += seconds;
    return out;
  }

 private:
  std::string step_;
  double began_ = 0;
  std::map<std::string, double> took_;
};

void write_texts(const bench::WorldTexts& texts, const fs::path& root) {
  fs::create_directories(root);
  for (const bench::WorldFile& file : texts.policies) std::ofstream(root / file.path, std::ios::binary) << file.text;
  std::ofstream(root / texts.inventory.path, std::ios::binary) << texts.inventory.text;
}

driver::Compilation build(const fs::path& root, Steps& steps) {
  driver::InputNames names;
  names.policies = {root.string()};
  driver::Options options;
  options.widen_obligations = true;  // the worlds have rules about names of hosts
  options.on_step = [&](std::string_view step) { steps.begin(step); };
  driver::Compilation out = driver::compile(names, driver::Goal::Build, options);
  if (!out.bundle) {
    steps.end();
    for (const Diagnostic& diagnostic : out.diagnostics.all()) {
      if (diagnostic.severity == Severity::Error) fail(diagnostic.code + ": " + diagnostic.message);
    }
    fail("there is no bundle");
  }
  steps.begin("writing");
  const auto written = bundle::write(*out.bundle, root / "bundle");
  steps.end();
  if (!written) fail(written.error().message);
  return out;
}

std::uint64_t figure(const bundle::Bundle& bundle, const std::string& name) {
  const auto& figures = bundle.manifest.figures;
  const auto found = figures.find(name);
  if (found == figures.end()) fail("the manifest has no figure `" + name + "`");
  return found->second;
}

void print(const std::string& name, const driver::Compilation& world, const Steps& steps, double peak) {
  const bundle::Bundle& bundle = *world.bundle;
  fmt::print(
      "{:<9} {:>6} {:>7} {:>13} {:>8.2f} {:>8.2f} {:>8.2f} {:>8.2f} {:>8.2f} {:>8.2f} s {:>6.0f} MB {:>9.2f} MB "
      "{:>7}\n",
      name, world.policy.rules.size(), figure(bundle, "classes"),
      fmt::format("{}+{}", figure(bundle, "egress entries"), figure(bundle, "ingress entries")), steps.of("reading"),
      steps.of("proving"), steps.of("planning"), steps.of("generating code"), steps.of("writing"), steps.all(), peak,
      static_cast<double>(figure(bundle, "table bytes")) / 1e6, figure(bundle, "map entries"));
}

// A line of the file that pictures are drawn of.
void append_data(const std::string& file, const std::string& name, const driver::Compilation& world,
                 const Steps& steps) {
  if (file.empty()) return;
  std::ofstream(file, std::ios::app) << fmt::format(
      "{}\t{}\t{:.3f}\t{:.3f}\t{:.3f}\t{:.3f}\t{:.3f}\t{:.0f}\t{}\n", name, world.policy.rules.size(),
      steps.of("reading"), steps.of("proving"), steps.of("planning"), steps.of("generating code"), steps.of("writing"),
      bench::peak_megabytes(), figure(*world.bundle, "table bytes"));
}

void measure(const std::string& name, const fs::path& root, const std::string& data) {
  Steps steps;
  const driver::Compilation world = build(root, steps);
  print(name, world, steps, bench::peak_megabytes());
  append_data(data, name, world, steps);
}

// The second build of one process finds everything at hand that the first one had to bring along.
void measure_twice(const fs::path& root, const std::string& data) {
  Steps cold, warm;
  const driver::Compilation first = build(root, cold);
  print("1k, cold", first, cold, bench::peak_megabytes());
  append_data(data, "1k, cold", first, cold);
  const driver::Compilation second = build(root, warm);
  print("1k, warm", second, warm, bench::peak_megabytes());
  append_data(data, "1k, warm", second, warm);
  if (*first.bundle != *second.bundle) fail("two builds of one policy differ");
}

// From the bundle on disk to a verified program with full tables; nothing is attached.
void measure_load(const std::string& name, const fs::path& root) {
  const auto began = std::chrono::steady_clock::now();
  const double start = bench::processor_seconds();
  const auto bundle = bundle::read(root / "bundle");
  if (!bundle) fail(bundle.error().message);
  const double read = bench::processor_seconds() - start;
  const auto program = test::Program::load(*bundle);
  if (!program) fail(program.error().message);
  const double loaded = bench::processor_seconds() - start - read;
  const std::chrono::duration<double, std::milli> clock = std::chrono::steady_clock::now() - began;
  fmt::print("{:<9} {:>8.0f} ms {:>8.0f} ms {:>8.0f} ms {:>8} instructions, {} walked\n", name, read * 1e3,
             loaded * 1e3, clock.count(), program->instructions(model::Direction::Egress),
             program->walked(model::Direction::Egress));
}

// Rules of the shapes of world M, as many as the bar for a build is about; and those of L over 100,000 addresses, what
// the bar for a load is about.
std::optional<WorldSize> find_size(std::string_view name) {
  if (name == "1k") {
    WorldSize size = *bench::find_world("M");
    size.policies = 580;
    return size;
  }
  if (name == "100k") {
    WorldSize size = *bench::find_world("L");
    size.pods = 100'000;
    size.policies = 650;
    return size;
  }
  const WorldSize* const known = bench::find_world(name);
  return known ? std::optional(*known) : std::nullopt;
}

}  // namespace

int main(int count, char** words) {
  std::vector<std::string> names;
  std::string data;
  for (int i = 1; i < count; ++i) {
    if (words[i] == std::string_view("--data") && i + 1 < count) {
      data = words[++i];
      std::ofstream(data) << "world\trules\treading\tproving\tplanning\tcode\twriting\tpeak_megabytes\ttable_bytes\n";
      continue;
    }
    if (!find_size(words[i])) {
      fmt::print(stderr, "usage: ./dev bench build [--data FILE] [1k|100k|S|M|L|XL|R|A]...\n");
      return 2;
    }
    names.emplace_back(words[i]);
  }
  if (names.empty()) names = {"1k", "100k", "S", "M", "L", "XL", "A"};

  char directory[] = "/tmp/weft-build-XXXXXX";
  if (!mkdtemp(directory)) fail("cannot make a directory for the worlds");
  const fs::path root = directory;
  bool right = true;
  for (const std::string& name : names) {
    right = bench::in_own_process([&] { write_texts(bench::generate_texts(*find_size(name)), root / name); }) && right;
  }
  fmt::print("weft build, processor seconds of each step, and the peak memory of the whole process\n\n");
  fmt::print("{:<9} {:>6} {:>7} {:>13} {:>8} {:>8} {:>8} {:>8} {:>8} {:>10} {:>9} {:>12} {:>7}\n", "", "rules",
             "classes", "entries", "reading", "proving", "planning", "code", "writing", "all", "peak", "tables",
             "in maps");
  for (const std::string& name : names) {
    right = bench::in_own_process(
                [&] { name == "1k" ? measure_twice(root / name, data) : measure(name, root / name, data); }) &&
            right;
  }
  if (const auto reason = test::no_kernel()) {
    fmt::print("\nloading is skipped: {}\n", *reason);
  } else {
    fmt::print("\nreading the bundle, and into the kernel: verified, tables filled, nothing attached\n\n");
    fmt::print("{:<9} {:>11} {:>11} {:>11}\n", "", "reading", "loading", "by the clock");
    for (const std::string& name : names) {
      right = bench::in_own_process([&] { measure_load(name, root / name); }) && right;
    }
  }
  fs::remove_all(root);
  return right ? 0 : 1;
}
