// Packets by pair of classes: as many as were sent, with the verdicts that policy gives them.
#include <catch2/catch.hpp>

#include <map>
#include <tuple>

#include "bundle/abi.h"
#include "codegen/codegen.h"
#include "model/evaluate.h"
#include "plan/build.h"
#include "tests/kernel/packet.h"
#include "tests/kernel/program.h"
#include "tests/kernel/shop.h"
#include "tests/support/world.h"

using namespace weft;
using namespace weft::test;

namespace {

namespace proto = model::protocol;

// Source and destination, whether it was the egress gate, WEFT_PAIR_*.
using Key = std::tuple<unsigned, unsigned, bool, unsigned>;
using Counts = std::map<Key, std::uint64_t>;

Counts counted(const Program& program) {
  Counts out;
  for (const auto& [key, packets] : program.pairs()) {
    out[{key.source, key.destination, key.outbound != 0, key.verdict}] += packets;
  }
  return out;
}

#define NEEDS_KERNEL()                   \
  if (const auto reason = no_kernel()) { \
    WARN("SKIPPED: " << *reason);        \
    return;                              \
  }

}  // namespace

TEST_CASE("packets are counted by the classes of their ends, whatever their family and verdict", "[kernel]") {
  NEEDS_KERNEL();
  Shop shop({model::PointSet::of_range(proto::tcp, 443, 443)}, {.counted_pairs = 64});
  const auto four = [&](const model::Address& from, const model::Address& to, const Frame& payload) {
    return ethernet(0x0800, ipv4({.source = from, .destination = to}, payload));
  };
  const auto six = [&](const model::Address& from, const model::Address& to, const Frame& payload) {
    return ethernet(0x86DD, ipv6({.source = from, .destination = to, .next = proto::tcp}, payload));
  };
  for (int i = 0; i < 5; ++i) REQUIRE(shop.from_web(four(shop.web4, shop.db4, tcp(40'000, 443, flag::syn))).allowed);
  for (int i = 0; i < 2; ++i) REQUIRE(shop.from_web(six(shop.web6, shop.db6, tcp(40'000, 443, flag::syn))).allowed);
  for (int i = 0; i < 3; ++i) REQUIRE_FALSE(shop.from_web(four(shop.web4, shop.db4, tcp(40'000, 22))).allowed);
  REQUIRE(shop.to_web(four(shop.db4, shop.web4, tcp(443, 40'000))).allowed);
  REQUIRE(shop.to_web(six(shop.db6, shop.web6, tcp(443, 40'000))).allowed);
  REQUIRE_FALSE(shop.to_web(four(shop.db4, shop.web4, tcp(444, 40'000))).allowed);

  const Counts all = counted(shop.program());
  REQUIRE(all.size() == 4);
  unsigned web = 0, db = 0;
  for (const auto& [key, packets] : all) {
    if (std::get<2>(key)) std::tie(web, db) = std::pair(std::get<0>(key), std::get<1>(key));
  }
  CHECK(web != db);
  CHECK(all.at({web, db, true, WEFT_PAIR_ALLOWED}) == 7);
  CHECK(all.at({web, db, true, WEFT_PAIR_DENIED}) == 3);
  CHECK(all.at({db, web, false, WEFT_PAIR_REPLY}) == 2);
  CHECK(all.at({db, web, false, WEFT_PAIR_DENIED}) == 1);
  CHECK(shop.program().pair_totals().begun == 4);
  CHECK(shop.program().pair_totals().missed == 0);
}

TEST_CASE("packets of which no ends are known count for no pair", "[kernel]") {
  NEEDS_KERNEL();
  Shop shop({model::PointSet::of_range(proto::tcp, 443, 443)}, {.counted_pairs = 64});
  CHECK_FALSE(
      shop.from_web(ethernet(0x0800, ipv4({.source = address("10.9.9.9"), .destination = shop.db4}, tcp(40'000, 443))))
          .allowed);
  CHECK_FALSE(shop.from_web(ethernet(0x88CC, Frame(60))).allowed);
  CHECK(counted(shop.program()).empty());
}

TEST_CASE("a program that was not asked to counts no pairs", "[kernel]") {
  NEEDS_KERNEL();
  Shop shop({model::PointSet::of_range(proto::tcp, 443, 443)});
  CHECK(
      shop.from_web(ethernet(0x0800, ipv4({.source = shop.web4, .destination = shop.db4}, tcp(40'000, 443)))).allowed);
  CHECK(shop.program().pairs().empty());
}

TEST_CASE("in worlds of any kind pairs are counted as the evaluator judges their packets", "[kernel]") {
  NEEDS_KERNEL();
  std::size_t pairs = 0;
  for (std::uint32_t seed = 1; seed <= 12; ++seed) {
    const World world = generate_world(seed, {.deadlines = false});
    const auto plan = plan::build(world.policy, world.inventory);
    if (!plan) continue;
    const auto bundle = codegen::emit(*plan, {.stateless = true, .counted_pairs = 4096});
    REQUIRE(bundle);
    auto program = Program::load(*bundle);
    REQUIRE(program);
    Counts expected;
    for (const model::Instance& subject : world.inventory.instances) {
      if (subject.host || subject.peer.kind != model::PeerKind::Workload || subject.addresses.empty()) continue;
      std::vector<plan::Endpoint::Local> locals;
      const model::Address& own = subject.addresses[0];
      locals.push_back({own, plan::identify(*plan, own)});
      program->set_endpoint(1, locals);
      for (const model::Instance& other : world.inventory.instances) {
        if (other.host || &other == &subject) continue;
        for (const model::Address& peer : other.addresses) {
          if (peer.family != own.family) continue;
          const model::ServicePoint service = model::service_point(proto::tcp, 443);
          for (const auto gate : {model::Direction::Egress, model::Direction::Ingress}) {
            const bool egress = gate == model::Direction::Egress;
            const model::Address &from = egress ? own : peer, &to = egress ? peer : own;
            const Outcome met = program->run(gate, frame_of(from, to, service));
            const model::Flow flow{
                {&(egress ? subject : other).peer, from}, {&(egress ? other : subject).peer, to}, service};
            const auto decision = model::evaluate_gate(world.policy, gate, flow);
            const bool allowed = !decision || decision->verdict == model::Verdict::Allow;
            REQUIRE(met.allowed == allowed);
            const auto number = [&](const model::Address& at) {
              return static_cast<unsigned>(plan::identify(*plan, at).class_id);
            };
            ++expected[{number(from), number(to), egress, allowed ? WEFT_PAIR_ALLOWED : WEFT_PAIR_DENIED}];
          }
        }
      }
    }
    CHECK(counted(*program) == expected);
    pairs += expected.size();
  }
  CHECK(pairs > 100);
}
