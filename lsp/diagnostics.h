#pragma once

#include <map>
#include <string>
#include <vector>

#include "lsp/library.h"
#include "lsp/view.h"

namespace weft::lsp {

/// What is known of a policy at this moment: what was read and, where they are there, proofs.
std::vector<const Diagnostic*> findings_of(const driver::Session::Known& known);

/// The diagnostics of each file of a policy, by source; every policy file has an entry.
std::map<SourceId, Json> diagnostics_of(const driver::Session::Known& known, const Atlas& atlas, Library& library);

/// One diagnostic as the protocol has it, at its place.
Json diagnostic_json(const Diagnostic& diagnostic, Span place, const Atlas& atlas, Library& library);

}  // namespace weft::lsp
