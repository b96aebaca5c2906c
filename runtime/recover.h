#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/filters.h"
#include "runtime/record.h"

namespace weft::runtime {

using BeforeStep = std::function<bool(std::string_view)>;

/// Asks the caller whether to go on. Errors: W6012.
Result<void> ask(const BeforeStep& before_step, std::string_view step);

struct Swept {
  std::set<std::string> interfaces;
  std::size_t filters = 0;
  std::size_t qdiscs = 0;
  std::vector<std::string> warnings;
};

/// Detaches every filter of ours, and removes the clsact qdiscs that the record says we created and nobody else uses.
Result<Swept> sweep(const Hooks& hooks, const Record* record, const BeforeStep& before_step);

/// Brings a load or unload that was killed to an end, as `status` in runtime.h says; `record` is what holds afterwards.
/// `said` gets what was done.
Result<void> recover(const StateFile& file, std::optional<Record>& record, std::vector<std::string>& said);

/// The record; of a damaged file none, with a warning.
Result<std::optional<Record>> read_record(const StateFile& file, std::vector<std::string>& warnings);

/// What others run at our hooks before us, and so without our verdict: "`veth1`: …".
std::vector<std::string> run_before_us(const Hooks& hooks, std::uint32_t ifindex);

}  // namespace weft::runtime
