// What a program tells about packets: who sees what, and how much a flood of them can make it tell.
#include <catch2/catch.hpp>

#include <cstring>

#include "base/assert.h"
#include "codegen/codegen.h"
#include "plan/build.h"
#include "tests/kernel/packet.h"
#include "tests/kernel/program.h"

using namespace weft;
using namespace weft::test;

namespace {

namespace proto = model::protocol;

constexpr std::uint32_t plenty = 1'000'000;
const model::LabelKey app = model::keys::of_workload("app");

model::Instance instance(std::string name, std::vector<model::Address> addresses, std::uint32_t id) {
  model::Instance out;
  out.name = "shop/" + name;
  out.peer.kind = model::PeerKind::Workload;
  out.peer.instance = model::InstanceId{id};
  out.peer.labels[app] = std::move(name);
  out.addresses = std::move(addresses);
  return out;
}

/// web and db, and a policy that a test writes: the gate of web is looked at.
class Scene {
 public:
  Scene() {
    inventory.instances = {instance("web", {web4, web6}, 0), instance("db", {db4, db6}, 1)};
    inventory.index();
    policy.tiers.push_back({.name = "app"});
    policy.blocks.push_back({.name = "shop", .owner = {}});
  }

  model::Rule& rule(model::Verdict verdict, std::uint16_t port) {
    model::Rule& out = policy.rules.emplace_back();
    out.verdict = verdict;
    out.source = model::Selector::equals(app, "web");
    out.destination = model::Selector::equals(app, "db");
    out.ports.points = model::PointSet::of_range(proto::tcp, port, port);
    return out;
  }

  void load(const codegen::Options& options = {.events_per_second = plenty}) {
    auto built = plan::build(policy, inventory);
    REQUIRE(built);
    plan = std::move(*built);
    const auto bundle = codegen::emit(plan, options);
    REQUIRE(bundle);
    auto loaded = Program::load(*bundle);
    if (!loaded) FAIL(loaded.error().message);
    program = std::move(*loaded);
    std::vector<plan::Endpoint::Local> addresses;
    for (const model::Address& one : {web4, web6}) addresses.push_back({one, plan::identify(plan, one)});
    program->set_endpoint(1, addresses);
  }

