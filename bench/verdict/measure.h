#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/verdict/world.h"
#include "bench/verdict/yardsticks.h"
#include "codegen/codegen.h"
#include "tests/kernel/packet.h"
#include "tests/kernel/program.h"

namespace weft::bench {

/// How often and how long. A trial is the least of some rounds, in which all rows take turns: what others do to a
/// processor only adds to what a packet takes, and a busy moment hits all rows alike.
struct Effort {
  std::uint32_t runs = 20'000;  ///< packets of a round
  int rounds = 5;
  int trials = 11;
};

/// A world compiled in several ways.
class Compiled {
 public:
  /// `gates`: whether the first workload is at an interface or a cgroup.
  Compiled(std::uint32_t rules, std::uint32_t hosts, bool six, std::uint32_t stride = VerdictWorld::packed,
           test::Gates gates = test::Gates::OfInterface);

  /// The program, loaded. A benchmark that cannot load it ends.
  test::Program load(const codegen::Options& options) const;

  const plan::DecisionPlan& plan() const { return plan_; }
  std::uint32_t hosts() const { return hosts_; }

 private:
  plan::DecisionPlan plan_;
  std::uint32_t hosts_;
  test::Gates gates_;
};

/// What packets a row is about.
enum class Kind {
  Forward,      ///< of a program without connection state
  Established,  ///< forward packets of connections that were answered
  Reply,        ///< answers, which only connection state lets pass
  New,          ///< each the first of its connection
  Denied,       ///< to a port that no rule opens
  DeniedNew,    ///< the same, each from another port
};

/// What every address takes part in a measurement.
inline constexpr std::array traffics{Traffic::Hot, Traffic::Active256, Traffic::Random};

/// One row of a table.
struct Row {
  std::string name;
  int program = -1;
  test::Frame frame;
  Feed feed;
  std::array<bool, traffics.size()> wanted{true, true, true};

  test::Program* state = nullptr;  ///< whose connections the packets belong to
  Kind kind = Kind::Forward;
  bool six = false;

  std::array<std::vector<double>, traffics.size()> samples{};  ///< nanoseconds net of an empty program, by trial

  double net(std::size_t traffic) const;
};

/// A row about packets of one kind. Established and reply rows count on room for every host's connection.
Row row_of(std::string name, test::Program& program, Kind kind, bool six);
/// A row about a program that answers like the egress gate.
Row row_of(std::string name, int program);

/// Fills the rows' samples. A packet that is not judged as its kind says ends the benchmark, and so does one of a
/// connection that is not remembered.
void measure(Yardsticks& yardsticks, std::vector<Row>& rows, std::uint32_t hosts, const Effort& effort);

/// The median of the ratios of each trial: what slowed the machine down for a while slowed both.
double ratio(const Row& one, const Row& other, std::size_t traffic);
/// The same of differences.
double difference(const Row& one, const Row& other, std::size_t traffic);

/// Prints the rows; what was not wanted is left out. With the factor to `floor` where there is one.
void print(const std::vector<Row>& rows, const Row* floor = nullptr);

}  // namespace weft::bench
