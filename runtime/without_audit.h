#pragma once

#include <vector>

#include "runtime/runtime.h"

namespace weft::runtime {

/// Of the packets that the programs denied, and the first ones of connections that they allowed: how often an entry
/// would have decided, were everything audited in force, where something audited takes part in that. Whether somebody
/// was told or not.
struct WithoutAudit {
  std::vector<Hits> egress;  ///< entries that would have decided at least once, ascending
  std::vector<Hits> ingress;
};

/// What the programs of this namespace's load counted so far; nothing where nothing is loaded or audited. Errors:
/// W6001, W6008, W6010, W6011.
Result<WithoutAudit> without_audit(const StatusOptions& options = {});

}  // namespace weft::runtime
