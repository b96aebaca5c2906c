// What is left when a load or unload fails or is killed at any point: nothing, or what was there before.
#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <functional>

#include "runtime/system.h"
#include "tests/unit/runtime/world.h"

using namespace weft;
using namespace weft::runtime;
using namespace weft::runtime::test;

namespace {

using Lines = std::vector<std::string>;

/// The steps a load takes, by name.
Lines steps_of(const bundle::Bundle& bundle, const World& world) {
  Lines out;
  LoadOptions options = world.options();
  options.before_step = [&](std::string_view step) {
    out.emplace_back(step);
    return true;
  };
  REQUIRE(load(bundle, options).has_value());
  return out;
}

/// Runs `work` in a child process, of which the kernel keeps nothing; true if it was killed by SIGKILL.
bool killed(const std::function<void()>& work) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    work();
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  kernel_frees();
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

std::function<bool(std::string_view)> kill_at(std::size_t step) {
  return [step, at = std::size_t{0}](std::string_view) mutable {
    if (at++ == step) ::raise(SIGKILL);
    return true;
  };
}

}  // namespace

TEST_CASE("a load abandoned at any step leaves nothing", "[runtime][kernel]") {
  if (skipped()) return;
  const Hook hook = hook_under_test();
  REQUIRE(programs_become(0));
  const World world(2, hook);
  const Lines steps = steps_of(gate_bundle(2, 80), world);
  // Programs, intent, per interface two gates (and one qdisc), all of them into force, result.
  REQUIRE(steps.size() == (hook == Hook::Clsact ? 10 : 8));
  REQUIRE(world.unload().has_value());
  for (std::size_t stop = 0; stop < steps.size(); ++stop) {
    LoadOptions options = world.options();
    options.before_step = [&, at = std::size_t{0}](std::string_view) mutable { return at++ != stop; };
    const auto loaded = load(gate_bundle(2, 80), options);
    INFO(steps[stop]);
    REQUIRE_FALSE(loaded.has_value());
    CHECK(loaded.error().code == "W6012");
    CHECK_THAT(loaded.error().message, Catch::Contains(steps[stop]));
    CHECK(world.hooks() == Lines{});
    CHECK(world.files() == Lines{});
  }
  CHECK(programs_become(0));
}

TEST_CASE("a replacement abandoned at any step leaves the bundle before", "[runtime][kernel]") {
  if (skipped()) return;
  const Hook hook = hook_under_test();
  const World world(3, hook);
  bundle::Bundle next = gate_bundle(3, 81);
  next.manifest.endpoints.erase(next.manifest.endpoints.begin());
  REQUIRE(load(gate_bundle(2, 80), world.options()).has_value());
  const Lines steps = steps_of(next, world);
  // The gates of the interface that is left come on top, the former ones of the other, and one more qdisc and one less.
  REQUIRE(steps.size() == (hook == Hook::Clsact ? 14 : 12));
  REQUIRE(world.unload().has_value());

  REQUIRE(load(gate_bundle(2, 80), world.options()).has_value());
  const Lines hooks = world.hooks();
  const auto before = world.status();
  for (std::size_t stop = 0; stop < steps.size(); ++stop) {
    LoadOptions options = world.options();
    options.before_step = [&, at = std::size_t{0}](std::string_view) mutable { return at++ != stop; };
    INFO(steps[stop]);
    REQUIRE_FALSE(load(next, options).has_value());
    CHECK(world.hooks() == hooks);
    const auto after = world.status();
    REQUIRE(after.has_value());
    CHECK(after->differences == Lines{});
    CHECK(after->recovered == Lines{});
    CHECK(after->bundle == before->bundle);
    CHECK(after->attached[0].from_workload == before->attached[0].from_workload);
  }
  for (const unsigned workload : {1u, 2u}) {
    CHECK(world.connects_out(workload, 80));
    CHECK_FALSE(world.connects_out(workload, 81));
  }
  CHECK(programs_become(2));
  CHECK(world.unload()->qdiscs == (hook == Hook::Clsact ? 2 : 0));
  CHECK(programs_become(0));
}

