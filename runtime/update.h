#pragma once

#include <string>

#include "runtime/record.h"
#include "runtime/runtime.h"
#include "runtime/targets.h"

/// A bundle whose program is loaded already, and that differs in addresses only: its tables are brought up to date
/// where they are (decision 0023).
namespace weft::runtime {

/// The hash of a bundle's program: two bundles of the same have the same tables.
std::string object_hash(const bundle::Bundle& bundle);
/// Into `record`, what it says of a bundle besides its identity, its program and where it is attached.
void describe_bundle(const bundle::Bundle& bundle, Record& record);

/// Updates what is loaded, if that is all it takes: the same program hangs at the same places, whole and in force. Then
/// `out` says what was done; else nothing was, and the bundle has to be loaded. On an error everything is as it was.
///
/// Errors: W6008, W6009, W6010, W6011, W6012.
Result<bool> update_addresses(const bundle::Bundle& bundle, const Targets& targets, const LoadOptions& options,
                              Loaded& out);

/// Does the steps of an update that was killed, from the first one on: done twice is done once. Errors: W6001, W6008,
/// W6009.
Result<void> finish_update(const Record& record);

}  // namespace weft::runtime
