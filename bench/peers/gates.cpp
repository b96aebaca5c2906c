#include "bench/peers/gates.h"

#include <sys/resource.h>

#include <ctime>
#include <fstream>
#include <utility>

#include <fmt/format.h>

#include "base/assert.h"
#include "codegen/codegen.h"
#include "plan/build.h"
#include "runtime/runtime.h"

namespace weft::bench {
namespace {

constexpr std::uint64_t most_elements = 500'000;
constexpr std::uint32_t test_runs = 100'000;

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

// Processor time of this process and of those it started, the kernel's share included.
double processor_seconds() {
  double out = 0;
  for (const int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage use{};
    ::getrusage(who, &use);
    out += seconds(use.ru_utime) + seconds(use.ru_stime);
  }
  return out;
}

template <typename T>
T checked(Result<T> result) {
  if (!result) fail(result.error().message);
  return std::move(*result);
}

Gate weft_gate(const PeersWorld& world, bool stateful, std::vector<test::Program>& programs) {
  Gate out{.name = stateful ? "weft, connection state" : "weft", .keeps_state = stateful};
  out.path = std::make_unique<Path>(PeersWorld::client, world.six);
  const double begin = processor_seconds();
  const plan::DecisionPlan plan = checked(plan::build(world.policy, world.inventory));
  codegen::Options options;
  options.stateless = !stateful;
  const bundle::Bundle bundle = checked(codegen::emit(plan, options));
  std::size_t bytes = 0;
  out.path->node().inside([&] {
    runtime::LoadOptions load;
    load.state_directory = scratch();
    bytes = checked(runtime::load(bundle, load)).global_bytes;
  });
  out.seconds = processor_seconds() - begin;
  out.contents = fmt::format("{} classes, {} KiB of tables", plan.classes.size(), bytes / 1024);
  // Once more, for runs without a network.
  programs.push_back(checked(test::Program::load(bundle)));
  programs.back().set_endpoint(1, plan.endpoints[0].addresses);
  out.program = programs.back().descriptor(model::Direction::Egress);
  return out;
}

Gate nft_gate(const PeersWorld& world, NftForm form, std::string name) {
  Gate out{.name = std::move(name), .keeps_state = form == NftForm::Stateful};
  const std::uint64_t elements = nft_elements(world, form);
  out.contents = form == NftForm::Rules ? fmt::format("{} rules, {} elements", world.rules.size(), elements)
                                        : fmt::format("{} elements", elements);
  if (elements > most_elements) {
    out.contents = "not made: " + out.contents;
    return out;
  }
  out.path = std::make_unique<Path>(PeersWorld::client, world.six);
  const std::string file = scratch() + "/rules.nft";
  std::ofstream(file) << nft_rules(world, form, "w0");
  const double begin = processor_seconds();
  out.path->node().run("nft -f " + file);
  out.seconds = processor_seconds() - begin;
  return out;
}

}  // namespace

Gates::Gates(const PeersWorld& world) : six_(world.six), yardsticks_(checked(Yardsticks::load(WEFT_FLOOR_OBJECT))) {
  // What goes in place in one step is compared where it stands in one place: the programs by hand where Weft's are.
  Gate weft = weft_gate(world, false, programs_);
  Gate stateful = weft_gate(world, true, programs_);
  const bool tcx = has_tcx(weft.path->node());

  Gate nothing{.name = "nothing",
               .contents = "",
               .decides = false,
               .path = std::make_unique<Path>(PeersWorld::client, world.six)};
  Gate empty{.name = "an empty program",
             .contents = "",
             .decides = false,
             .program = yardsticks_.program("empty"),
             .path = std::make_unique<Path>(PeersWorld::client, world.six)};
  attach_gate(empty.path->node(), empty.program, tcx);

  Gate peer{.name = "usual peer shape, by hand",
            .program = yardsticks_.program(world.six ? "peer_shape6" : "peer_shape"),
            .path = std::make_unique<Path>(PeersWorld::client, world.six)};
  const double begin = processor_seconds();
  yardsticks_.fill(checked(plan::build(world.policy, world.inventory)), PeersWorld::client, world.hosts, world.six);
  peer.seconds = processor_seconds() - begin;
  peer.contents = fmt::format("{} addresses, {} verdicts", world.hosts, world.rules.size());
  attach_gate(peer.path->node(), peer.program, tcx);

  for (Gate* gate : {&nothing, &empty, &weft, &stateful, &peer}) all_.push_back(std::move(*gate));
  all_.push_back(nft_gate(world, NftForm::Identities, "nft: identity map, verdict map"));
  all_.push_back(nft_gate(world, NftForm::Stateful, "the same behind conntrack"));
  all_.push_back(nft_gate(world, NftForm::Pairs, "nft: set of address . port"));
  all_.push_back(nft_gate(world, NftForm::Rules, "nft: a rule each, named sets"));
}

double Gates::test_run(const Gate& gate, const Bytes& frame, Traffic traffic) {
  WEFT_ASSERT(gate.program >= 0, "the gate is a program");
  std::uint32_t verdict = 0;
  constexpr std::uint32_t destination4 = 30, destination6 = 50;  // where its last four bytes lie
  const double out = yardsticks_.run(
      gate.program, frame, Feed{.traffic = traffic, .at = six_ ? destination6 : destination4}, test_runs, &verdict);
  if (verdict != 0) fail(fmt::format("`{}` denied the packet it should allow", gate.name));
  return out;
}

void Gates::establish(const Gate& gate) {
  for (test::Program& program : programs_) {
    if (program.descriptor(model::Direction::Egress) == gate.program) program.establish_connections();
  }
}

}  // namespace weft::bench
