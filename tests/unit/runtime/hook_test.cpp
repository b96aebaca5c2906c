// From clsact to tcx and back: at every moment one gate judges, and what fails or is killed leaves a whole bundle.
#include <bpf/bpf.h>
#include <fmt/format.h>
#include <net/if.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <csignal>

#include "runtime/system.h"
#include "tests/unit/runtime/world.h"

using namespace weft;
using namespace weft::runtime;
using namespace weft::runtime::test;

namespace {

using Lines = std::vector<std::string>;

const Lines at_clsact = {"weft1 clsact", "weft1 egress 1 0x77656674 weft_to_workloa",
                         "weft1 ingress 1 0x77656674 weft_from_workl"};
const Lines at_tcx = {"weft1 tcx egress weft_to_workloa", "weft1 tcx ingress weft_from_workl"};

bool lacks_tcx() {
  if (skipped()) return true;
  for (const Check& check : doctor()) {
    if (check.name != "tcx" || check.state == Check::State::Ok) continue;
    std::printf("SKIPPED: tcx: %s\n", check.found.c_str());
    return true;
  }
  return false;
}

LoadOptions options_of(const World& world, Hook hook) {
  LoadOptions out = world.options();
  out.hook = hook;
  return out;
}

const Lines& hooks_at(Hook hook) { return hook == Hook::Tcx ? at_tcx : at_clsact; }
Hook other(Hook hook) { return hook == Hook::Tcx ? Hook::Clsact : Hook::Tcx; }

}  // namespace

TEST_CASE("tcx is taken where the kernel has it, and clsact where it is asked for", "[runtime][kernel]") {
  if (lacks_tcx()) return;
  const World world(1);
  const auto loaded = load(gate_bundle(1, 80), options_of(world, Hook::Auto));
  if (!loaded) FAIL(loaded.error().message);
  CHECK(loaded->attached.at(0).hook == "tcx");
  CHECK(world.hooks() == at_tcx);
  CHECK(world.status()->attached.at(0).hook == "tcx");
  REQUIRE(load(gate_bundle(1, 80), options_of(world, Hook::Clsact)).has_value());
  CHECK(world.status()->attached.at(0).hook == "clsact");
  CHECK(world.status()->differences == Lines{});
  CHECK(world.hooks() == at_clsact);
  CHECK(world.unload()->qdiscs == 1);
  CHECK(world.hooks() == Lines{});
}

TEST_CASE("a bundle moves from one hook to the other without a moment without a gate", "[runtime][kernel]") {
  if (lacks_tcx()) return;
  const World world(1);
  REQUIRE(load(gate_bundle(1, 80), options_of(world, Hook::Clsact)).has_value());
  for (const Hook hook : {Hook::Tcx, Hook::Clsact, Hook::Tcx}) {
    LoadOptions options = options_of(world, hook);
    options.before_step = [&](std::string_view step) {
      INFO(step);
      CHECK_FALSE(world.connects_out(1, 81));  // closed in both
      return true;
    };
    const auto loaded = load(gate_bundle(1, hook == Hook::Tcx ? 82 : 80), options);
    if (!loaded) FAIL(loaded.error().message);
    CHECK(loaded->replaced);
    CHECK(world.hooks() == hooks_at(hook));
    CHECK(world.connects_out(1, 80) == (hook == Hook::Clsact));
    CHECK(world.status()->differences == Lines{});
  }
  CHECK(programs_become(2));
  CHECK(world.unload()->filters == 2);
  CHECK(world.hooks() == Lines{});
  CHECK(programs_become(0));
}

