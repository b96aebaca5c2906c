#pragma once

#include <string>

#include "cli/decision_text.h"
#include "verifier/answer.h"

namespace weft::cli {

/// {"from": {…}, "to": {…}, "service": "tcp/80", "verdict": "allow", "source": {…}, "destination": {…}}: a flow, and what
/// decides at its gates.
std::string witness_json(const verifier::Witness& witness, DecisionText& text);

}  // namespace weft::cli
