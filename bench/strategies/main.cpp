// What one verdict costs by rows of bits and by a matrix, where the kernel walks both and what they take; measured as
// in bench/verdict/measure.h.

#include <array>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "bench/network/namespace.h"
#include "bench/verdict/measure.h"
#include "codegen/sizes.h"

using namespace weft;
using namespace weft::bench;

namespace {

codegen::Options options_of(codegen::Strategy strategy) {
  return {.stateless = true, .uncounted = true, .strategy = strategy};
}

std::uint64_t bytes_of_a_gate(const plan::DecisionPlan& plan, codegen::Strategy strategy) {
  const codegen::TableSizes sizes = codegen::table_sizes(plan, options_of(strategy));
  if (sizes.egress.strategy != strategy) fail("no matrix: " + sizes.egress.reason);
  return sizes.egress.total();
}

}  // namespace

int main() {
  if (const auto reason = test::no_kernel()) {
    fmt::print("skipped: {}\n", *reason);
    return 0;
  }
  auto yardsticks = Yardsticks::load(WEFT_FLOOR_OBJECT);
  if (!yardsticks) fail(yardsticks.error().message);

  fmt::print("100,000 addresses; TCP, without connection state and counters\n");
  for (const bool six : {false, true}) {
    for (const std::uint32_t rules : {10U, 100U, 1'000U}) {
      const Compiled world(rules, VerdictWorld::hosts, six);
      std::vector<test::Program> programs;
      programs.reserve(2);  // rows point to them
      std::vector<Row> rows;
      for (const auto strategy : {codegen::Strategy::Rows, codegen::Strategy::Matrix}) {
        const char* name = strategy == codegen::Strategy::Rows ? "rows" : "matrix";
        test::Program& program = programs.emplace_back(world.load(options_of(strategy)));
        rows.push_back(
            row_of(fmt::format("IPv{}, {} rules, {}, {} bytes, {} walked", six ? 6 : 4, rules, name,
                               bytes_of_a_gate(world.plan(), strategy), program.walked(model::Direction::Egress)),
                   program, Kind::Forward, six));
      }
      measure(*yardsticks, rows, world.hosts(), {});
      fmt::print("\n");
      print(rows);
      fmt::print("{:<54}{:>8.2f}{:>12.2f}{:>10.2f}\n", "matrix to rows", ratio(rows[1], rows[0], 0),
                 ratio(rows[1], rows[0], 1), ratio(rows[1], rows[0], 2));
    }
  }
  return 0;
}