TEST_CASE("a move that is abandoned at any step leaves the bundle before at its hook", "[runtime][kernel]") {
  if (lacks_tcx()) return;
  const Hook hook = GENERATE(Hook::Clsact, Hook::Tcx);
  const World world(1);
  REQUIRE(load(gate_bundle(1, 80), options_of(world, hook)).has_value());
  bool done = false;
  for (std::size_t stop = 0; !done; ++stop) {
    LoadOptions options = options_of(world, other(hook));
    options.before_step = [&, at = std::size_t{0}](std::string_view) mutable { return at++ != stop; };
    done = load(gate_bundle(1, 81), options).has_value();
    INFO("abandoned before step " << stop);
    CHECK(world.hooks() == hooks_at(done ? other(hook) : hook));
    CHECK(world.connects_out(1, done ? 81 : 80));
    CHECK_FALSE(world.connects_out(1, done ? 80 : 81));
    CHECK(world.status()->differences == Lines{});
    REQUIRE(stop < 20);
  }
  CHECK(world.unload().has_value());
  CHECK(world.hooks() == Lines{});
}

TEST_CASE("a move that is killed at any step ends as the old bundle or as the new one", "[runtime][kernel]") {
  if (lacks_tcx()) return;
  const Hook hook = GENERATE(Hook::Clsact, Hook::Tcx);
  const World world(1);
  const bundle::Bundle next = gate_bundle(1, 81);  // not in the child, whose programs would be its own
  bool done = false;
  for (std::size_t stop = 0; !done; ++stop) {
    INFO("killed before step " << stop);
    REQUIRE(load(gate_bundle(1, 80), options_of(world, hook)).has_value());
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      LoadOptions options = options_of(world, other(hook));
      options.before_step = [stop, at = std::size_t{0}](std::string_view) mutable {
        if (at++ == stop) ::raise(SIGKILL);
        return true;
      };
      const bool loaded = load(next, options).has_value();
      ::_exit(loaded ? 0 : 1);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    done = !WIFSIGNALED(status);
    const auto after = world.status();
    REQUIRE(after.has_value());
    CHECK(after->differences == Lines{});
    const bool is_new = after->bundle == bundle::identity(next);
    CHECK((is_new || !done));
    CHECK(world.hooks() == hooks_at(is_new ? other(hook) : hook));
    CHECK(world.connects_out(1, is_new ? 81 : 80));
    CHECK_FALSE(world.connects_out(1, is_new ? 80 : 81));
    CHECK(world.unload().has_value());
    CHECK(world.hooks() == Lines{});
    REQUIRE(stop < 20);
  }
  CHECK(programs_become(0));
}

TEST_CASE("programs of others at tcx stay behind ours, and one that gets before it is told of", "[runtime][kernel]") {
  if (lacks_tcx()) return;
  const World world(1);
  // Two instructions: r0 = TCX_NEXT; exit.
  const bpf_insn code[] = {{.code = 0xb7, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = -1},
                           {.code = 0x95, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0}};
  const Descriptor others(bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "others", "GPL", code, 2, nullptr));
  REQUIRE(others.valid());
  const auto index = static_cast<int>(::if_nametoindex("weft1"));
  const auto ingress = static_cast<bpf_attach_type>(46);  // BPF_TCX_INGRESS
  REQUIRE(bpf_prog_attach(others.get(), index, ingress, 0) == 0);

  const auto loaded = load(gate_bundle(1, 80), options_of(world, Hook::Tcx));
  if (!loaded) FAIL(loaded.error().message);
  CHECK(loaded->warnings == Lines{});
  CHECK_FALSE(world.connects_out(1, 81));
  REQUIRE(bpf_prog_detach2(others.get(), index, ingress) == 0);
  REQUIRE(bpf_prog_attach(others.get(), index, ingress, 1u << 3) == 0);  // BPF_F_BEFORE
  const auto status = world.status();
  REQUIRE(status->differences.size() == 1);
  CHECK_THAT(status->differences[0], Catch::Contains("tcx program `others` of another runs before the egress gate"));
  CHECK(world.unload()->filters == 2);
  CHECK(world.hooks() == Lines{"weft1 tcx ingress others"});
}
