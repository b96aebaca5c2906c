#pragma once

#include <string>

#include "base/source.h"
#include "driver/explain_flow.h"
#include "model/policy.h"

namespace weft::cli {

/// The story of a flow in plain words: what each gate asked, tier by tier, who answered, and what would change it.
std::string story_text(const driver::FlowStory& story, const model::Policy& policy, const Sources& sources);

/// The same as a JSON object (docs/cli.md).
std::string story_json(const driver::FlowStory& story, const model::Policy& policy, const Sources& sources);

}  // namespace weft::cli
