// A bundle that differs from the loaded one in addresses only: the program is kept and told of them, all or none.
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <functional>

#include "tests/unit/runtime/world.h"

using namespace weft;
using namespace weft::runtime;
using namespace weft::runtime::test;
using bundle::MapImage;

namespace {

using Lines = std::vector<std::string>;
constexpr std::uint16_t nobodys_port = 9;

/// Workloads that reach just these nodes' addresses 10.0.I.1: one of them by a table, one by a map of hosts and one by
/// a network.
bundle::Bundle reaching(unsigned workloads, std::uint8_t by_table, std::uint8_t by_host, std::uint8_t by_network) {
  bundle::Bundle out = gate_bundle(workloads, nobodys_port);
  MapImage direct{"weft_direct4_0", MapImage::Kind::Global, 2, bundle::Bytes(2 * 65536), {}};
  direct.value[2 * (by_table * 256U + 1)] = 9;
  out.images.push_back(std::move(direct));
  out.images.push_back({"weft_exact4", MapImage::Kind::Hash, 0, {}, {{{10, 0, by_host, 1}, {9, 0, 0, 0}}}});
  out.images.push_back(
      {"weft_prefixes4", MapImage::Kind::Lpm, 0, {}, {{{24, 0, 0, 0, 10, 0, by_network, 0}, {10, 0, 0, 0}}}});
  return out;
}

/// The workloads that reach their node.
std::vector<unsigned> reached(const World& world, unsigned workloads) {
  std::vector<unsigned> out;
  for (unsigned i = 1; i <= workloads; ++i) {
    if (world.connects_out(i, 80)) out.push_back(i);
  }
  return out;
}

std::uint64_t hits(const Status& status, std::uint32_t number) {
  for (const Hits& each : status.egress) {
    if (each.entry.number == number) return each.packets;
  }
  return 0;
}

using Reached = std::vector<unsigned>;

}  // namespace

TEST_CASE("where only addresses differ, the program is kept and told of them", "[runtime][kernel]") {
  if (skipped()) return;
  const World world(6, hook_under_test());
  const bundle::Bundle first = reaching(6, 1, 2, 3), next = reaching(6, 4, 5, 6);
  const auto loaded = load(first, world.options());
  if (!loaded) FAIL(loaded.error().message);
  CHECK_FALSE(loaded->updated.has_value());
  CHECK(reached(world, 6) == Reached{1, 2, 3});
  const auto before = world.status();
  const Lines hooks = world.hooks();

  const auto updated = load(next, world.options());
  if (!updated) FAIL(updated.error().message);
  REQUIRE(updated->updated.has_value());
  CHECK(updated->updated->addresses == 4);  // two come, two go
  CHECK(updated->updated->networks == 2);
  CHECK(updated->replaced);
  CHECK(updated->bundle == bundle::identity(next));
  CHECK(updated->attached.size() == 6);
  CHECK(reached(world, 6) == Reached{4, 5, 6});
  const auto after = world.status();
  REQUIRE(after.has_value());
  CHECK(after->bundle == bundle::identity(next));
  CHECK(after->differences == Lines{});
  CHECK(after->attached[0].from_workload == before->attached[0].from_workload);
  CHECK(updated->attached[0].from_workload == before->attached[0].from_workload);
  CHECK(updated->attached[0].hook == before->attached[0].hook);
  CHECK(world.hooks() == hooks);
  // What was counted before is still counted.
  CHECK(hits(*after, 9) >= hits(*before, 9) + 2);

  SECTION("the same once more changes nothing") {
    const auto same = load(next, world.options());
    REQUIRE(same.has_value());
    REQUIRE(same->updated.has_value());
    CHECK(same->updated->addresses == 0);
    CHECK(world.status()->loaded_at == after->loaded_at);
  }
  SECTION("unless it is to be loaded anew") {
    LoadOptions options = world.options();
    options.anew = true;
    const auto anew = load(first, options);
    REQUIRE(anew.has_value());
    CHECK_FALSE(anew->updated.has_value());
    CHECK(anew->attached[0].from_workload.id != before->attached[0].from_workload.id);
    CHECK(reached(world, 6) == Reached{1, 2, 3});
    CHECK(hits(*world.status(), 9) >= 2);
    CHECK(hits(*world.status(), 9) < hits(*after, 9));
  }
  CHECK(world.unload().has_value());
  CHECK(programs_become(0));
}

TEST_CASE("what is more than addresses is loaded whole", "[runtime][kernel]") {
  if (skipped()) return;
  const World world(3);
  const bundle::Bundle first = reaching(2, 1, 2, 3);
  REQUIRE(load(first, world.options()).has_value());
  const auto loaded_whole = [&](const bundle::Bundle& bundle, const LoadOptions& options) {
    const auto loaded = load(bundle, options);
    if (!loaded) FAIL(loaded.error().message);
    CHECK_FALSE(loaded->updated.has_value());
    CHECK(world.status()->differences == Lines{});
  };

  SECTION("a rule") {
    bundle::Bundle next = reaching(2, 1, 2, 3);
    next.images[0].value[80] = 1;
    loaded_whole(next, world.options());
    CHECK(world.connects_out(1, 80));
  }
  SECTION("another interface") {
    LoadOptions options = world.options();
    options.interfaces = {{"shop/w2", "weft3"}};
    loaded_whole(first, options);
  }
  SECTION("one more workload") { loaded_whole(reaching(3, 1, 2, 3), world.options()); }
  SECTION("the class of a workload of this node") {
    bundle::Bundle next = reaching(2, 2, 2, 3);
    next.manifest.endpoints[1].addresses[0].class_id = 8;
    loaded_whole(next, world.options());
  }
  SECTION("a gate that is gone") {
    run("tc filter del dev weft1 ingress");
    loaded_whole(first, world.options());
  }
  SECTION("a map without room") {
    bundle::Bundle next = reaching(2, 1, 2, 3);
    for (std::uint8_t i = 1; i <= 8; ++i) next.images[3].entries.push_back({{10, 0, 8, i}, {1, 0, 0, 0}});
    loaded_whole(next, world.options());
  }
  SECTION("a record that does not know its program") {
    const std::string path = (world.state() / world.files().front()).string();
    REQUIRE(run("sed -i 's/\"object\": \"[0-9a-f]*\"/\"object\": \"\"/' " + path) == "");
    loaded_whole(first, world.options());
  }
  CHECK(world.unload().has_value());
  CHECK(programs_become(0));
}

