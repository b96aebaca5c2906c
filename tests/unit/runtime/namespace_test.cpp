// One load over several network namespaces: all of it, or what was there before, however it ends.
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>

#include "tests/unit/runtime/world.h"

using namespace weft;
using namespace weft::runtime;
using namespace weft::runtime::test;

namespace {

using Lines = std::vector<std::string>;

/// Three workloads: the first at the node's end of its link, the others at their own ends, in namespaces of their own
/// where the interfaces may have one number.
bundle::Bundle spread_bundle(const World& world, std::uint16_t port) {
  bundle::Bundle out = gate_bundle(3, port);
  for (const unsigned i : {2u, 3u}) {
    out.manifest.endpoints[i - 1].interface = world.inside(i);
    // Seen from its own end, what the workload receives is what comes in.
    out.manifest.endpoints[i - 1].addresses[0].address = fmt::format("10.0.{}.1", i);
  }
  return out;
}

Lines gates(const World& world) {
  Lines out = world.hooks();
  for (const unsigned i : {2u, 3u}) {
    for (const std::string& each : world.hooks_in(i)) out.push_back(fmt::format("w{}: {}", i, each));
  }
  return out;
}

Lines gates_everywhere(Hook hook) {
  Lines out;
  for (const std::string where : {"weft1", "w2: eth0", "w3: eth0"}) {
    if (hook == Hook::Tcx) {
      out.push_back(where + " tcx egress weft_to_workloa");
      out.push_back(where + " tcx ingress weft_from_workl");
    } else {
      out.push_back(where + " clsact");
      out.push_back(where + " egress 1 0x77656674 weft_to_workloa");
      out.push_back(where + " ingress 1 0x77656674 weft_from_workl");
    }
  }
  return out;
}

Lines steps_of(const bundle::Bundle& bundle, const World& world) {
  Lines out;
  LoadOptions options = world.options();
  options.before_step = [&](std::string_view step) {
    out.emplace_back(step);
    return true;
  };
  const auto loaded = load(bundle, options);
  if (!loaded) FAIL(loaded.error().message);
  return out;
}

/// A load that is killed before that step.
void kill_load(const bundle::Bundle& bundle, const World& world, std::size_t stop) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    LoadOptions options = world.options();
    options.before_step = [&, at = std::size_t{0}](std::string_view) mutable {
      if (at++ == stop) ::raise(SIGKILL);
      return true;
    };
    (void)load(bundle, options);
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE((WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
  kernel_frees();
}

}  // namespace

TEST_CASE("one load serves several namespaces, from load to unload", "[runtime][kernel]") {
  if (skipped()) return;
  const Hook hook = hook_under_test();
  const World world(3, hook);
  const auto loaded = load(spread_bundle(world, 80), world.options());
  if (!loaded) FAIL(loaded.error().message);
  REQUIRE(loaded->attached.size() == 3);
  CHECK(loaded->attached[0].interface == "weft1");
  CHECK(loaded->attached[1].interface == world.inside(2));
  CHECK(loaded->attached[2].interface == world.inside(3));
  CHECK(gates(world) == gates_everywhere(hook));
  CHECK(world.files().size() == 1);

  for (const unsigned workload : {1u, 2u, 3u}) {
    CHECK(world.connects_out(workload, 80));
    CHECK_FALSE(world.connects_out(workload, 81));
  }
  const auto status = world.status();
  REQUIRE(status.has_value());
  CHECK(status->differences == Lines{});
  REQUIRE(status->attached.size() == 3);
  CHECK(status->attached[2].interface == world.inside(3));
  CHECK(status->attached[2].from_workload == loaded->attached[2].from_workload);
  // Programs of their own in each, and yet the packets of all are counted.
  CHECK(status->attached[1].from_workload.id != status->attached[2].from_workload.id);
  std::uint64_t allowed = 0;
  for (const Hits& each : status->egress) allowed += each.entry.number == 8 ? each.packets : 0;
  CHECK(allowed >= 3);

  const auto unloaded = world.unload();
  REQUIRE(unloaded.has_value());
  CHECK(unloaded->filters == 6);
  CHECK(unloaded->qdiscs == (hook == Hook::Clsact ? 3 : 0));
  CHECK(gates(world) == Lines{});
  CHECK(world.files() == Lines{});
  for (const unsigned workload : {1u, 2u, 3u}) CHECK(world.connects_out(workload, 81));
  CHECK(programs_become(0));
}

TEST_CASE("a load over namespaces that is abandoned or killed at any step leaves nothing anywhere",
          "[runtime][kernel]") {
  if (skipped()) return;
  const Hook hook = hook_under_test();
  const World world(3, hook);
  const bundle::Bundle bundle = spread_bundle(world, 80);
  const Lines steps = steps_of(bundle, world);
  REQUIRE(steps.size() == (hook == Hook::Clsact ? 13 : 10));
  REQUIRE(world.unload().has_value());
  for (std::size_t stop = 0; stop < steps.size(); ++stop) {
    INFO(steps[stop]);
    LoadOptions options = world.options();
    options.before_step = [&, at = std::size_t{0}](std::string_view) mutable { return at++ != stop; };
    const auto loaded = load(bundle, options);
    REQUIRE_FALSE(loaded.has_value());
    CHECK(loaded.error().code == "W6012");
    CHECK(gates(world) == Lines{});
    CHECK(world.files() == Lines{});

    kill_load(bundle, world, stop);
    const auto status = world.status();
    REQUIRE(status.has_value());
    CHECK_FALSE(status->loaded);
    CHECK(status->recovered.size() == (stop < 2 ? 0 : 1));
    CHECK(gates(world) == Lines{});
  }
  CHECK(programs_become(0));
}

TEST_CASE("a replacement over namespaces that is killed ends everywhere alike", "[runtime][kernel]") {
  if (skipped()) return;
  const Hook hook = hook_under_test();
  const World world(3, hook);
  const bundle::Bundle before = spread_bundle(world, 80), after = spread_bundle(world, 81);
  REQUIRE(load(before, world.options()).has_value());
  const std::size_t steps = steps_of(after, world).size();
  REQUIRE(world.unload().has_value());
  bool completed = false, undone = false;
  for (std::size_t stop = 0; stop < steps; ++stop) {
    REQUIRE(load(before, world.options()).has_value());
    kill_load(after, world, stop);
    const auto status = world.status();
    REQUIRE(status.has_value());
    CAPTURE(stop, hook == Hook::Tcx, status->recovered);
    CHECK(gates(world) == gates_everywhere(hook));
    CHECK(status->differences == Lines{});
    CHECK(status->recovered.size() == (stop < 2 ? 0 : 1));
    const bool is_new = status->bundle == bundle::identity(after);
    CHECK((is_new || status->bundle == bundle::identity(before)));
    for (const unsigned workload : {1u, 2u, 3u}) {
      CHECK(world.connects_out(workload, is_new ? 81 : 80));
      CHECK_FALSE(world.connects_out(workload, is_new ? 80 : 81));
    }
    completed = completed || is_new;
    undone = undone || !is_new;
    REQUIRE(world.unload().has_value());
    CHECK(gates(world) == Lines{});
  }
  CHECK(completed);
  CHECK(undone);
  CHECK(programs_become(0));
}

TEST_CASE("the gates of all namespaces change from one policy to the next at one moment", "[runtime][kernel]") {
  if (skipped()) return;
  const Hook hook = hook_under_test();
  const World world(3, hook);
  REQUIRE(load(spread_bundle(world, 80), world.options()).has_value());
  LoadOptions options = world.options();
  std::string last;
  std::size_t seen = 0;
  options.before_step = [&](std::string_view step) {
    const bool is_next = last == "put the new gates into force";
    last = step;
    if (step != "put the new gates into force" && !is_next) return true;
    ++seen;
    for (const unsigned workload : {1u, 2u, 3u}) {
      INFO(step << ": workload " << workload);
      CHECK(world.connects_out(workload, is_next ? 81 : 80));
      CHECK_FALSE(world.connects_out(workload, is_next ? 80 : 81));
    }
    return true;
  };
  REQUIRE(load(spread_bundle(world, 81), options).has_value());
  CHECK(seen == 2);
  CHECK(gates(world) == gates_everywhere(hook));
  CHECK(world.status()->differences == Lines{});
}

TEST_CASE("an unload over namespaces that is killed is completed everywhere", "[runtime][kernel]") {
  if (skipped()) return;
  const World world(3, hook_under_test());
  for (const std::size_t stop : {1u, 2u, 4u, 6u}) {
    REQUIRE(load(spread_bundle(world, 80), world.options()).has_value());
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      (void)runtime::unload(
          {.state_directory = world.state(), .before_step = [&, at = std::size_t{0}](std::string_view) mutable {
             if (at++ == stop) ::raise(SIGKILL);
             return true;
           }});
      ::_exit(0);
    }
    int ended = 0;
    REQUIRE(::waitpid(child, &ended, 0) == child);
    REQUIRE(WIFSIGNALED(ended));
    const auto status = world.status();
    REQUIRE(status.has_value());
    CHECK_FALSE(status->loaded);
    CHECK(status->recovered == Lines{"an unload that was killed was completed"});
    CHECK(gates(world) == Lines{});
  }
  CHECK(programs_become(0));
}

