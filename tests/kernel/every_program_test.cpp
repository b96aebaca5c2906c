// Every bundle that builds also loads: a program for each combination of what a policy may ask for.

#include <catch2/catch.hpp>

#include <array>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "codegen/codegen.h"
#include "plan/build.h"
#include "tests/kernel/budget.h"
#include "tests/kernel/packet.h"

using namespace weft;

namespace {

constexpr std::array families{"IPv4", "IPv6", "IPv4 and IPv6"};
constexpr std::array hooks{"an interface", "a cgroup", "the cgroup of a node"};
constexpr std::array modifiers{"nothing", "expires", "audit", "log", "when"};
constexpr std::array states{"state", "no state"};

/// One combination: positions in the lists above.
struct Cell {
  std::size_t family = 0, hook = 0, modifier = 0, state = 0;

  bool four() const { return family != 1; }
  bool six() const { return family != 0; }
  std::string name() const {
    return fmt::format("{} at {}, {}, {}", families[family], hooks[hook], modifiers[modifier], states[state]);
  }
};

const model::LabelKey app = model::keys::of_workload("app");

model::Instance instance(const Cell& cell, std::uint32_t id, std::string name, const char* four, const char* six) {
  model::Instance out;
  out.peer.instance = model::InstanceId{id};
  out.peer.kind = name == "n1" ? model::PeerKind::Node : model::PeerKind::Workload;
  if (cell.four()) out.addresses.push_back(test::address(four));
  if (cell.six()) out.addresses.push_back(test::address(six));
  out.peer.labels[app] = name;
  out.name = std::move(name);
  return out;
}

model::Inventory inventory(const Cell& cell) {
  model::Inventory out;
  out.instances = {instance(cell, 0, "n1", "172.31.0.1", "fd31::1"), instance(cell, 1, "web", "10.0.0.1", "fd00::1"),
                   instance(cell, 2, "db", "10.0.1.1", "fd00:1::1")};
  const model::Attachment places[] = {{.interface = "veth0"}, {.cgroup = "/web"}, {.cgroup = "/node"}};
  out.instances[cell.hook == 2 ? 0 : 1].attach = places[cell.hook];
  out.index();
  return out;
}

model::Policy policy(const Cell& cell) {
  model::Policy out;
  out.profile = *model::find_profile("strict");
  out.tiers = {{.name = "main"}};
  out.blocks = {{.name = "shop"}};
  if (cell.hook == 2) out.guards.push_back({model::Selector::node()});
  model::Rule rule;
  rule.source = model::Selector::equals(app, "web");
  rule.destination = cell.hook == 2 ? model::Selector::node() : model::Selector::equals(app, "db");
  rule.ports.points = model::PointSet::of_range(model::protocol::tcp, 5432, 5432);
  model::Rule changed = rule;
  const std::string_view modifier = modifiers[cell.modifier];
  if (modifier == "expires") changed.expires = model::Moment{1'900'000'000};
  if (modifier == "log") changed.log = "";
  if (modifier == "when") changed.relations = {{app, app, false}};
  if (modifier == "audit") {
    changed.audit = true;
    changed.verdict = model::Verdict::Deny;
    out.rules.push_back(rule);
  }
  out.rules.push_back(changed);
  return out;
}

// What programs may call, by number in linux/bpf.h, and the version of Linux that brought it. All have to be in the oldest
// that Weft runs on, 5.15, but what the loader looks for: on a kernel without it, the call is dead code (decision 0021).
const std::set<int> known_helpers{
    1,    // map_lookup_elem, 3.19
    2,    // map_update_elem, 3.19
    3,    // map_delete_elem, 3.19
    26,   // skb_load_bytes, 4.5
    39,   // skb_pull_data, 4.9
    64,   // bind, 4.17
    81,   // get_local_storage, 4.19
    107,  // sk_storage_get, 5.2; of whatever a packet's socket is, 5.10
    118,  // jiffies64, 5.6
    125,  // ktime_get_boot_ns, 5.8
    130,  // ringbuf_output, 5.8
    134,  // ringbuf_query, 5.8
    160,  // ktime_get_coarse_ns, 5.11
    208,  // ktime_get_tai_ns, 6.1; looked for
};

void check(const Cell& cell, codegen::Options options = {}) {
  INFO(cell.name());
  options.connections = 64;
  options.stateless = cell.state == 1;
  const auto plan = plan::build(policy(cell), inventory(cell));
  REQUIRE(plan);
  const auto bundle = codegen::emit(*plan, options);
  INFO((bundle ? "" : bundle.error().message));
  REQUIRE(bundle);
  const auto programs = test::verified(*bundle);
  INFO((programs ? "" : programs.error().message));
  REQUIRE(programs);
  CHECK(programs->size() == (cell.hook == 0 ? 2U : 9U));
  for (const test::Verified& each : *programs) {
    INFO(each.program << ": " << each.deepest);
    CHECK(each.stack_before_6_9 <= 512);
    CHECK(each.calls <= 8);
    CHECK_FALSE(each.calls_kernel_by_name);
    for (const int helper : each.helpers) {
      INFO("helper " << helper);
      CHECK(known_helpers.contains(helper));
    }
  }
}

// All that asks for the most stack (both families, state), and of the others so many that every two values of different
// lists are met together.
bool in_short_form(const Cell& cell) {
  if (cell.family == 2 && cell.state == 0) return true;
  return (cell.family + cell.hook + cell.modifier) % 3 == 0 && cell.state == (cell.family + cell.modifier) % 2;
}

template <typename Visit>
void for_each_cell(const Visit& visit) {
  for (std::size_t family = 0; family < families.size(); ++family) {
    for (std::size_t hook = 0; hook < hooks.size(); ++hook) {
      for (std::size_t modifier = 0; modifier < modifiers.size(); ++modifier) {
        for (std::size_t state = 0; state < states.size(); ++state) visit(Cell{family, hook, modifier, state});
      }
    }
  }
}

}  // namespace

TEST_CASE("a program of every kind loads, with room for kernels that count more stack", "[kernel]") {
  std::set<std::array<std::size_t, 4>> met;
  for_each_cell([&](const Cell& cell) {
    if (!in_short_form(cell)) return;
    check(cell);
    const std::array values{cell.family, cell.hook, cell.modifier, cell.state};
    for (std::size_t i = 0; i < 4; ++i) {
      for (std::size_t j = i + 1; j < 4; ++j) met.insert({i, values[i], j, values[j]});
    }
  });
  CHECK(met.size() == 3 * 3 + 3 * 5 + 3 * 2 + 3 * 5 + 3 * 2 + 5 * 2);
}

TEST_CASE("a program without what its bundle leaves out loads", "[kernel]") {
  const std::pair<const char*, codegen::Options> ways[] = {
      {"no events", {.events_per_second = 0}},
      {"no counters", {.uncounted = true}},
      {"no events and no counters", {.events_per_second = 0, .uncounted = true}},
      {"a matrix", {.strategy = codegen::Strategy::Matrix}}};
  for (std::size_t way = 0; way < std::size(ways); ++way) {
    INFO(ways[way].first);
    // At a cgroup: the programs of interfaces are there, too. Families and state take turns.
    for (std::size_t family = 0; family < families.size(); ++family) {
      check({.family = family, .hook = 1, .modifier = way, .state = (family + way) % 2}, ways[way].second);
    }
  }
}

TEST_CASE("every program loads", "[.every-program]") {
  for_each_cell([](const Cell& cell) { check(cell); });
}