  Frame segment(std::uint16_t port, std::uint8_t flags = flag::syn) const {
    return ethernet(0x0800, ipv4({.source = web4, .destination = db4}, tcp(40'000, port, flags)));
  }
  bool sends(const Frame& frame) { return program->allows(model::Direction::Egress, frame); }
  /// The packet, and what was told about it: nothing or one event.
  std::optional<weft_event> told(const Frame& frame) {
    (void)program->events();
    sends(frame);
    const std::vector<weft_event> all = program->events();
    REQUIRE(all.size() <= 1);
    return all.empty() ? std::nullopt : std::optional(all[0]);
  }

  const plan::Entry& entry(std::uint32_t decision) const {
    return plan.egress.entries[(decision & WEFT_ACTION_ENTRY) >> WEFT_ACTION_SHIFT];
  }

  model::Address web4 = address("10.0.0.1"), db4 = address("10.0.0.2");
  model::Address web6 = address("fd00::1"), db6 = address("fd00::2");
  model::Policy policy;
  model::Inventory inventory;
  plan::DecisionPlan plan;
  std::optional<Program> program;
};

bool has(const weft_event& event, unsigned what) { return (event.what & what) != 0; }

#define NEEDS_KERNEL()                   \
  if (const auto reason = no_kernel()) { \
    WARN("SKIPPED: " << *reason);        \
    return;                              \
  }

}  // namespace

TEST_CASE("a denied packet is told about, with what it was and who denied it", "[kernel]") {
  NEEDS_KERNEL();
  Scene scene;
  scene.rule(model::Verdict::Allow, 443);
  scene.load();

  SECTION("a TCP segment") {
    const auto event = scene.told(scene.segment(22));
    REQUIRE(event);
    CHECK(event->what == (WEFT_EVENT_DENIED | WEFT_EVENT_SERVICE));
    CHECK(scene.entry(event->decision).by == plan::Entry::By::Profile);
    CHECK(event->ifindex == 1);
    CHECK(event->outbound == 1);
    CHECK(event->family == 4);
    CHECK(event->protocol == proto::tcp);
    CHECK(event->local_port == 40'000);
    CHECK(event->remote_port == 22);
    CHECK(event->service == 22);
    CHECK(event->ethertype == 0x0800);
    CHECK(event->length == scene.segment(22).size());
    CHECK(std::memcmp(event->local, scene.web4.bytes.data(), 4) == 0);
    CHECK(std::memcmp(event->remote, scene.db4.bytes.data(), 4) == 0);
    CHECK((event->own & 0xFFFF) == static_cast<std::uint32_t>(plan::identify(scene.plan, scene.web4).class_id));
    CHECK((event->peer & 0xFFFF) == static_cast<std::uint32_t>(plan::identify(scene.plan, scene.db4).class_id));
    CHECK(event->would_be == 0);
    CHECK(event->time != 0);
  }
  SECTION("IPv6 behind extension headers, in a tagged frame") {
    const Frame inner = extension(proto::udp) + udp(5353, 53);
    const auto event = scene.told(
        ethernet(0x8100, tag(0x86DD, ipv6({.source = scene.web6, .destination = scene.db6, .next = 0}, inner))));
    REQUIRE(event);
    CHECK(event->family == 6);
    CHECK(event->protocol == proto::udp);
    CHECK(event->remote_port == 53);
    CHECK(event->ethertype == 0x86DD);
    CHECK(std::memcmp(event->remote, scene.db6.bytes.data(), 16) == 0);
  }
  SECTION("ICMP by type and code") {
    const auto event = scene.told(ethernet(
        0x0800, ipv4({.source = scene.web4, .destination = scene.db4, .protocol = proto::icmp}, icmp(8, 0, 7))));
    REQUIRE(event);
    CHECK(event->service == 8 << 8);
    CHECK(has(*event, WEFT_EVENT_SERVICE));
  }
  SECTION("a borrowed address") {
    const auto event =
        scene.told(ethernet(0x0800, ipv4({.source = address("10.9.9.9"), .destination = scene.db4}, tcp(40'000, 443))));
    REQUIRE(event);
    CHECK(event->decision >> WEFT_ACTION_SHIFT == WEFT_ENTRY_UNKNOWN);
    CHECK(event->own == 0x10000);
  }
  SECTION("what is no IP packet") {
    const auto event = scene.told(ethernet(0x88CC, Frame(50)));
    REQUIRE(event);
    CHECK(event->decision >> WEFT_ACTION_SHIFT == WEFT_ENTRY_NON_IP);
    CHECK(event->family == 0);
    CHECK(event->ethertype == 0x88CC);
  }
  SECTION("a truncated one, as far as it goes") {
    Frame cut = scene.segment(443);
    cut.resize(14 + 20 + 2);
    const auto event = scene.told(cut);
    REQUIRE(event);
    CHECK(event->decision >> WEFT_ACTION_SHIFT == WEFT_ENTRY_MALFORMED);
    CHECK(event->family == 4);
    CHECK_FALSE(has(*event, WEFT_EVENT_SERVICE));
  }
}

TEST_CASE("allowed packets are told about only where a rule logs, once a connection", "[kernel]") {
  NEEDS_KERNEL();
  Scene scene;
  scene.rule(model::Verdict::Allow, 443);
  scene.rule(model::Verdict::Allow, 5432).log = "db";
  scene.load();
  CHECK_FALSE(scene.told(scene.segment(443)));

  const auto event = scene.told(scene.segment(5432));
  REQUIRE(event);
  CHECK(event->what == (WEFT_EVENT_LOGGED | WEFT_EVENT_SERVICE));
  CHECK(scene.entry(event->decision).logged);
  CHECK_FALSE(scene.told(scene.segment(5432, flag::ack)));

  // Its answers are none of a rule's doing.
  const Frame answer = ethernet(
      0x0800, ipv4({.source = scene.db4, .destination = scene.web4}, tcp(5432, 40'000, flag::syn | flag::ack)));
  (void)scene.program->events();
  CHECK(scene.program->allows(model::Direction::Ingress, answer));
  CHECK(scene.program->events().empty());

  scene.load({.stateless = true, .events_per_second = plenty});
  CHECK(scene.told(scene.segment(5432)));
  CHECK(scene.told(scene.segment(5432)));  // every packet is the first where nothing is remembered
}

TEST_CASE("what an audited rule would have done is told", "[kernel]") {
  NEEDS_KERNEL();
  Scene scene;
  scene.rule(model::Verdict::Allow, 443);
  scene.rule(model::Verdict::Deny, 443).audit = true;
  scene.rule(model::Verdict::Allow, 22).audit = true;
  scene.rule(model::Verdict::Allow, 80);
  scene.load();

  const auto denied = scene.told(scene.segment(443));
  REQUIRE(denied);
  CHECK(denied->what == (WEFT_EVENT_AUDITED | WEFT_EVENT_SERVICE));
  CHECK((denied->decision & WEFT_ACTION_MASK) == WEFT_ACTION_ALLOW);
  CHECK((denied->would_be & WEFT_ACTION_MASK) == WEFT_ACTION_DENY);
  CHECK(scene.entry(denied->would_be).rule == model::RuleId{1});
  CHECK_FALSE(scene.told(scene.segment(443, flag::ack)));  // the connection was told about

  const auto allowed = scene.told(scene.segment(22));
  REQUIRE(allowed);
  CHECK(allowed->what == (WEFT_EVENT_DENIED | WEFT_EVENT_AUDITED | WEFT_EVENT_SERVICE));
  CHECK((allowed->would_be & WEFT_ACTION_MASK) == WEFT_ACTION_ALLOW);
  CHECK(scene.entry(allowed->would_be).rule == model::RuleId{2});

  CHECK_FALSE(scene.told(scene.segment(80)));
}

TEST_CASE("an audited isolation allows and says that it would deny", "[kernel]") {
  NEEDS_KERNEL();
  Scene scene;
  model::Isolation& isolation = scene.policy.isolations.emplace_back();
  isolation.subject = model::Selector::equals(app, "web");
  isolation.audit = true;
  scene.load();
  CHECK(scene.sends(scene.segment(8080)));
  const auto event = scene.told(scene.segment(9090));
  REQUIRE(event);
  CHECK(event->what == (WEFT_EVENT_AUDITED | WEFT_EVENT_SERVICE));
  CHECK((event->decision & WEFT_ACTION_MASK) == WEFT_ACTION_ALLOW);
  CHECK((event->would_be & WEFT_ACTION_MASK) == WEFT_ACTION_DENY);
  CHECK(scene.entry(event->would_be).isolation == model::IsolationId{0});
}

TEST_CASE("a flood of denials is told about at the rate that was asked for, and does not silence what is logged",
          "[kernel]") {
  NEEDS_KERNEL();
  constexpr std::uint32_t rate = 50, packets = 20'000;
  Scene scene;
  scene.rule(model::Verdict::Allow, 5432).log = "";
  scene.load({.events_per_second = rate});
  scene.program->nanoseconds(model::Direction::Egress, scene.segment(22), packets, 1);
  CHECK(scene.sends(scene.segment(5432)));

  std::size_t denials = 0, logged = 0;
  for (const weft_event& event : scene.program->events()) ++(has(event, WEFT_EVENT_LOGGED) ? logged : denials);
  CHECK(denials >= rate);
  CHECK(denials <= 5 * rate);  // a second's worth, and what came back during the run
  CHECK(logged == 1);
  const weft_event_budget spent = scene.program->event_budget(WEFT_EVENTS_DENIED);
  CHECK(spent.withheld + denials == packets);
  CHECK(spent.lost == 0);
}

TEST_CASE("a buffer that nobody reads fills up, and nothing else changes", "[kernel]") {
  NEEDS_KERNEL();
  constexpr std::uint32_t packets = 10'000;
  Scene scene;
  scene.rule(model::Verdict::Allow, 443);
  scene.load();
  scene.program->nanoseconds(model::Direction::Egress, scene.segment(22), packets, 1);
  CHECK_FALSE(scene.sends(scene.segment(22)));
  CHECK(scene.sends(scene.segment(443)));
  const weft_event_budget spent = scene.program->event_budget(WEFT_EVENTS_DENIED);
  const std::size_t told = scene.program->events().size();
  CHECK(told > 2'000);
  CHECK(spent.lost > 0);
  CHECK(told + spent.lost + spent.withheld == packets + 1);
}

TEST_CASE("a program without events has nothing of them", "[kernel]") {
  NEEDS_KERNEL();
  Scene scene;
  scene.rule(model::Verdict::Allow, 443);
  scene.rule(model::Verdict::Deny, 443).audit = true;
  scene.rule(model::Verdict::Allow, 5432).log = "";
  scene.load();
  const std::uint32_t with = scene.program->instructions(model::Direction::Egress);
  scene.load({.events_per_second = 0});
  CHECK(scene.program->instructions(model::Direction::Egress) < with);
  CHECK(scene.sends(scene.segment(443)));
  CHECK(scene.sends(scene.segment(5432)));
  CHECK_FALSE(scene.sends(scene.segment(22)));
  CHECK(scene.program->events().empty());
}
