#include "bench/verdict/swap.h"

#include <array>
#include <atomic>
#include <chrono>
#include <ctime>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "bench/figures.h"
#include "bench/network/path.h"
#include "codegen/codegen.h"
#include "plan/build.h"
#include "runtime/runtime.h"

namespace weft::bench {
namespace {

constexpr std::uint32_t client = 0x0A000001, server = 0x0A000002;
// One port that both policies allow, and two that only a mix of them would: the identities of the one, the rules of the
// other.
constexpr std::uint16_t both = 1'000, mixed = 1'002, mixed_too = 1'003;
// What one of the two policies allows and the other does not.
constexpr std::uint16_t only_first = 1'004, only_second = 1'005;

const model::LabelKey app{model::KeyScope::Workload, "app"};

model::Instance instance(std::uint32_t number, std::string name, std::string label, std::uint32_t address) {
  model::Instance out;
  out.name = "swap/" + name;
  out.peer.kind = model::PeerKind::Workload;
  out.peer.instance = model::InstanceId{number};
  out.peer.labels[app] = std::move(label);
  out.addresses = {model::v4_address(address)};
  return out;
}

/// A policy in which the client is one of two, and each of the two may reach something else.
bundle::Bundle bundle_of(bool second) {
  model::Inventory inventory;
  inventory.instances = {instance(0, "client", second ? "two" : "one", client),
                         instance(1, "server", "server", server)};
  inventory.instances[0].attach = model::Attachment{.interface = "w0"};
  inventory.index();

  model::Policy policy;
  policy.profile = *model::find_profile("strict");
  policy.tiers = {{.name = "main"}};
  policy.blocks.push_back({.name = "swap"});
  const auto allow = [&](const char* label, std::uint16_t port) {
    model::Rule rule;
    rule.source = model::Selector::equals(app, label);
    rule.destination = model::Selector::equals(app, "server");
    rule.ports.points = model::PointSet::of_range(model::protocol::udp, port, port);
    policy.rules.push_back(std::move(rule));
  };
  allow(second ? "two" : "one", both);
  allow(second ? "one" : "two", second ? mixed_too : mixed);
  allow(second ? "two" : "one", second ? only_second : only_first);
  const auto plan = plan::build(policy, inventory);
  if (!plan) fail(plan.error().message);
  auto bundle = codegen::emit(*plan);
  if (!bundle) fail(bundle.error().message);
  return std::move(*bundle);
}

double nanoseconds(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return 1e9 * static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec);
}

/// How long it took to put the gates into force, load by load, and when that of the last load began.
struct Changes {
  std::vector<double> processor, wall;
  double began = 0;
};

void load(const Path& path, const bundle::Bundle& bundle, Changes* changes) {
  bool changing = false, changed = false;
  double processor = 0, wall = 0;
  runtime::LoadOptions options;
  options.state_directory = scratch();
  options.before_step = [&](std::string_view step) {
    const double processor_now = nanoseconds(CLOCK_THREAD_CPUTIME_ID), wall_now = nanoseconds(CLOCK_MONOTONIC);
    if (changing && changes) {
      changes->processor.push_back(processor_now - processor);
      changes->wall.push_back(wall_now - wall);
    }
    changing = step == "put the new gates into force";
    processor = nanoseconds(CLOCK_THREAD_CPUTIME_ID);
    wall = nanoseconds(CLOCK_MONOTONIC);
    if (changing && changes && !std::exchange(changed, true)) changes->began = wall;
    return true;
  };
  path.node().inside([&] {
    const auto loaded = runtime::load(bundle, options);
    if (!loaded) fail(loaded.error().message);
  });
}

/// Sends packets that only the policy about to come allows, one after the other, while it comes: nanoseconds from the
/// call that puts the gates into force to the moment at which a packet has passed one. What is in doubt (a packet's
/// way, a sender who has to wait for a processor) makes it longer.
double until_first_passes(Path& path, const bundle::Bundle& next, std::uint16_t port, Changes& changes) {
  const std::vector<Bytes> frames{Path::frame(client, server, port)};
  const std::uint64_t before = path.arrived();
  std::atomic<bool> stop = false;
  std::vector<double> sent;
  std::thread sender([&] {
    for (sent.reserve(1'000'000); !stop || sent.size() < 2; path.send(frames, 1))
      sent.push_back(nanoseconds(CLOCK_MONOTONIC));
    sent.push_back(nanoseconds(CLOCK_MONOTONIC));
  });
  load(path, next, &changes);
  stop = true;
  sender.join();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));  // what is still on its way
  const std::uint64_t packets = sent.size() - 1, passed = path.arrived() - before;
  if (passed == 0 || passed >= packets) {
    fail(fmt::format("of {} packets before and after a swap {} passed: it was not seen", packets, passed));
  }
  return sent[packets - passed + 1] - changes.began;
}

}  // namespace

void swap_under_load(int swaps) {
  if (const std::string reason = no_network("ip"); !reason.empty()) {
    fmt::print("swap of a policy under load: not measured: {}\n", reason);
    return;
  }
  const std::array bundles{bundle_of(false), bundle_of(true)};
  Path path(client);
  load(path, bundles[0], nullptr);

  Changes changes;
  std::uint64_t sent = 0;
  for (const bool allowed : {true, false}) {
    std::vector<Bytes> frames;
    for (const std::uint16_t port : {mixed, mixed_too})
      frames.push_back(Path::frame(client, server, allowed ? both : port));
    const std::uint64_t before = path.arrived();
    std::atomic<bool> stop = false;
    std::uint64_t count = 0;
    std::thread sender([&] {
      constexpr std::size_t batch = 256;
      for (; !stop; count += batch) path.send(frames, batch);
    });
    for (int i = 1; i <= swaps; ++i) load(path, bundles[static_cast<std::size_t>(i) % 2], &changes);
    stop = true;
    sender.join();
    std::this_thread::sleep_for(std::chrono::milliseconds(200));  // what is still on its way
    const std::uint64_t arrived = path.arrived() - before, expected = allowed ? count : 0;
    if (arrived != expected) {
      fail(fmt::format("of {} packets that {} policies {}, {} arrived: some were judged by a mix", count,
                       allowed ? "both" : "neither of the", allowed ? "allow" : "allows", arrived));
    }
    sent += count;
  }
  std::vector<double> seen;
  for (int i = 1; i <= swaps; ++i) {
    const bool second = i % 2 != 0;
    seen.push_back(until_first_passes(path, bundles[second ? 1 : 0], second ? only_second : only_first, changes));
  }
  fmt::print(
      "swap of a policy under load: {} swaps, {} packets, none judged by a mix, none lost\n"
      "  by the clock, from the call that puts all new gates into force to a packet that was judged by the new policy: "
      "{:.1f} µs (median of {}; 95th percentile {:.1f})\n"
      "  the call itself: {:.1f} µs of processor time (median; 95th percentile {:.1f}), {:.1f} µs by the clock\n",
      changes.processor.size(), sent, median(seen) / 1e3, seen.size(), quantile(seen, 0.95) / 1e3,
      median(changes.processor) / 1e3, quantile(changes.processor, 0.95) / 1e3, median(changes.wall) / 1e3);
}

}  // namespace weft::bench
