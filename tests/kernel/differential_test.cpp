#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "codegen/codegen.h"
#include "plan/build.h"
#include "tests/kernel/packet.h"
#include "tests/kernel/program.h"
#include "tests/support/agreement.h"

// The last step of the chain: what the kernel answers to real packets is what the plan decides, entry by entry, and so
// (tests/unit/plan/differential_test.cpp runs on the same worlds) what the evaluator means.

using namespace weft;

namespace {

bool same_instance(const model::Flow& flow) {
  return flow.source.peer->instance && flow.source.peer->instance == flow.destination.peer->instance;
}

std::vector<plan::Endpoint::Local> addresses_of(const plan::DecisionPlan& plan, const model::Instance& instance) {
  std::vector<plan::Endpoint::Local> out;
  for (const model::Address& address : instance.addresses) out.push_back({address, plan::identify(plan, address)});
  return out;
}

// Protocols that cannot stand in an IPv6 header as themselves: they are read as further headers.
bool is_header_of(const model::Flow& flow) {
  const std::uint8_t number = model::protocol_of(flow.service);
  if (flow.source.address->family == model::Family::V4) return false;
  return number == 0 || number == 43 || number == 44 || number == 51 || number == 59 || number == 60 || number == 135 ||
         number == 139 || number == 140;
}

// What was told about the packet just judged, against what the plan says is to be told. Only where nothing is
// remembered, so that every allowed packet is the first of its connection.
std::optional<std::string> event_disagreement(const plan::DecisionPlan& plan, test::Program& program,
                                              model::Direction direction, const model::Address& own,
                                              const model::Address& peer, const model::Flow& flow,
                                              const plan::Answer& expected, model::Moment now) {
  std::optional<plan::Answer> would;
  if (expected.entry >= WEFT_ENTRY_FIRST) {
    would = plan::would_decide(plan, direction, plan::identify(plan, own), plan::identify(plan, peer),
                               plan::atom_of(plan, flow.service), now);
  }
  const std::vector<weft_event> events = program.events();
  const bool denied = expected.verdict == model::Verdict::Deny;
  if (events.size() != (denied || would ? 1U : 0U)) return fmt::format("{} events", events.size());
  if (events.empty()) return {};
  const weft_event& event = events[0];
  if ((event.decision & WEFT_ACTION_ENTRY) >> WEFT_ACTION_SHIFT != expected.entry) return "an event of another entry";
  if (((event.what & WEFT_EVENT_AUDITED) != 0) != would.has_value()) return "an event that knows another audit";
  if (!would) return {};
  const auto action = would->verdict == model::Verdict::Allow ? WEFT_ACTION_ALLOW : WEFT_ACTION_DENY;
  const bool same = (event.would_be & WEFT_ACTION_ENTRY) >> WEFT_ACTION_SHIFT == would->entry &&
                    (event.would_be & WEFT_ACTION_MASK) == action;
  return same ? std::nullopt : std::optional<std::string>("an event that says something else would have been");
}

// The flows whose subject at this gate is `instance`, as packets through the program.
std::optional<std::string> gate_disagreement(const test::World& world, const plan::DecisionPlan& plan,
                                             test::Program& program, const std::vector<model::Flow>& flows,
                                             const model::Instance& instance, model::Direction direction,
                                             model::Moment now, bool timed, bool stateless, bool cgroup) {
  for (const model::Flow& flow : flows) {
    const model::End& own = direction == model::Direction::Egress ? flow.source : flow.destination;
    const model::End& peer = direction == model::Direction::Egress ? flow.destination : flow.source;
    if (own.peer != &instance.peer || !own.address || !peer.address) continue;
    if (is_header_of(flow)) continue;
    // To the evaluator an instance talks to itself through no gate. What it says so passes that of its cgroup, and
    // crosses no interface of its own: there it is somebody else's.
    const plan::Answer itself = cgroup ? plan::Answer{WEFT_ENTRY_SELF, model::Verdict::Allow}
                                       : plan::Answer{WEFT_ENTRY_UNKNOWN, model::Verdict::Deny};
    const plan::Answer expected =
        same_instance(flow) ? itself : plan::decide(plan, direction, *own.address, *peer.address, flow.service, now);
    const test::Frame frame = test::frame_of(*flow.source.address, *flow.destination.address, flow.service);
    const test::Outcome outcome = timed ? program.run_at(now, direction, frame, expected.entry)
                                        : program.run(direction, frame, std::optional(expected.entry));
    if (outcome.entry != expected.entry || outcome.allowed != (expected.verdict == model::Verdict::Allow)) {
      return fmt::format("{} gate of {}: the plan says entry {} ({}), the kernel entry {} ({})",
                         direction == model::Direction::Egress ? "egress" : "ingress", test::describe(world, flow),
                         expected.entry, expected.verdict == model::Verdict::Allow ? "allow" : "deny", outcome.entry,
                         outcome.allowed ? "allow" : "deny");
    }
    if (!stateless) continue;
    if (const auto wrong =
            event_disagreement(plan, program, direction, *own.address, *peer.address, flow, expected, now)) {
      return fmt::format("{} gate of {}: {}", direction == model::Direction::Egress ? "egress" : "ingress",
                         test::describe(world, flow), *wrong);
    }
  }
  return {};
}

/// What the kernel is asked to do it with.
struct Way {
  bool stateless = true;
  codegen::Strategy strategy = codegen::Strategy::Rows;
  bool scattered =
      false;            ///< hosts of IPv6 lie in buckets, as if there were too few of them near each other for a table
  bool cgroup = false;  ///< the gates of a cgroup judge
};

// Generated worlds are dense. Here all that has a place in a table is a host of its own.
void scatter(plan::DecisionPlan& plan) {
  for (const plan::IdentityLayout::Direct& table : plan.v6.direct) {
    model::Address address = table.first;
    for (const plan::Identity& identity : table.identities) {
      plan.v6.exact.push_back({address, identity});
      for (std::size_t byte = 15; ++address.bytes[byte] == 0 && byte > 0;) --byte;
    }
  }
  plan.v6.direct.clear();
  std::ranges::sort(plan.v6.exact, {}, &plan::IdentityLayout::Exact::address);
}

std::optional<std::string> disagreement(const test::World& world, std::size_t limit, const Way& way) {
  const auto& [stateless, strategy, scattered, cgroup] = way;
  Result<plan::DecisionPlan> plan = plan::build(world.policy, world.inventory);
  if (!plan) return plan.error().message;
  if (scattered) scatter(*plan);
  if (cgroup) plan->endpoints.push_back({"w1", "cgroup:/w1", {}});
  const std::vector<model::Flow> flows = test::flows(world, {.limit = limit});
  if (auto wrong = test::plan_disagreement(world, *plan, flows)) return wrong;

  const Result<bundle::Bundle> bundle =
      codegen::emit(*plan, {.stateless = stateless, .events_per_second = 1'000'000, .strategy = strategy});
  if (!bundle) return bundle.error().message;
  Result<test::Program> program =
      test::Program::load(*bundle, cgroup ? test::Gates::OfCgroup : test::Gates::OfInterface);
  if (!program) return program.error().message;
  const bool timed = std::ranges::any_of(
      plan->conditions, [](const auto& condition) { return std::holds_alternative<plan::Deadline>(condition); });
  std::vector<model::Moment> moments{model::before_all};
  if (timed) {
    moments = test::interesting_moments(world.policy);
    std::erase_if(moments,
                  [](model::Moment now) { return now < model::Moment{0}; });  // the kernel's time began in 1970
  }
  // Flows take turns through the moments, as they do against the evaluator.
  for (std::size_t turn = 0; turn < moments.size(); ++turn) {
    const model::Moment now = moments[turn];
    std::vector<model::Flow> asked;
    for (std::size_t i = turn; i < flows.size(); i += moments.size()) asked.push_back(flows[i]);
    for (const model::Instance& instance : world.inventory.instances) {
      if (instance.host || instance.addresses.empty()) continue;
      program->set_endpoint(1, addresses_of(*plan, instance));
      for (const model::Direction direction : {model::Direction::Egress, model::Direction::Ingress}) {
        program->forget_connections();  // where there are no ports, what passed one gate is answered at the other
        if (auto wrong =
                gate_disagreement(world, *plan, *program, asked, instance, direction, now, timed, stateless, cgroup)) {
          return wrong;
        }
        program->check_counters();
      }
    }
  }
  return {};
}

void check_worlds(std::uint64_t first, std::uint64_t count, const test::WorldOptions& options, std::size_t limit,
                  const Way& way) {
  if (const auto reason = test::no_kernel()) {
    WARN("SKIPPED: " << *reason);
    return;
  }
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const test::World world = test::generate_world(seed, options);
    if (const auto wrong = disagreement(world, limit, way)) {
      INFO("seed " << seed << ": " << *wrong);
      INFO(test::keep_case(world, "kernel-" + std::to_string(seed),
                           [&](const test::World& smaller) { return disagreement(smaller, limit, way).has_value(); }));
      FAIL();
    }
  }
  CHECK(count > 0);
}