TEST_CASE("an interface that goes away in the middle of a load", "[runtime][kernel]") {
  if (skipped()) return;
  for (const std::string doomed : {"weft1", "weft2"}) {
    for (const std::string when : {"create the clsact qdisc of `weft2`", "attach the egress gate to `weft2`",
                                   "attach the ingress gate to `weft2`"}) {
      const World world(2);
      LoadOptions options = world.options();
      options.before_step = [&](std::string_view step) {
        if (step == when) run("ip link del " + doomed);
        return true;
      };
      const auto loaded = load(gate_bundle(2, 80), options);
      INFO(doomed << " before: " << when);
      // Gone after its gates were attached is as good as gone after the load.
      CHECK(loaded.has_value() == (doomed == "weft1"));
      if (!loaded) {
        CHECK((loaded.error().code == "W6004" || loaded.error().code == "W6008" || loaded.error().code == "W6007"));
        CHECK(world.hooks() == Lines{});
        CHECK(world.files() == Lines{});
      }
      CHECK(world.unload().has_value());
    }
  }
  CHECK(programs_become(0));
}

TEST_CASE("the second interface fails and the first is free again", "[runtime][kernel]") {
  if (skipped()) return;
  const World world(2);
  REQUIRE(run("tc qdisc add dev weft2 clsact") == "");
  REQUIRE(run("tc filter add dev weft2 egress protocol ip prio 1 u32 match u32 0 0 flowid 1:1") == "");
  const auto loaded = load(gate_bundle(2, 80), world.options());
  REQUIRE_FALSE(loaded.has_value());
  CHECK(loaded.error().code == "W6007");
  CHECK_THAT(loaded.error().message, Catch::Contains("at the egress of interface `weft2`"));
  CHECK_THAT(run("tc qdisc show dev weft1"), !Catch::Contains("clsact"));
  CHECK_THAT(run("tc filter show dev weft2 ingress"), !Catch::Contains("weft"));
  CHECK_THAT(run("tc filter show dev weft2 egress"), Catch::Contains("u32"));
  CHECK(world.files() == Lines{});
  CHECK(world.connects_out(1, 81));
  CHECK(programs_become(0));
}

