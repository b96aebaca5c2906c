// What one verdict costs. Every figure is the median of several trials in this run, each of them the least of several
// interleaved rounds, in nanoseconds of processor time of one BPF_PROG_TEST_RUN, less what the feeder and an empty
// program cost. Ratios hold on any machine; absolute figures drift.

#include <algorithm>
#include <array>
#include <cstdio>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "bench/network/namespace.h"
#include "bench/verdict/cgroups.h"
#include "bench/verdict/measure.h"
#include "bench/verdict/swap.h"

using namespace weft;
using namespace weft::bench;

namespace {

constexpr codegen::Options stateless{.stateless = true}, uncounted{.stateless = true, .uncounted = true};
// Room for a connection with every host, also among those that nobody has answered yet.
constexpr codegen::Options stateful{.connections = 524'288};

struct Asked {
  bool full = false;
  Effort effort() const { return full ? Effort{.runs = 40'000, .trials = 21} : Effort{}; }
};

const char* family(bool six) { return six ? "IPv6" : "IPv4"; }

// Against the least a program can do for the same answer, and the usual one.
void against_floor(Yardsticks& yardsticks, const Asked& asked) {
  fmt::print("1,000 rules, 100,000 addresses; IPv4, TCP; allowed by a rule in the middle of the policy\n");
  const Compiled world(1'000, VerdictWorld::hosts, false);
  yardsticks.fill(world.plan(), VerdictWorld::first_address, world.hosts());
  test::Program alone = world.load(uncounted), counted = world.load(stateless), state = world.load(stateful);
  std::vector<Row> rows;
  rows.push_back(row_of("floor, by hand (two indexes, bit vectors)", yardsticks.program("floor_1k")));
  rows.push_back(row_of("weft, verdict alone", alone, Kind::Forward, false));
  rows.push_back(row_of("weft, and the rule counted", counted, Kind::Forward, false));
  rows.push_back(row_of("weft, and connection state, established", state, Kind::Established, false));
  rows.push_back(row_of("usual peer shape, by hand (three LPM)", yardsticks.program("peer_shape")));
  measure(yardsticks, rows, world.hosts(), asked.effort());
  print(rows, &rows[0]);
  fmt::print("\n");
  for (const std::size_t weft : {1U, 2U, 3U}) {
    fmt::print("{:<40} to floor: hot {:.2f}, 256 active {:.2f}, random {:.2f}; peer shape to it, 256 active: {:.1f}\n",
               rows[weft].name, ratio(rows[weft], rows[0], 0), ratio(rows[weft], rows[0], 1),
               ratio(rows[weft], rows[0], 2), ratio(rows[4], rows[weft], 1));
  }
  fmt::print("counting the rule: hot {:+.1f} ns, 256 active {:+.1f} ns, random {:+.1f} ns\n",
             difference(rows[2], rows[1], 0), difference(rows[2], rows[1], 1), difference(rows[2], rows[1], 2));
}

void with_state(Yardsticks& yardsticks, const Asked& asked) {
  fmt::print("connection state; 1,000 rules, 100,000 addresses, a connection with each\n");
  for (const bool six : {false, true}) {
    const Compiled world(1'000, VerdictWorld::hosts, six);
    test::Program without = world.load(stateless), with = world.load(stateful), opening = world.load({});
    std::vector<Row> rows;
    const auto add = [&](const char* what, test::Program& program, Kind kind) {
      rows.push_back(row_of(fmt::format("{}, {}", family(six), what), program, kind, six));
    };
    add("without state", without, Kind::Forward);
    add("established, forward", with, Kind::Established);
    add("established, reply", with, Kind::Reply);
    add("new, the table of beginnings full", opening, Kind::New);
    measure(yardsticks, rows, world.hosts(), asked.effort());
    print(rows);
  }
}

void by_rules(Yardsticks& yardsticks, const Asked& asked) {
  fmt::print("growth with rules; 100,000 addresses\n");
  const std::array<std::uint32_t, 4> sizes{10, 100, 1'000, 10'000};
  for (const bool six : {false, true}) {
    std::vector<test::Program> programs;
    programs.reserve(2 * sizes.size());  // rows point to them
    std::vector<Row> rows;
    for (const std::uint32_t count : sizes) {
      const Compiled world(count, VerdictWorld::hosts, six);
      for (const bool with : {false, true}) {
        test::Program& program = programs.emplace_back(world.load(with ? stateful : stateless));
        rows.push_back(
            row_of(fmt::format("{}, {} rules, {}, {} walked", family(six), count,
                               with ? "established" : "without state", program.walked(model::Direction::Egress)),
                   program, with ? Kind::Established : Kind::Forward, six));
      }
      if (!six && count == sizes.back()) {
        yardsticks.fill(world.plan(), VerdictWorld::first_address, world.hosts());
        rows.push_back(row_of("floor, by hand, 10,000 rules with a summary", yardsticks.program("floor_10k")));
      }
    }
    measure(yardsticks, rows, VerdictWorld::hosts, asked.effort());
    print(rows);
    const std::size_t last = rows.size() - (six ? 2U : 3U);
    fmt::print("10,000 to 10 rules, {}: hot {:.2f}, 256 active {:.2f}, random {:.2f}\n", family(six),
               ratio(rows[last], rows[0], 0), ratio(rows[last], rows[0], 1), ratio(rows[last], rows[0], 2));
  }
}

void by_addresses(Yardsticks& yardsticks, const Asked& asked) {
  fmt::print("growth with addresses; 1,000 rules\n");
  for (const bool six : {false, true}) {
    for (const std::uint32_t hosts : {1'000U, 10'000U, 100'000U, 1'000'000U}) {
      const Compiled world(1'000, hosts, six);
      test::Program without = world.load(stateless), with = world.load(stateful);
      std::vector<Row> rows;
      rows.push_back(
          row_of(fmt::format("{}, {} addresses, without state", family(six), hosts), without, Kind::Forward, six));
      rows.push_back(
          row_of(fmt::format("{}, {} addresses, established", family(six), hosts), with, Kind::Established, six));
      rows.back().wanted[2] = hosts <= VerdictWorld::hosts;  // more connections at once than a node is given room for
      measure(yardsticks, rows, hosts, asked.effort());
      print(rows);
    }
  }
}

// By what an address is found. Scattered hosts are in a hash of the kernel's (IPv4) or in buckets of one cache line
// (IPv6).
void by_identity(Yardsticks& yardsticks, const Asked& asked) {
  fmt::print("how an address is found; 1,000 rules, 100,000 addresses, without state\n");
  std::vector<test::Program> programs;
  programs.reserve(4);  // rows point to them
  std::vector<Row> rows;
  for (const bool six : {false, true}) {
    for (const std::uint32_t stride : {VerdictWorld::packed, VerdictWorld::scattered}) {
      const Compiled world(1'000, VerdictWorld::hosts, six, stride);
      const plan::IdentityLayout& layout = six ? world.plan().v6 : world.plan().v4;
      const bool indexed = stride == VerdictWorld::packed;
      if (layout.exact.empty() != indexed) fail("addresses are found otherwise");
      const char* form = indexed ? "direct index" : six ? "bucket of one line" : "exact hash";
      test::Program& program = programs.emplace_back(world.load(uncounted));
      rows.push_back(row_of(fmt::format("{}, {}", family(six), form), program, Kind::Forward, six));
      rows.back().feed.stride = stride;
    }
  }
  measure(yardsticks, rows, VerdictWorld::hosts, asked.effort());
  print(rows);
}

// A flood of packets that nobody allows: what is told of is limited, and what is not told of is to cost nothing much.
void denied(Yardsticks& yardsticks, const Asked& asked) {
  fmt::print(
      "a flood of denied packets; 1,000 rules, 100,000 addresses, connection state; at most 1,000 told of a second\n");
  codegen::Options silent = stateful, tells = stateful;
  silent.events_per_second = 0;
  tells.events_per_second = 1'000;
  for (const bool six : {false, true}) {
    const Compiled world(1'000, VerdictWorld::hosts, six);
    test::Program quiet = world.load(silent), telling = world.load(tells);
    std::vector<Row> rows;
    rows.push_back(row_of(fmt::format("{}, denied, nothing told", family(six)), quiet, Kind::Denied, six));
    rows.push_back(
        row_of(fmt::format("{}, denied, told of within the limit", family(six)), telling, Kind::Denied, six));
    rows.push_back(row_of(fmt::format("{}, denied, each with a new port", family(six)), telling, Kind::DeniedNew, six));
    measure(yardsticks, rows, world.hosts(), asked.effort());
    print(rows);
  }
}

void cgroups(Yardsticks&, const Asked& asked) {
  at_cgroups(static_cast<int>(asked.effort().runs), asked.effort().trials);
}

void swapped(Yardsticks&, const Asked& asked) { swap_under_load(asked.full ? 200 : 50); }

struct Section {
  std::string_view name;
  std::function<void(Yardsticks&, const Asked&)> print;
};

}  // namespace

int main(int count, char** arguments) {
  const std::array sections{Section{"floor", against_floor},    Section{"state", with_state},
                            Section{"rules", by_rules},         Section{"addresses", by_addresses},
                            Section{"identities", by_identity}, Section{"denied", denied},
                            Section{"cgroups", cgroups},        Section{"swap", swapped}};
  Asked asked;
  std::vector<std::string_view> names;
  for (int i = 1; i < count; ++i) {
    const std::string_view word = arguments[i];
    if (word == "--full") {
      asked.full = true;
    } else if (std::ranges::find(sections, word, &Section::name) != sections.end()) {
      names.push_back(word);
    } else {
      fmt::print(
          stderr,
          "usage: weft_bench_verdict [--full] [floor|state|rules|addresses|identities|denied|cgroups|swap]...\n");
      return 2;
    }
  }
  if (const auto reason = test::no_kernel()) {
    fmt::print("skipped: {}\n", *reason);
    return 0;
  }
  Result<Yardsticks> yardsticks = Yardsticks::load(WEFT_FLOOR_OBJECT);
  if (!yardsticks) fail(yardsticks.error().message);
  bool first = true;
  for (const Section& section : sections) {
    if (!names.empty() && std::ranges::find(names, section.name) == names.end()) continue;
    if (!std::exchange(first, false)) fmt::print("\n");
    section.print(*yardsticks, asked);
    std::fflush(stdout);
  }
  return 0;
}
