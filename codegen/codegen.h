#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/source.h"
#include "bundle/bundle.h"
#include "model/policy.h"
#include "plan/plan.h"

namespace weft::codegen {

/// The texts that a plan was made of.
struct Origin {
  const model::Policy* policy = nullptr;
  const Sources* sources = nullptr;
};

/// How a gate finds the entry that decides.
enum class Strategy : std::uint8_t {
  Rows,    ///< the first bit set in the rows of both ends and the service: memory adds up over them
  Matrix,  ///< one look into a table of all three: memory multiplies, and a gate that asks for more keeps its rows
};

struct Options {
  /// Connections remembered per address family, and a quarter of that besides that nobody has answered yet. When a
  /// table is full the least recently used one is forgotten, and its replies are denied until its next forward packet.
  std::uint32_t connections = 65'536;
  /// No connection state at all: every packet is judged as a forward packet, so replies need rules of their own.
  bool stateless = false;
  /// Packets that a program tells about, a second, processor and kind (denials; what `log` and `audit` ask for). 0:
  /// none, and nothing of it is in the program.
  std::uint32_t events_per_second = 1'000;
  /// Packets are counted by the classes of their two ends, for so many pairs at a time, those seen last; 0: not at all,
  /// and nothing of it is in the program.
  std::uint32_t counted_pairs = 0;
  /// Leaves out the counters by entry.
  bool uncounted = false;
  Strategy strategy = Strategy::Rows;
  /// More table bytes than this are an error.
  std::uint64_t table_budget = 256U << 20U;
  /// Instructions that a statement of the policy asks for carry its line; without this, that of the data path's.
  std::optional<Origin> origin{};
};

/// The program and the contents of its tables.
///
/// Fills `object`, `images` and `manifest.figures`, `manifest.endpoints`; the manifest's texts about the policy are the
/// caller's. Of the tables, `weft_endpoint_slots` and `weft_endpoints` have no image: who loads the bundle fills them
/// with the interfaces of this node. Same plan and options, same bytes.
///
/// Errors: W4101 where the tables exceed the budget (says what costs most), W4102 where a number does not fit its
/// field,
///         W4103 where LLVM fails.
Result<bundle::Bundle> emit(const plan::DecisionPlan& plan, const Options& options = {});

/// The optimised LLVM IR of the program that `emit` would write, for people.
Result<std::string> emit_ir(const plan::DecisionPlan& plan, const Options& options = {});

/// The BPF instructions of the program that `emit` would write, as assembly text for people.
Result<std::string> emit_assembly(const plan::DecisionPlan& plan, const Options& options = {});

/// The tables alone, as `emit` fills them: enough to update a loaded program whose shape has not changed.
Result<std::vector<bundle::MapImage>> emit_images(const plan::DecisionPlan& plan, const Options& options = {});

}  // namespace weft::codegen
