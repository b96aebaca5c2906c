#include <catch2/catch.hpp>

#include "driver/quick_judge.h"
#include "driver/rows.h"
#include "tests/support/world.h"

using namespace weft;
using namespace weft::driver;

TEST_CASE("rows decide as the evaluator does", "[driver][rows]") {
  std::size_t flows = 0, audited = 0;
  const auto check = [&](const test::World& world, std::size_t limit, std::uint64_t seed) {
    for (const model::Moment now : test::interesting_moments(world.policy)) {
      const Rows rows(world.policy, now);
      for (const model::Flow& flow : test::flows(world, {limit, seed})) {
        const model::Decision decision = rows.decide(rows.of(flow.source), rows.of(flow.destination), flow.service);
        const model::Decision expected = model::evaluate(world.policy, flow, now);
        if (decision != expected) FAIL("seed " << seed << ": " << test::describe(world, flow));
        ++flows;
        if (expected.egress && expected.egress->would_be) ++audited;
      }
    }
  };
  for (std::uint64_t seed = 1; seed <= 200; ++seed) check(test::generate_world(seed), 200, seed);
  // More rules than a word has bits, so that tiers begin and end within words and beyond them.
  for (std::uint64_t seed = 1; seed <= 2; ++seed)
    check(test::generate_world(seed, test::WorldOptions::big()), 300, seed);
  CHECK(flows > 50'000);
  CHECK(audited > 1'000);
}

namespace {

// The same peer by its name, by each of its addresses, and as a workload imagined with its labels.
std::vector<PeerQuestion> questions_of(const model::Instance& instance) {
  std::vector<PeerQuestion> out{NamedPeer{instance.name}};
  for (const model::Address& address : instance.addresses) out.push_back(AddressPeer{model::to_string(address)});
  ImaginedPeer imagined;
  for (const auto& [key, value] : instance.peer.labels) {
    if (key.scope == model::KeyScope::Workload) imagined.labels.emplace(key.name, value);
    if (key == model::keys::ns) imagined.ns = value;
  }
  out.push_back(imagined);
  imagined.addresses = {"203.0.113.77"};
  out.push_back(imagined);
  return out;
}

bool same(const Answer& a, const Answer& b) {
  return a.verdict == b.verdict && a.service == b.service && a.notes == b.notes &&
         std::ranges::equal(a.judgements, b.judgements, [](const Judgement& x, const Judgement& y) {
           return x.source == y.source && x.destination == y.destination && x.decision == y.decision;
         });
}

}  // namespace

TEST_CASE("a quick judge answers as the judge does, or leaves it to the judge", "[driver][rows]") {
  std::size_t answered = 0, left = 0, mixed = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const test::World world = test::generate_world(seed);
    const Judge judge(world.policy, world.inventory);
    const QuickJudge quick(world.policy, world.inventory, model::before_all);
    std::vector<PeerQuestion> questions{AddressPeer{"198.51.100.7"}, AddressPeer{"no address"}, NamedPeer{"nobody"}};
    for (const model::Instance& instance : world.inventory.instances) {
      for (PeerQuestion& each : questions_of(instance)) questions.push_back(std::move(each));
    }
    test::Random random(seed);
    for (int i = 0; i < 500; ++i) {
      const PeerQuestion& from = random.pick(questions);
      const PeerQuestion& to = random.pick(questions);
      const model::ServicePoint service = random.pick(test::interesting_services(world));
      const auto expected = judge.answer({from, to, model::to_string(service)});
      const auto source = quick.know(from), destination = quick.know(to);
      const auto have = source && destination ? quick.answer(*source, *destination, service) : std::nullopt;
      if (!have) {
        ++left;
        const auto places = [](const PeerQuestion& each) {
          const auto* imagined = std::get_if<ImaginedPeer>(&each);
          return imagined != nullptr && !imagined->addresses.empty();
        };
        CHECK((!expected || places(from) || places(to)));
        continue;
      }
      ++answered;
      INFO("seed " << seed << ", question " << i);
      REQUIRE(expected);
      if (expected->verdict == Answer::Verdict::Mixed) ++mixed;
      REQUIRE(same(*have, *expected));
    }
  }
  CHECK(answered > 10'000);
  CHECK(left > 1'000);
  CHECK(mixed > 20);
}