TEST_CASE("an update that is abandoned or killed at any step is done or not done, everywhere", "[runtime][kernel]") {
  if (skipped()) return;
  const World world(4);
  // The third and fourth have their gates in their own namespaces, where others' programs know the same addresses.
  const auto spread = [&](std::uint8_t one, std::uint8_t other) {
    bundle::Bundle out = reaching(4, one, other, other);
    out.manifest.endpoints[3].interface = world.inside(4);
    out.manifest.endpoints[3].addresses[0].address = "10.0.4.1";
    // Seen from its own end, the other end of what comes in is the workload.
    for (bundle::MapImage& image : out.images) {
      if (image.name == "weft_direct4_0") image.value[2 * (4 * 256U + 2)] = 9;
    }
    return out;
  };
  const bundle::Bundle before = spread(1, 2), after = spread(2, 3);
  REQUIRE(load(before, world.options()).has_value());
  Lines steps;
  LoadOptions options = world.options();
  options.before_step = [&](std::string_view step) {
    steps.emplace_back(step);
    return true;
  };
  const auto updated = load(after, options);
  REQUIRE(updated.has_value());
  REQUIRE(updated->updated.has_value());
  // The record, by table, host and network one that comes and one that goes in both programs, the record.
  REQUIRE(steps.size() == 14);
  const Reached old_ones{1, 2, 4}, new_ones{2, 3, 4};
  CHECK(reached(world, 4) == new_ones);
  REQUIRE(load(before, world.options()).has_value());
  CHECK(reached(world, 4) == old_ones);

  bool completed = false;
  for (std::size_t stop = 0; stop < steps.size(); ++stop) {
    INFO(stop << ": " << steps[stop]);
    options.before_step = [&, at = std::size_t{0}](std::string_view) mutable { return at++ != stop; };
    const auto abandoned = load(after, options);
    REQUIRE_FALSE(abandoned.has_value());
    CHECK(abandoned.error().code == "W6012");
    CHECK(world.status()->bundle == bundle::identity(before));
    CHECK(world.status()->recovered == Lines{});
    CHECK(reached(world, 4) == old_ones);
    // Not only what is asked: all tables are as they were.
    options.before_step = nullptr;
    const auto nothing = load(before, options);
    REQUIRE((nothing.has_value() && nothing->updated.has_value()));
    CHECK(nothing->updated->addresses + nothing->updated->networks == 0);

    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      options.before_step = [&, at = std::size_t{0}](std::string_view) mutable {
        if (at++ == stop) ::raise(SIGKILL);
        return true;
      };
      (void)load(after, options);
      ::_exit(0);
    }
    int ended = 0;
    REQUIRE(::waitpid(child, &ended, 0) == child);
    REQUIRE(WIFSIGNALED(ended));
    const auto status = world.status();
    REQUIRE(status.has_value());
    CHECK(status->differences == Lines{});
    const bool is_new = status->bundle == bundle::identity(after);
    CHECK(is_new == (stop > 0));
    CHECK(status->recovered == (is_new ? Lines{"an update of addresses that was killed was completed"} : Lines{}));
    CHECK(reached(world, 4) == (is_new ? new_ones : old_ones));
    completed = completed || is_new;
    REQUIRE(load(before, options).has_value());
  }
  CHECK(completed);
  CHECK(world.unload().has_value());
  CHECK(programs_become(0));
}

TEST_CASE("an update that was killed is no hindrance to what comes next", "[runtime][kernel]") {
  if (skipped()) return;
  const World world(2);
  const std::string next = GENERATE("load", "unload", "another load");
  const bundle::Bundle after = reaching(2, 2, 9, 9);  // not in the child, whose programs would be its own
  REQUIRE(load(reaching(2, 1, 9, 9), world.options()).has_value());
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    LoadOptions options = world.options();
    options.before_step = [](std::string_view step) {
      if (step.starts_with("change addresses: 2 ")) ::raise(SIGKILL);
      return true;
    };
    (void)load(after, options);
    ::_exit(0);
  }
  int ended = 0;
  REQUIRE(::waitpid(child, &ended, 0) == child);
  REQUIRE(WIFSIGNALED(ended));
  INFO(next);
  if (next == "load") REQUIRE(load(after, world.options()).has_value());
  if (next == "another load") REQUIRE(load(gate_bundle(2, 80), world.options()).has_value());
  if (next != "unload") {
    CHECK(reached(world, 2) == (next == "load" ? Reached{2} : Reached{1, 2}));
    CHECK(world.status()->differences == Lines{});
  }
  CHECK(world.unload()->filters == 4);
  CHECK(world.hooks() == Lines{});
  CHECK(world.files() == Lines{});
  CHECK(programs_become(0));
}