TEST_CASE("bundles that do not fit their program are refused before anything is attached", "[runtime][kernel]") {
  if (skipped()) return;
  const World world(1);
  const auto refused = [&](const bundle::Bundle& bundle, const std::string& code, const std::string& says) {
    const auto loaded = load(bundle, world.options());
    REQUIRE_FALSE(loaded.has_value());
    INFO(loaded.error().message);
    CHECK(loaded.error().code == code);
    CHECK_THAT(loaded.error().message, Catch::Contains(says));
    CHECK(world.hooks() == Lines{});
    CHECK(world.files() == Lines{});
  };
  const auto changed = [&](const std::function<void(bundle::Bundle&)>& change) {
    bundle::Bundle bundle = gate_bundle(1, 80);
    change(bundle);
    return bundle;
  };
  using bundle::MapImage;
  refused(gate_bundle(1, 80, "refused.o"), "W6003", "invalid access to packet");
  refused(changed([](auto& bundle) { bundle.object.clear(); }), "W6006", "no BPF object");
  refused(changed([](auto& bundle) { bundle.object = {'t', 'e', 'x', 't'}; }), "W6006", "no BPF object");
  refused(changed([](auto& bundle) { bundle.object.resize(bundle.object.size() / 2); }), "W6006", "no BPF object");
  refused(changed([](auto& bundle) { bundle.images[0].value.push_back(0); }), "W6006", "`test_ports` has 65536 bytes");
  refused(changed([](auto& bundle) { bundle.images[0].name = "nothing"; }), "W6006", "no table `nothing`");
  refused(changed([](auto& bundle) { bundle.images.push_back({"nothing", MapImage::Kind::Hash, 0, {}, {}}); }), "W6006",
          "no map `nothing`");
  refused(changed([](auto& bundle) { bundle.images.push_back({"weft_exact4", MapImage::Kind::Lpm, 0, {}, {}}); }),
          "W6006", "another type");
  refused(changed([](auto& bundle) {
            bundle.images.push_back({"weft_exact4", MapImage::Kind::Hash, 0, {}, {{{1, 2, 3}, {1, 2, 3, 4}}}});
          }),
          "W6006", "3 + 4 bytes instead of 4 + 4");
  refused(changed([](auto& bundle) {
            bundle.images.push_back(
                {"weft_prefixes4", MapImage::Kind::Lpm, 0, {}, {{{33, 0, 0, 0, 1, 2, 3, 4}, {1, 2, 3, 4}}}});
          }),
          "W6006", "fill map `weft_prefixes4`");
  refused(changed([](auto& bundle) { bundle.manifest.endpoints[0].addresses[0].address = "10.0.0"; }), "W6006",
          "`10.0.0` of endpoint `shop/w1` is no address");
  refused(changed([](auto& bundle) { bundle.manifest.endpoints[0].addresses.assign(5, {"10.0.0.1", 1}); }), "W6006",
          "more than 4 addresses");
  refused(changed([](auto& bundle) { bundle.manifest.endpoints.clear(); }), "W6005", "names no endpoint");
  refused(changed([](auto& bundle) { bundle.manifest.endpoints[0].interface.clear(); }), "W6005", "names no endpoint");
  CHECK(programs_become(0));
}

TEST_CASE("an object with any byte changed loads or is refused, and leaves nothing", "[runtime][kernel]") {
  if (skipped()) return;
  const World world(1);
  const bundle::Bundle good = gate_bundle(1, 80);
  std::size_t refused = 0;
  for (std::size_t at = 0; at < good.object.size(); at += at < 1200 ? 37 : 997) {
    bundle::Bundle bad = good;
    bad.object[at] ^= 0xff;
    if (const auto loaded = load(bad, world.options()); !loaded) {
      ++refused;
      CHECK(world.hooks() == Lines{});
    } else {
      REQUIRE(world.unload().has_value());
    }
  }
  CHECK(refused > 5);
  CHECK(world.files() == Lines{});
  CHECK(programs_become(0));
}

TEST_CASE("a first load killed at any step is undone by the next command", "[runtime][kernel]") {
  if (skipped()) return;
  const Hook hook = hook_under_test();
  const World world(2, hook);
  const bundle::Bundle bundle = gate_bundle(2, 80);
  const std::size_t steps = steps_of(bundle, world).size();
  REQUIRE(world.unload().has_value());
  for (std::size_t step = 0; step < steps; ++step) {
    for (const std::string next : {"status", "unload", "load"}) {
      INFO("killed before step " << step << ", then " << next);
      LoadOptions options = world.options();
      options.before_step = kill_at(step);
      REQUIRE(killed([&] { (void)load(bundle, options); }));
      if (next == "status") {
        const auto status = world.status();
        REQUIRE(status.has_value());
        CHECK_FALSE(status->loaded);
        CHECK(status->recovered.size() == (step < 2 ? 0 : 1));
      } else if (next == "load") {
        const auto loaded = load(bundle, world.options());
        REQUIRE(loaded.has_value());
        CHECK(world.status()->differences == Lines{});
        CHECK(world.status()->attached.size() == 2);
        CHECK(world.unload()->qdiscs == (hook == Hook::Clsact ? 2 : 0));
      } else {
        CHECK(world.unload().has_value());
      }
      CHECK(world.hooks() == Lines{});
      CHECK(world.files() == Lines{});
    }
  }
  CHECK(programs_become(0));
}