TEST_CASE("what hangs in another namespace goes with the bundle that had it there", "[runtime][kernel]") {
  if (skipped()) return;
  const Hook hook = hook_under_test();
  const World world(3, hook);
  REQUIRE(load(spread_bundle(world, 80), world.options()).has_value());
  const auto loaded = load(gate_bundle(1, 80), world.options());
  REQUIRE(loaded.has_value());
  CHECK(loaded->replaced);
  CHECK(loaded->detached == Lines{world.inside(2), world.inside(3)});
  CHECK(world.hooks_in(2) == Lines{});
  CHECK(world.hooks_in(3) == Lines{});
  CHECK(world.hooks().size() == (hook == Hook::Clsact ? 3 : 2));
  CHECK(world.status()->differences == Lines{});
}

TEST_CASE("a namespace that has a load of its own is left alone", "[runtime][kernel]") {
  if (skipped()) return;
  const World world(3);
  world.enter_workload(3, [&] {
    bundle::Bundle own = gate_bundle(1, 80);
    own.manifest.endpoints[0].interface = "eth0";
    REQUIRE(load(own, world.options()).has_value());
  });
  const Lines there = world.hooks_in(3);
  const auto loaded = load(spread_bundle(world, 81), world.options());
  REQUIRE_FALSE(loaded.has_value());
  CHECK(loaded.error().code == "W6007");
  CHECK_THAT(loaded.error().message, Catch::Contains("has a load of its own"));
  CHECK(world.hooks() == Lines{});
  CHECK(world.hooks_in(2) == Lines{});
  CHECK(world.hooks_in(3) == there);
  world.enter_workload(3, [&] { REQUIRE(world.unload().has_value()); });
  CHECK(load(spread_bundle(world, 81), world.options()).has_value());
  CHECK(world.unload()->filters == 6);
}
