#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/filters.h"
#include "runtime/namespaces.h"
#include "runtime/record.h"

namespace weft::runtime {

using BeforeStep = std::function<bool(std::string_view)>;

/// Asks the caller whether to go on. Errors: W6012.
Result<void> ask(const BeforeStep& before_step, std::string_view step);

/// A network namespace with what hangs in it at one moment.
struct Ground {
  Namespace where;
  Hooks hooks;
};

/// That of the calling thread, then the others that the records name and that are still there, each once.
///
/// Errors: W6001, W6002, W6008.
Result<std::vector<Ground>> grounds_of(const Record* record);

struct Swept {
  std::set<std::string> interfaces;
  std::size_t filters = 0;
  std::size_t qdiscs = 0;
  std::vector<std::string> warnings;
};

/// Detaches every filter of ours there, and removes the clsact qdiscs that the record says we created and nobody else
/// uses.
Result<void> sweep(const Ground& ground, const Record* record, const BeforeStep& before_step, Swept& out);

/// Brings a load or unload that was killed to an end, as `status` in runtime.h says; `record` is what holds afterwards.
/// `said` gets what was done.
Result<void> recover(const StateFile& file, std::optional<Record>& record, std::vector<std::string>& said);

/// The record; of a damaged file none, with a warning.
Result<std::optional<Record>> read_record(const StateFile& file, std::vector<std::string>& warnings);

/// What others run at our hooks before us, and so without our verdict: "`veth1`: …".
std::vector<std::string> run_before_us(const Ground& ground, std::uint32_t ifindex);

}  // namespace weft::runtime