TEST_CASE("a replacement killed at any step ends as the old bundle or as the new one", "[runtime][kernel]") {
  if (skipped()) return;
  const Hook hook = hook_under_test();
  const World world(3, hook);
  const bundle::Bundle first = gate_bundle(2, 80);
  bundle::Bundle next = gate_bundle(3, 81);
  next.manifest.endpoints.erase(next.manifest.endpoints.begin());
  REQUIRE(load(first, world.options()).has_value());
  const std::size_t steps = steps_of(next, world).size();
  REQUIRE(world.unload().has_value());
  std::size_t old_ones = 0;
  std::size_t new_ones = 0;
  for (std::size_t step = 0; step < steps; ++step) {
    INFO("killed before step " << step);
    REQUIRE(load(first, world.options()).has_value());
    LoadOptions options = world.options();
    options.before_step = kill_at(step);
    REQUIRE(killed([&] { (void)load(next, options); }));
    const auto status = world.status();
    REQUIRE(status.has_value());
    CHECK(status->differences == Lines{});
    REQUIRE(status->attached.size() == 2);
    const bool is_new = status->bundle == bundle::identity(next);
    CHECK((is_new || status->bundle == bundle::identity(first)));
    ++(is_new ? new_ones : old_ones);
    CHECK(status->attached[0].interface == (is_new ? "weft2" : "weft1"));
    CHECK(world.connects_out(2, is_new ? 81 : 80));
    CHECK_FALSE(world.connects_out(2, is_new ? 80 : 81));
    CHECK(programs_become(2));
    CHECK(world.unload()->filters == 4);
    CHECK(world.hooks() == Lines{});
    CHECK(world.files() == Lines{});
  }
  CHECK(old_ones >= 3);
  CHECK(new_ones >= 3);
  CHECK(programs_become(0));
}

TEST_CASE("an unload killed at any step is completed by the next command", "[runtime][kernel]") {
  if (skipped()) return;
  const Hook hook = hook_under_test();
  const World world(2, hook);
  for (std::size_t step = 0; step < (hook == Hook::Clsact ? 8U : 6U); ++step) {  // no qdiscs at tcx
    for (const std::string next : {"status", "unload", "load"}) {
      INFO("killed before step " << step << ", then " << next);
      REQUIRE(load(gate_bundle(2, 80), world.options()).has_value());
      UnloadOptions options{.state_directory = world.state(), .before_step = kill_at(step)};
      REQUIRE(killed([&] { (void)unload(options); }));
      if (next == "status" && step > 0) CHECK_FALSE(world.status()->loaded);
      if (next == "load") REQUIRE(load(gate_bundle(2, 80), world.options()).has_value());
      if (next != "status" || step == 0) CHECK(world.unload().has_value());
      CHECK(world.hooks() == Lines{});
      CHECK(world.files() == Lines{});
    }
  }
  CHECK(programs_become(0));
}

TEST_CASE("one at a time: who holds the lock makes others wait", "[runtime][kernel]") {
  if (skipped()) return;
  const World world(1);
  LoadOptions options = world.options();
  std::string code;
  options.before_step = [&](std::string_view step) {
    if (step != "record what is attached") return true;
    const auto other = unload({.state_directory = world.state(), .lock_timeout_ms = 50, .before_step = {}});
    code = other ? "it worked" : other.error().code;
    return true;
  };
  REQUIRE(load(gate_bundle(1, 80), options).has_value());
  CHECK(code == "W6011");
  CHECK(world.unload()->filters == 2);
}

TEST_CASE("loads that run against each other leave one whole bundle", "[runtime][kernel]") {
  if (skipped()) return;
  const Hook hook = hook_under_test();
  const World world(2, hook);
  std::vector<pid_t> children;
  for (int i = 0; i < 4; ++i) {
    children.push_back(::fork());
    if (children.back() == 0) {
      bool fine = true;
      for (int round = 0; round < 5; ++round) {
        fine = fine && load(gate_bundle(2, static_cast<std::uint16_t>(80 + i % 2)), world.options()).has_value();
        fine = fine && world.status().has_value();
        if (round % 2 == 1) fine = fine && world.unload().has_value();
      }
      ::_exit(fine ? 0 : 1);
    }
  }
  for (const pid_t child : children) {
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
  }
  const auto status = world.status();
  REQUIRE(status.has_value());
  CHECK(status->differences == Lines{});
  CHECK(world.unload().has_value());
  CHECK(world.hooks() == Lines{});
  CHECK(world.files() == Lines{});
}

