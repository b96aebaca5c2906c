#include "bench/verdict/measure.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "bench/figures.h"
#include "bench/network/namespace.h"
#include "plan/build.h"

namespace weft::bench {
namespace {

constexpr std::uint16_t client = 40'000, closed = 444;
constexpr std::uint32_t pass = 0, drop = 2;  // TC_ACT_OK, TC_ACT_SHOT

bool is_denied(Kind kind) { return kind == Kind::Denied || kind == Kind::DeniedNew; }

// Where the last four bytes of an address lie, and the source port.
constexpr std::uint32_t source4 = 26, destination4 = 30, port4 = 34;
constexpr std::uint32_t source6 = 34, destination6 = 50, port6 = 54;

test::Frame frame_of(bool six, bool reply, std::uint8_t flags, std::uint16_t port = VerdictWorld::port) {
  const model::Address own = VerdictWorld::address(0, six), other = VerdictWorld::address(1, six);
  const model::Address &from = reply ? other : own, &to = reply ? own : other;
  const test::Frame segment = reply ? test::tcp(port, client, flags) : test::tcp(client, port, flags);
  return six ? test::ethernet(0x86DD, test::ipv6({.source = from, .destination = to}, segment))
             : test::ethernet(0x0800, test::ipv4({.source = from, .destination = to}, segment));
}

Feed forward_feed(bool six) { return {.at = six ? destination6 : destination4}; }
Feed reply_feed(bool six) { return {.at = six ? source6 : source4}; }

void run_allowed(Yardsticks& yardsticks, const Row& row, int program, const test::Frame& frame, const Feed& feed,
                 std::uint32_t runs) {
  std::uint32_t verdict = 0;
  yardsticks.run(program, frame, feed, runs, &verdict);
  if (verdict != pass) fail(fmt::format("`{}` denied the packet it should allow", row.name));
}

// Opens a connection with every host that takes part, lets it answer, and goes on: all are remembered, and established.
void establish(Yardsticks& yardsticks, const Row& row, Traffic traffic) {
  row.state->forget_connections();
  const std::uint32_t hosts = yardsticks.active(traffic);
  Feed there = forward_feed(row.six), back = reply_feed(row.six);
  there.traffic = back.traffic = traffic;
  there.in_turn = back.in_turn = true;
  const int from = row.state->descriptor(model::Direction::Egress),
            to = row.state->descriptor(model::Direction::Ingress);
  run_allowed(yardsticks, row, from, frame_of(row.six, false, test::flag::syn), there, hosts);
  run_allowed(yardsticks, row, to, frame_of(row.six, true, test::flag::syn | test::flag::ack), back, hosts);
  run_allowed(yardsticks, row, from, frame_of(row.six, false, test::flag::ack), there, hosts);
}

// Every host's answer passes, and by connection state.
void check_established(Yardsticks& yardsticks, const Row& row, Traffic traffic) {
  const std::uint32_t hosts = yardsticks.active(traffic);
  Feed back = reply_feed(row.six);
  back.traffic = traffic;
  back.in_turn = true;
  const std::uint64_t before = row.state->counted(model::Direction::Ingress, WEFT_ENTRY_REPLY);
  run_allowed(yardsticks, row, row.state->descriptor(model::Direction::Ingress),
              frame_of(row.six, true, test::flag::ack), back, hosts);
  const std::uint64_t passed = row.state->counted(model::Direction::Ingress, WEFT_ENTRY_REPLY) - before;
  if (passed != hosts) fail(fmt::format("`{}`: {} of {} connections are remembered", row.name, passed, hosts));
}

/// Nanoseconds of a packet through the feeder and the program, and through the feeder and an empty one.
struct Least {
  double packet = std::numeric_limits<double>::infinity(), nothing = packet;
};

void run_round(Yardsticks& yardsticks, const Row& row, std::uint32_t runs, Least& least) {
  std::uint32_t verdict = 0;
  least.nothing = std::min(least.nothing, yardsticks.run(yardsticks.program("empty"), row.frame, row.feed, runs));
  least.packet = std::min(least.packet, yardsticks.run(row.program, row.frame, row.feed, runs, &verdict));
  if (verdict != (is_denied(row.kind) ? drop : pass)) {
    fail(fmt::format("`{}` judged a packet otherwise than it should", row.name));
  }
}

}  // namespace

Compiled::Compiled(std::uint32_t rules, std::uint32_t hosts, bool six, std::uint32_t stride, test::Gates gates)
    : hosts_(hosts), gates_(gates) {
  VerdictWorld world = verdict_world(rules, hosts, six, stride);
  if (gates == test::Gates::OfCgroup) world.inventory.instances[0].attach = model::Attachment{.cgroup = "/bench"};
  Result<plan::DecisionPlan> plan = plan::build(world.policy, world.inventory);
  if (!plan) fail(plan.error().message);
  plan_ = std::move(*plan);
}

test::Program Compiled::load(const codegen::Options& options) const {
  const Result<bundle::Bundle> bundle = codegen::emit(plan_, options);
  if (!bundle) fail(bundle.error().message);
  Result<test::Program> program = test::Program::load(*bundle, gates_);
  if (!program) fail(program.error().message);
  program->set_endpoint(1, plan_.endpoints[0].addresses);
  return std::move(*program);
}

double Row::net(std::size_t traffic) const { return median(samples[traffic]); }

Row row_of(std::string name, test::Program& program, Kind kind, bool six) {
  Row out;
  out.name = std::move(name);
  out.kind = kind;
  out.six = six;
  out.program = program.descriptor(kind == Kind::Reply ? model::Direction::Ingress : model::Direction::Egress);
  const bool is_new = kind == Kind::New || kind == Kind::DeniedNew;
  out.frame = frame_of(six, kind == Kind::Reply, is_new || kind == Kind::Denied ? test::flag::syn : test::flag::ack,
                       is_denied(kind) ? closed : VerdictWorld::port);
  out.feed = kind == Kind::Reply ? reply_feed(six) : forward_feed(six);
  if (is_new) out.feed.port_at = six ? port6 : port4;
  if (kind != Kind::Forward) out.state = &program;
  return out;
}

Row row_of(std::string name, int program) {
  Row out;
  out.name = std::move(name);
  out.program = program;
  out.frame = frame_of(false, false, test::flag::ack);
  out.feed = forward_feed(false);
  return out;
}

void measure(Yardsticks& yardsticks, std::vector<Row>& rows, std::uint32_t hosts, const Effort& effort) {
  yardsticks.draw_from(VerdictWorld::first_address, hosts);
  for (std::size_t t = 0; t < traffics.size(); ++t) {
    for (Row& row : rows) {
      row.samples[t].clear();
      row.feed.traffic = traffics[t];
      if (row.wanted[t] && (row.kind == Kind::Established || row.kind == Kind::Reply)) {
        establish(yardsticks, row, traffics[t]);
      }
    }
    for (int trial = 0; trial < effort.trials; ++trial) {
      std::vector<Least> least(rows.size());
      for (int round = 0; round < effort.rounds; ++round) {
        for (std::size_t i = 0; i < rows.size(); ++i) {
          if (rows[i].wanted[t]) run_round(yardsticks, rows[i], effort.runs, least[i]);
        }
      }
      for (std::size_t i = 0; i < rows.size(); ++i) {
        if (rows[i].wanted[t]) rows[i].samples[t].push_back(least[i].packet - least[i].nothing);
      }
    }
    for (const Row& row : rows) {
      if (row.wanted[t] && (row.kind == Kind::Established || row.kind == Kind::Reply)) {
        check_established(yardsticks, row, traffics[t]);
      }
    }
  }
}

double ratio(const Row& one, const Row& other, std::size_t traffic) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < one.samples[traffic].size(); ++i) {
    ratios.push_back(one.samples[traffic][i] / other.samples[traffic][i]);
  }
  return median(ratios);
}

double difference(const Row& one, const Row& other, std::size_t traffic) {
  std::vector<double> differences;
  for (std::size_t i = 0; i < one.samples[traffic].size(); ++i) {
    differences.push_back(one.samples[traffic][i] - other.samples[traffic][i]);
  }
  return median(differences);
}

void print(const std::vector<Row>& rows, const Row* floor) {
  fmt::print("{:<54}{:>8}{:>12}{:>10}{}\n", "ns net of an empty program", "hot", "256 active", "random",
             floor ? "   × floor (256)" : "");
  for (const Row& row : rows) {
    fmt::print("{:<54}", row.name);
    for (std::size_t t = 0; t < traffics.size(); ++t) {
      const int width = t == 0 ? 8 : t == 1 ? 12 : 10;
      if (row.samples[t].empty()) {
        fmt::print("{:>{}}", "–", width);
      } else {
        fmt::print("{:>{}.1f}", row.net(t), width);
      }
    }
    if (floor) fmt::print("{:>16.2f}", ratio(row, *floor, 1));
    fmt::print("\n");
  }
}

}  // namespace weft::bench
