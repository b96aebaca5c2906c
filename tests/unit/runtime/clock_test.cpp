// By which clock deadlines are kept, and that they come at their time wherever a bundle is loaded from.
#include <fcntl.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <string_view>

#include "tests/unit/runtime/world.h"

using namespace weft;
using namespace weft::runtime;
using namespace weft::runtime::test;

namespace {

constexpr std::int64_t second = 1'000'000'000;

bundle::Bundle with_deadlines() {
  bundle::Bundle out = gate_bundle(1, 80);
  out.manifest.figures["deadlines"] = 1;
  return out;
}

Result<Loaded> load_by(DeadlineClock clock, const World& world) {
  LoadOptions options = world.options();
  options.clock = clock;
  return load(with_deadlines(), options);
}

/// Calls `work` in a time namespace whose clocks are `seconds` ahead, in a process of its own; false where there is
/// none.
bool in_time_namespace(std::string_view offsets, const std::function<bool()>& work, bool& done) {
  const pid_t outer = ::fork();
  if (outer == 0) {
    constexpr int none = 42;
    if (::unshare(CLONE_NEWTIME) != 0) ::_exit(none);
    const int file = ::open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC);
    if (file < 0 || ::write(file, offsets.data(), offsets.size()) != static_cast<ssize_t>(offsets.size()))
      ::_exit(none);
    // Children are in the namespace, this process is not.
    const pid_t inner = ::fork();
    if (inner == 0) ::_exit(work() ? 0 : 1);
    int status = 0;
    ::waitpid(inner, &status, 0);
    ::_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
  }
  int status = 0;
  ::waitpid(outer, &status, 0);
  if (!WIFEXITED(status) || WEXITSTATUS(status) == 42) return false;
  done = WEXITSTATUS(status) == 0;
  return true;
}

}  // namespace

TEST_CASE("the clock of deadlines is told the time of day", "[runtime][kernel]") {
  if (skipped()) return;
  const World world(1, hook_under_test());
  for (const DeadlineClock clock : {DeadlineClock::Boot, DeadlineClock::Auto}) {
    const auto loaded = load_by(clock, world);
    if (!loaded) FAIL(loaded.error().message);
    const auto status = world.status();
    REQUIRE(status);
    REQUIRE(status->deadlines);
    if (clock == DeadlineClock::Boot) CHECK(status->deadlines->clock == DeadlineClock::Boot);
    REQUIRE(status->deadlines->late);
    CHECK(std::abs(*status->deadlines->late) < second / 10);
  }
}

TEST_CASE("a bundle without deadlines has no clock to look at", "[runtime][kernel]") {
  if (skipped()) return;
  const World world(1, hook_under_test());
  REQUIRE(load(gate_bundle(1, 80), world.options()));
  const auto status = world.status();
  REQUIRE(status);
  CHECK_FALSE(status->deadlines);
}

TEST_CASE("a load from a time namespace tells the program the kernel's time", "[runtime][kernel]") {
  if (skipped()) return;
  const World world(1, hook_under_test());
  bool done = false;
  const bool there = in_time_namespace(
      "monotonic 7000 0\nboottime 100000 0\n", [&] { return load_by(DeadlineClock::Boot, world).has_value(); }, done);
  if (!there) {
    WARN("SKIPPED: no time namespaces here");
    return;
  }
  REQUIRE(done);
  const auto status = world.status();
  REQUIRE(status);
  REQUIRE(status->deadlines);
  CHECK(status->deadlines->clock == DeadlineClock::Boot);
  REQUIRE(status->deadlines->late);
  CHECK(std::abs(*status->deadlines->late) < second / 10);
}