TEST_CASE("a state directory that cannot be used leaves nothing attached", "[runtime][kernel]") {
  if (skipped()) return;
  const World world(1);
  LoadOptions options = world.options();
  options.state_directory = "/proc/none";
  const auto loaded = load(gate_bundle(1, 80), options);
  REQUIRE_FALSE(loaded.has_value());
  CHECK(loaded.error().code == "W6010");
  CHECK(world.hooks() == Lines{});
  CHECK(programs_become(0));
}

TEST_CASE("a record of another namespace or boot is not believed", "[runtime][kernel]") {
  if (skipped()) return;
  const World world(1);
  REQUIRE(load(gate_bundle(1, 80), world.options()).has_value());
  const std::string path = (world.state() / world.files().front()).string();
  REQUIRE(run("sed -i 's/\"namespace\": [0-9]*/\"namespace\": 1/' " + path) == "");
  const auto status = world.status();
  REQUIRE(status.has_value());
  CHECK(status->bundle.empty());
  REQUIRE(status->differences.size() == 1);
  CHECK(world.unload()->filters == 2);
  CHECK(world.files() == Lines{});
}

TEST_CASE("without privilege every command says what it takes", "[runtime][kernel]") {
  if (skipped()) return;
  const World world(1);
  REQUIRE(load(gate_bundle(1, 80), world.options()).has_value());
  std::filesystem::permissions(world.state().parent_path(), std::filesystem::perms::all);
  std::filesystem::permissions(world.state(), std::filesystem::perms::all);
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setuid(65534) != 0) ::_exit(1);
    std::string said;
    LoadOptions options = world.options();
    options.state_directory = world.state().parent_path() / "own";
    const auto loaded = load(gate_bundle(1, 80), options);
    said += loaded ? "loaded" : loaded.error().code + " " + loaded.error().help + "\n";
    const auto status = runtime::status({.state_directory = options.state_directory});
    said += status ? "status" : status.error().code + " " + status.error().help + "\n";
    const auto unloaded = unload({.state_directory = options.state_directory, .before_step = {}});
    said += unloaded ? "unloaded" : unloaded.error().code + " " + unloaded.error().help + "\n";
    const auto locked_out = runtime::status({.state_directory = "/weft-no-such-directory"});
    said += locked_out ? "locked out" : "directory: " + locked_out.error().code + "\n";
    for (const Check& check : doctor()) {
      if (check.state == Check::State::Unknown) said += "unknown\n";
      if (check.state == Check::State::Missing) said += "missing " + check.name + "\n";
    }
    if (::write(ends[1], said.data(), said.size()) < 0) ::_exit(1);
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string said(8192, '\0');
  std::size_t size = 0;
  for (ssize_t got = 0; (got = ::read(ends[0], said.data() + size, said.size() - size)) > 0;) {
    size += static_cast<std::size_t>(got);
  }
  said.resize(size);
  ::close(ends[0]);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(status == 0);
  INFO(said);
  CHECK_THAT(said, Catch::StartsWith("W6001") && Catch::Contains("\nW6001") && Catch::Contains("CAP_BPF"));
  CHECK_THAT(said, Catch::Contains("missing privilege") && Catch::Contains("missing bpf system call"));
  CHECK_THAT(said, Catch::Contains("directory: W6001"));
  CHECK_THAT(said, Catch::Contains("unknown"));
  CHECK_THAT(said, !Catch::Contains("unloaded"));
  CHECK(world.status()->attached.size() == 1);
}
