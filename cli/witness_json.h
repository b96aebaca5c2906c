#pragma once

#include <string>
#include <vector>

#include "cli/decision_text.h"
#include "verifier/answer.h"

namespace weft::cli {

/// {"from": {…}, "to": {…}, "service": "tcp/80", "verdict": "allow", "source": {…}, "destination": {…}}: a flow, and
/// what decides at its gates.
std::string witness_json(const verifier::Witness& witness, DecisionText& text);

/// The flows of a chain, in order.
std::string chain_json(const std::vector<verifier::Witness>& chain, DecisionText& text);

}  // namespace weft::cli
