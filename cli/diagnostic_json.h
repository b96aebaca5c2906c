#pragma once

#include <string>

#include "base/diagnostics.h"
#include "base/source.h"

namespace weft::cli {

/// The version of the documents that hold diagnostics: it changes when a key changes its meaning or goes.
inline constexpr int diagnostic_schema = 1;

/// A diagnostic as one JSON object, as docs/cli.md describes it.
std::string diagnostic_json(const Diagnostic& diagnostic, const Sources& sources);

}  // namespace weft::cli
