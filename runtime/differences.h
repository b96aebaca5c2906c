#pragma once

#include <string>
#include <vector>

#include "runtime/recover.h"

namespace weft::runtime {

/// Where the record and the kernel disagree: "shop/web on `veth3`: the egress gate is gone: …"; empty is healthy.
/// `grounds` are those of the record. Errors: W6001, W6008.
Result<std::vector<std::string>> differences(const Record& record, const std::vector<Ground>& grounds);
/// Namespaces of the record that are not there any more, and what was attached in them.
std::vector<std::string> lost_places(const Record& record, const std::vector<Ground>& grounds);
/// Interfaces with gates of ours of which the record (null: there is none) does not know.
std::vector<std::string> unknown_gates(const Record* record, const Ground& ground);

}  // namespace weft::runtime