// More worlds for a long run: `WEFT_WORLDS=20000 weft_kernel_tests "the kernel decides*"`.
std::uint64_t worlds_from_environment(std::uint64_t otherwise) {
  const char* text = std::getenv("WEFT_WORLDS");
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

}  // namespace

// Two thousand worlds in parts, which run side by side.
TEST_CASE("the kernel decides packets of small worlds as the plan does, part 1", "[kernel]") {
  check_worlds(1, worlds_from_environment(400), test::WorldOptions::small(), 1500, {});
}

TEST_CASE("the kernel decides packets of small worlds as the plan does, part 2", "[kernel]") {
  check_worlds(200'001, worlds_from_environment(400), test::WorldOptions::small(), 1500, {});
}

TEST_CASE("the kernel decides packets of small worlds as the plan does, part 3", "[kernel]") {
  check_worlds(400'001, worlds_from_environment(400), test::WorldOptions::small(), 1500, {});
}

TEST_CASE("the kernel decides packets of small worlds as the plan does, part 4", "[kernel]") {
  check_worlds(600'001, worlds_from_environment(400), test::WorldOptions::small(), 1500, {});
}

TEST_CASE("the kernel decides packets of small worlds as the plan does, with connection state", "[kernel]") {
  check_worlds(100'001, worlds_from_environment(400), test::WorldOptions::small(), 1500, {.stateless = false});
}

TEST_CASE("the kernel decides packets of small worlds whose hosts are scattered as the plan does", "[kernel]") {
  check_worlds(300'001, worlds_from_environment(150), test::WorldOptions::small(), 1500, {.scattered = true});
  check_worlds(1, 1, test::WorldOptions::big(), 20'000, {.scattered = true});
}

TEST_CASE("the kernel decides packets of small worlds at a cgroup as the plan does", "[kernel]") {
  check_worlds(500'001, worlds_from_environment(40), test::WorldOptions::small(), 1500, {.cgroup = true});
  check_worlds(550'001, worlds_from_environment(20), test::WorldOptions::small(), 1500,
               {.stateless = false, .cgroup = true});
}

TEST_CASE("the kernel decides packets of small worlds by a matrix as the plan does", "[kernel]") {
  test::WorldOptions options = test::WorldOptions::small();
  check_worlds(800'001, worlds_from_environment(100), options, 1500, {.strategy = codegen::Strategy::Matrix});
  // Nothing that keeps rows: every gate is a matrix.
  options.relations = options.peer_nodes = options.audit = options.deadlines = false;
  check_worlds(900'001, worlds_from_environment(200), options, 1500, {.strategy = codegen::Strategy::Matrix});
  check_worlds(950'001, worlds_from_environment(50), options, 1500,
               {.stateless = false, .strategy = codegen::Strategy::Matrix});
}

TEST_CASE("the kernel decides packets of big worlds by a matrix as the plan does", "[kernel]") {
  test::WorldOptions options = test::WorldOptions::big();
  options.relations = options.peer_nodes = options.audit = options.deadlines = false;
  check_worlds(1, 2, options, 20'000, {.strategy = codegen::Strategy::Matrix});
}

TEST_CASE("the kernel decides packets of big worlds as the plan does", "[kernel]") {
  check_worlds(1, 6, test::WorldOptions::big(), 20'000, {});
}

TEST_CASE("the kernel decides every kept case as the plan does", "[kernel]") {
  if (const auto reason = test::no_kernel()) {
    WARN("SKIPPED: " << *reason);
    return;
  }
  for (const auto& entry : std::filesystem::directory_iterator(WEFT_SOURCE_DIR "/tests/cases/differential")) {
    std::ostringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    const std::optional<test::World> world = test::from_case(text.str());
    INFO(entry.path());
    REQUIRE(world);
    CHECK(disagreement(*world, 10'000, {}) == std::nullopt);
    CHECK(disagreement(*world, 10'000, {.stateless = false}) == std::nullopt);
  }
}
