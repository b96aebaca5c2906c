#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "driver/query.h"
#include "driver/remedy.h"
#include "driver/walk.h"

namespace weft::driver {

/// Why one flow between two addresses is allowed or denied, and what would turn that round.
struct FlowStory {
  Judgement judgement;
  Walk walk;
  std::string source;           ///< for people: name, labels the policy looks at, address
  std::string destination;      ///< the same
  std::vector<Change> changes;  ///< that turn the verdict, made together; none where nothing simple does
};

struct FlowExplanation {
  Answer answer;
  std::vector<FlowStory> stories;  ///< one for each of the answer's judgements
};

/// Errors: those of `Judge::answer`.
Result<FlowExplanation> explain_flow(const model::Policy& policy, const model::Inventory& inventory,
                                     const Question& question, model::Moment now);

}  // namespace weft::driver
